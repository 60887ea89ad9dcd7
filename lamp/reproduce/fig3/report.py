"""Fig. 3 of the paper: contours of classifiers trained by L2 and L2-LAMP, by batch size."""

import math
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from lamp.experiments.lens import COMMON, OWN
from lamp.pages import Picture, Prose, Section
from lamp.reproduce.contrast import RAW, SCALE_FREE, and_curvature, statistics_table, times, verdict
from lamp.reproduce.fig3.surfaces import FACTOR, Found, Models, Plan, fig3_plan, measure
from lamp.reproduce.fig3.tables import numbers, over_planes, ratio_table, rows
from lamp.reproduce.surfaces import absolute_levels, accuracy_in_words
from lamp.reproduce.work import Reproduction, Work
from landscape.figures import draw_contours

_CONTROL = f"L2 times {FACTOR:.2f}"


def reproduce(work: Work, plan: Plan | None = None) -> Reproduction:
    """Make Fig. 3: contours by loss and batch size, under a common lens and in own units.

    Args:
        work: Where and how.
        plan: What to train and to look at; by default that of the budget.

    Returns:
        Figures, with statistics over all planes and seeds.
    """
    plan = plan or fig3_plan(work.budget)
    found = measure(work, plan)
    figures = _draw(found)
    return Reproduction(
        title="Fig. 3: contours by loss and batch size",
        lede=_lede(found),
        sections=[
            Section("Classifiers under the same loss", _common_blocks(found, figures)),
            Section("Classifiers in units of their own", _own_blocks(found, figures)),
            Section("Another reading: encoders of autoencoders", _encoder_blocks(found, figures)),
            Section("What was run", [Prose(_what_was_run(plan))]),
        ],
        figures=figures,
        results=numbers(plan, found),
        provenance={
            "classifiers' images (SHA-256)": found.classifiers.data,
            "autoencoders' images (SHA-256)": found.encoders.data,
        },
    )


def _draw(found: Found) -> dict[str, Figure]:
    """Draw all contour matrices: first seed, first plane."""
    classifiers, encoders = found.classifiers, found.encoders
    control = [seen.surface for seen in found.controls]
    matrix = [classifiers.row(loss) for loss in classifiers.losses]
    flat = [surface for row in matrix for surface in row]
    titles = [loss.title for loss in classifiers.losses]
    columns = [f"batch size {size}" for size in classifiers.batch_sizes]
    return {
        "fig3_common": draw_contours(matrix, rows=titles, columns=columns, metric=COMMON),
        "fig3_common_absolute": draw_contours(
            matrix,
            rows=titles,
            columns=columns,
            metric=COMMON,
            levels=absolute_levels(flat, COMMON),
        ),
        "fig3_own": draw_contours(
            [*matrix, control],
            rows=[*titles, _CONTROL],
            columns=columns,
            metric=OWN,
            levels=absolute_levels([*flat, *control], OWN),
        ),
        "fig3_encoder": draw_contours(
            [encoders.row(loss) for loss in encoders.losses],
            rows=[loss.title for loss in encoders.losses],
            columns=[f"batch size {size}" for size in encoders.batch_sizes],
            metric=COMMON,
        ),
    }


def _lede(found: Found) -> str:
    """Say what was found, whichever way it came out."""
    classifiers = found.classifiers
    sizes = classifiers.batch_sizes
    plain, amplified = (loss.title for loss in classifiers.losses)
    own = classifiers.contrast(sizes, own=True).excess
    control = np.mean([seen.own["mean_excess"].value for seen in found.controls])
    reference = np.mean([seen.common["mean_excess"].value for seen in found.controls])
    return (
        f"Classifiers: {_sentence(classifiers, 'classifiers')} In units of their own the losses of "
        f"{amplified} rise by {times(own)} what those of {plain} rise by; {_CONTROL}, which "
        f"is the {plain} classifiers themselves, by {control / reference:.2f} times: denser "
        "contours at equal levels are no evidence of a sharper landscape. The other reading, "
        f"autoencoders of which only the encoder moves: {_sentence(found.encoders, 'models')}"
    )


def _sentence(models: Models, kind: str) -> str:
    """Say what the common lens shows over all batch sizes."""
    plain, amplified = (loss.title for loss in models.losses)
    one, seeds = models.contrast(models.batch_sizes), len(models.seeds)
    said = (
        f"seen through the same plain L2 loss, {amplified} {kind} have {times(one.center)} the "
        f"loss of {plain} {kind} at the center"
        f"{and_curvature(one.curvature, one.why_no_curvature, 'their')}"
    )
    pairs = f"over {one.pairs} pair{'s' * (one.pairs > 1)}, {seeds} seed{'s' * (seeds > 1)}"
    if one.why_no_radius:
        said += f"; the radii where it doubles have no ratio ({pairs}): {one.why_no_radius}."
    elif math.isnan(one.radius.low):
        said += (
            f", and their loss doubles at {times(one.radius)} the radius ({pairs}): without an "
            "interval over seeds nothing can be claimed."
        )
    else:
        decided = verdict(amplified, [one.radius], one.curvature)
        said += f", and their loss doubles at {times(one.radius)} the radius ({pairs}): {decided}."
    return said


