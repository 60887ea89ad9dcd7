"""Fig. 3 of the paper: contours of classifiers trained by L2 and L2-LAMP, by batch size."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from lamp.reproduce.fig3_surfaces import (
    FACTOR,
    PLAIN,
    Found,
    Models,
    Plan,
    Seen,
    fig3_plan,
    measure,
)
from lamp.reproduce.sharpness import (
    RAW,
    SCALE_FREE,
    Contrast,
    ratio,
    statistics_table,
    times,
    verdict,
)
from lamp.reproduce.surfaces import absolute_levels
from lamp.reproduce.work import Reproduction, Work
from lamp.trials.lens import COMMON, OWN
from landscape.figures import Picture, Prose, Section, Table, draw_contours

_CONTROL = f"L2 times {FACTOR:.2f}"
_FEW_SEEDS = 3


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
        results=_results(plan, found),
        provenance={
            "classifiers' images (SHA-256)": found.classifiers.data,
            "autoencoders' images (SHA-256)": found.encoders.data,
        },
    )


def _draw(found: Found) -> dict[str, Figure]:
    """Draw all contour matrices: first seed, first plane."""
    classifiers, encoders = found.classifiers, found.encoders
    control = [seen.surface for seen in found.controls]
    rows = [classifiers.row(loss) for loss in classifiers.losses]
    flat = [surface for row in rows for surface in row]
    titles = [loss.title for loss in classifiers.losses]
    columns = [f"batch size {size}" for size in classifiers.batch_sizes]
    return {
        "fig3_common": draw_contours(rows, rows=titles, columns=columns, metric=COMMON),
        "fig3_common_absolute": draw_contours(
            rows,
            rows=titles,
            columns=columns,
            metric=COMMON,
            levels=absolute_levels(flat, COMMON),
        ),
        "fig3_own": draw_contours(
            [*rows, control],
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
    seeds = len(classifiers.seeds)
    few = f" This is from {seeds} seed{'s' * (seeds > 1)}." if seeds < _FEW_SEEDS else ""
    return (
        f"{_sentence(classifiers, 'classifiers')}{few} In units of their own the losses of "
        f"{amplified} rise by {times(own)} what those of {plain} rise by; {_CONTROL}, which "
        f"is the {plain} classifiers themselves, by {control / reference:.2f} times: denser "
        "contours at equal levels are no evidence of a sharper landscape. Of autoencoders, where "
        f"only the encoder moves: {_sentence(found.encoders, 'models')}"
    )


def _sentence(models: Models, kind: str) -> str:
    """Say what the common lens shows over all batch sizes."""
    plain, amplified = (loss.title for loss in models.losses)
    one = models.contrast(models.batch_sizes)
    start = (
        f"Seen through the same plain L2 loss, {amplified} {kind} have {times(one.center)} the "
        f"loss of {plain} {kind} at the center and {times(one.curvature)} their curvature"
    )
    if one.bounded:
        return f"{start}; the radius where it doubles leaves the grid of some plane."
    if math.isnan(one.radius.low):
        return (
            f"{start}, and their loss doubles at {times(one.radius)} the radius, over "
            f"{one.pairs} pairs of one seed: no interval, and nothing to be claimed."
        )
    return (
        f"{start}, and their loss doubles at {times(one.radius)} the radius: "
        f"{verdict(amplified, [one.radius], one.curvature)}."
    )


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
        _ratio_table(models, "test accuracy"),
        statistics_table(
            _rows(models.models, models),
            SCALE_FREE,
            f"Scale-free sharpness of every classifier under plain L2; {_over(models)}.",
            center="L2",
        ),
        statistics_table(
            _rows(models.models, models),
            RAW,
            f"Raw sharpness of every classifier under plain L2; {_over(models)}.",
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
        **_rows(first, models, own=True),
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
        _ratio_table(models, "AUROC"),
        statistics_table(
            _rows(models.models, models),
            SCALE_FREE,
            f"Scale-free sharpness under plain L2; {_over(models)}.",
            center="L2",
        ),
    ]


def _rows(models: Sequence[Seen], of: Models, *, own: bool = False) -> dict[str, Any]:
    """Name models for a table."""
    seeds = len(of.seeds) > 1 and not own
    return {
        f"{m.loss.title}, {m.batch_size}{f', seed {m.seed}' if seeds else ''}": m.own
        if own
        else m.common
        for m in models
    }


def _over(models: Models) -> str:
    """Say what the intervals of single models range over."""
    return f"95 % intervals over {models.models[0].surface.planes} planes"


def _ratio_table(models: Models, quality: str) -> Table:
    """Tabulate the amplified models against the others."""
    plain, amplified = models.losses
    sizes = models.batch_sizes
    groups = [[size] for size in sizes] + ([sizes] if len(sizes) > 1 else [])
    seeds = len(models.seeds)
    over = (
        f"95 % intervals over {seeds} seeds"
        if seeds > 1
        else "One seed: 95 % intervals at one batch size are over planes and speak of these two "
        "models only; over all batch sizes there is none"
    )
    return Table(
        columns=[
            "batch size",
            f"{quality}, {plain.title}",
            f"{quality}, {amplified.title}",
            "center loss",
            "absolute curvature",
            "doubling radius",
            "pairs",
        ],
        units=["", "", "", "ratio", "ratio", "ratio", ""],
        rows=[
            [
                str(group[0]) if len(group) == 1 else "all",
                *(float(np.mean([m.quality for m in models.of(x, group)])) for x in models.losses),
                *_ratios(models.contrast(group)),
                models.contrast(group).pairs,
            ]
            for group in groups
        ],
        caption=(
            f"{amplified.title} against {plain.title} under plain L2. Absolute curvature, per "
            "squared filter norm, is larger where the loss is steeper; the doubling radius is "
            f"smaller where it is sharper relative to its center. {over}."
        ),
    )


def _ratios(one: Contrast) -> list[Any]:
    """Write the ratios; that of radii only where all are inside the grid."""
    radius = None if one.bounded else ratio(one.radius)
    return [ratio(one.center), ratio(one.curvature), radius]


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
        f"they have other parameters), on the first {plan.images} training images. Points that "
        f"were not measured are estimated to {grid.tolerance:g} of their value, up to "
        f"{grid.clip:g} times the loss at the center for classifiers and "
        f"{plan.encoder_grid.clip:g} times for encoders."
    )


def _results(plan: Plan, found: Found) -> dict[str, Any]:
    """Collect all numbers."""
    return {
        "classifiers": _numbers(found.classifiers, "accuracy"),
        "controls": {
            "factor": FACTOR,
            "models": [_model(seen, "accuracy") for seen in found.controls],
        },
        "encoders": _numbers(found.encoders, "auroc"),
        "reference": PLAIN.title,
        "grid": plan.grid.model_dump(mode="json"),
        "encoder_grid": plan.encoder_grid.model_dump(mode="json"),
    }


def _numbers(models: Models, quality: str) -> dict[str, Any]:
    """Collect the numbers of one reading."""
    sizes = models.batch_sizes
    return {
        "models": [_model(seen, quality) for seen in models.models],
        "contrasts": [
            {"batch_sizes": group, **models.contrast(group).to_dict()}
            for group in [*([size] for size in sizes), sizes]
        ],
        "contrast_in_own_units": models.contrast(sizes, own=True).to_dict(),
    }


def _model(seen: Seen, quality: str) -> dict[str, Any]:
    """Collect the numbers of one model."""
    return {
        "loss": seen.loss.model_dump(mode="json"),
        "batch_size": seen.batch_size,
        "seed": seen.seed,
        quality: seen.quality,
        "center": dict(seen.surface.center),
        "common_lens": seen.common.to_dict(),
        "own_loss": seen.own.to_dict(),
    }