def _common_blocks(found: Found, figures: dict[str, Figure]) -> list[Any]:
    """Show and tabulate classifiers under plain L2."""
    models = found.classifiers
    return [
        Picture(
            figures["fig3_common"],
            "Mean squared error between softmax and one-hot labels, the same for all, on the "
            "first plane of the first seed; levels are multiples of each model's own center. It "
            "shows sharpness relative to the depth of the basin: a model that fits better has a "
            f"lower center, and narrower contours for that alone. {_SCALE}",
        ),
        Picture(
            figures["fig3_common_absolute"],
            "The same at equal absolute levels: how far one can go before the loss reaches a "
            "given value. What is left of a difference here is not one of units. It is one plane "
            "of one training each.",
        ),
        ratio_table(models, "test accuracy"),
        statistics_table(
            rows(models.models, models),
            SCALE_FREE,
            f"Scale-free sharpness of every classifier under plain L2; {over_planes(models)}.",
            center="L2",
        ),
        statistics_table(
            rows(models.models, models),
            RAW,
            f"Raw sharpness of every classifier under plain L2; {over_planes(models)}.",
            center="L2",
        ),
    ]


_SCALE = (
    "LAMP is taken without the scale of Eq. 2: the errors of probabilities are at most 1, and "
    "scaled by the largest one of a sample, that of the true class as a rule, it teaches nothing."
)


def _own_blocks(found: Found, figures: dict[str, Figure]) -> list[Any]:
    """Show and tabulate classifiers in units of their own, with the control."""
    models, controls = found.classifiers, found.controls
    first = [m for m in models.models if m.seed == models.seeds[0]]
    shown = {
        **rows(first, models, own=True),
        **{f"{_CONTROL}, {seen.batch_size}": seen.own for seen in controls},
    }
    return [
        Picture(
            figures["fig3_own"],
            "Each classifier under the loss that it was trained with, all at the same absolute "
            f"levels. The last row, {_CONTROL}, is the classifiers of the first row, "
            "drawn after multiplying their loss by the value of LAMP where the error is 1. Its "
            "denser contours are there by construction: in own units density proves nothing "
            "about the landscape, of LAMP no more than of this row.",
        ),
        statistics_table(
            shown,
            SCALE_FREE,
            "Scale-free sharpness of each loss of its own, first seed. The control agrees with "
            "the row of L2 of its batch size.",
            center="own loss",
        ),
        statistics_table(
            shown,
            RAW,
            "Raw sharpness of each loss of its own, first seed: different units, which cannot be "
            "compared.",
            center="own loss",
        ),
    ]


def _encoder_blocks(found: Found, figures: dict[str, Figure]) -> list[Any]:
    """Show and tabulate the other reading."""
    models = found.encoders
    return [
        Prose(
            "The paper speaks of the encoder part of the autoencoder. Here it is that of a "
            "trained autoencoder: its parameters move, the decoder stays, and the loss is that of "
            "the reconstruction. LAMP is scaled by the maximum of each sample, as in Eq. 2."
        ),
        Picture(
            figures["fig3_encoder"],
            "Plain L2 of the reconstruction, first plane, multiples of each model's own center. "
            "One training each: it shows these models, not what their losses do in general.",
        ),
        ratio_table(models, "AUROC"),
        statistics_table(
            rows(models.models, models),
            SCALE_FREE,
            f"Scale-free sharpness under plain L2; {over_planes(models)}.",
            center="L2",
        ),
    ]


def _what_was_run(plan: Plan) -> str:
    """Say in words what was done."""
    one, other, grid = plan.classifiers[0], plan.autoencoders[0], plan.grid
    return (
        f"Classifiers: the encoder of the autoencoder, {one.depth} blocks, and a linear layer, "
        f"all ten classes of {one.data}, {one.training.optimizer.title()} at "
        f"{one.training.learning_rate:g}, {one.training.samples:,} images seen whatever the batch "
        "size. Models of one seed share initial weights and order of images.\n\n"
        f"Autoencoders: {other.model.depth} + {other.model.depth} layers, {other.task.name}, "
        f"{other.training.samples:,} images seen.\n\n"
        f"Surfaces: {grid.planes} planes of {grid.steps} × {grid.steps} points, along "
        "filter-normalized random directions that all models share (for encoders another set, as "
        f"they have other parameters), on the first {plan.images} training images. Points of "
        f"classifiers: {accuracy_in_words(grid)}. Of encoders: "
        f"{accuracy_in_words(plan.encoder_grid)}."
    )
