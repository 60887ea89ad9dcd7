"""Fig. 3 of the paper: contours of classifiers trained by L2 and L2-LAMP, by batch size."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lamp.experiments import LensSettings, TrialSettings
from lamp.experiments.classify import ClassifierSettings
from lamp.experiments.lens import COMMON, OWN
from lamp.pages import Picture, Prose, Section
from lamp.paper.classifiers import classifiers
from lamp.paper.landscapes import IMAGES, Models, autoencoders, multiple
from lamp.paper.levels import absolute_levels, grid_in_words
from lamp.paper.mnist import AUTHOR, L2, LITERAL, SAMPLES, mnist_trials
from lamp.paper.names import Budget
from lamp.paper.ratios import RAW, SCALE_FREE
from lamp.paper.words import ratio_text
from lamp.paper.work import Report, Work
from lamp.training import TrainingSettings
from landscape.figures import draw_contours
from landscape.settings import GridSettings

LOSSES = (L2, LITERAL, AUTHOR)
CONTROL = multiple(L2, -math.log(AUTHOR.epsilon))
"""L2 times what LAMP is where the error is 1, so that both losses end at one height."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is trained, and how it is looked at.

    Args:
        classifiers: Losses, batch sizes, seeds.
        autoencoders: The same for the other reading: autoencoders whose encoder alone moves.
        grid: Planes through the parameters of a classifier.
        encoder_grid: Planes through those of an encoder.
    """

    classifiers: Sequence[ClassifierSettings]
    autoencoders: Sequence[TrialSettings]
    grid: GridSettings
    encoder_grid: GridSettings


def plan(budget: Budget) -> Plan:
    """Plan the figure: MNIST, batch sizes 128, 16 and 4, five planes.

    Args:
        budget: `minutes`: batch sizes 128 and 16, one seed, 8,000 images seen in training.
            `hours`: three seeds, 20,000 images. `days`: five seeds, 600,000 images, of which the
            autoencoders of one digit see 120,000. Autoencoders have one seed, and are those of
            Table 1.

    Returns:
        The plan.
    """
    sizes = (128, 16) if budget == "minutes" else (128, 16, 4)
    seeds = {"minutes": 1, "hours": 3, "days": 5}[budget]
    samples = {"minutes": 8_000, "hours": SAMPLES, "days": 30 * SAMPLES}[budget]
    fewer = min(samples, 6 * SAMPLES)
    classifiers = [
        ClassifierSettings(
            loss=loss, training=TrainingSettings(batch_size=size, samples=samples, seed=seed)
        )
        for seed in range(seeds)
        for size in sizes
        for loss in LOSSES
    ]
    trials = mnist_trials(LOSSES, sizes, digits=(3,), samples=fewer, lens=LensSettings())
    both = (COMMON, OWN)
    return Plan(
        classifiers=classifiers,
        autoencoders=tuple(trials),
        # Up to that of a guess, which is about thirty times the loss of a good classifier. Classes
        # that flip make it rough: 0.01 would take a fifth of the points.
        grid=GridSettings(tolerance=0.02, tolerance_metrics=both, clip=30.0),
        encoder_grid=GridSettings(tolerance=0.01, tolerance_metrics=both, radius=1.5),
    )


def reproduce(work: Work, planned: Plan | None = None) -> Report:
    """Make Fig. 3: contours by loss and batch size, as planned for the budget."""
    planned = planned or plan(work.budget)
    return tell(planned, measure(work, planned))


def measure(work: Work, planned: Plan) -> dict[str, Models]:
    """Train all models and measure their surfaces.

    Returns:
        `classifier`, the faithful reading; `control`, its L2 models of the first seed under
        `CONTROL`; `encoder`, the other reading.

    Raises:
        FloatingPointError: If a training diverged.
        FileNotFoundError: If data are missing.
    """
    models, controls = classifiers(work, planned.classifiers, planned.grid, control=CONTROL)
    encoders = autoencoders(work, planned.autoencoders, planned.encoder_grid, encoder=True)
    return {"classifier": models, "control": controls, "encoder": encoders}


def tell(planned: Plan, found: Mapping[str, Models]) -> Report:
    """Make pictures, tables and sentences of what `measure` found."""
    models, controls, encoders = found["classifier"], found["control"], found["encoder"]
    own = models.plus(controls.models)
    figures = {
        "fig3_common": _draw(models, COMMON),
        "fig3_common_absolute": _draw(models, COMMON, absolute=True),
        "fig3_own": _draw(own, OWN, absolute=True),
        "fig3_encoder": _draw(encoders, COMMON),
    }
    return Report(
        title="Fig. 3: contours by loss and batch size",
        lede=_lede(models, controls, encoders),
        sections=[
            Section(
                "Classifiers under the same loss",
                [
                    Picture(figures["fig3_common"], _COMMON),
                    Picture(figures["fig3_common_absolute"], _ABSOLUTE),
                    models.ratios_shown(),
                    models.statistics(SCALE_FREE, _PLANES),
                    models.statistics(RAW, _PLANES),
                ],
            ),
            Section(
                "Classifiers in units of their own",
                [
                    Picture(figures["fig3_own"], _OWN),
                    own.statistics(SCALE_FREE, _OWN_SCALE_FREE, own=True),
                    own.statistics(RAW, _OWN_RAW, own=True),
                ],
            ),
            Section(
                "Another reading: encoders of autoencoders",
                [
                    Picture(figures["fig3_encoder"], _ENCODER),
                    encoders.ratios_shown(),
                    encoders.statistics(SCALE_FREE, _PLANES),
                ],
            ),
            Section("What was run", [Prose(_what_was_run(planned))]),
        ],
        figures=figures,
        tables={
            "fig3": pd.concat([one.table(kind) for kind, one in found.items()]),
            "fig3_ratios": pd.concat(
                [found[kind].ratios_table(kind) for kind in ("classifier", "encoder")]
            ),
        },
        provenance={
            "classifiers' images (SHA-256)": models.data,
            "autoencoders' images (SHA-256)": encoders.data,
        },
    )


def _draw(models: Models, metric: str, *, absolute: bool = False) -> Figure:
    """Draw contours of the first seed on the first plane, a row a loss, a column a batch size."""
    flat = [surface for row in models.matrix for surface in row]
    return draw_contours(
        models.matrix,
        rows=models.losses,
        columns=[f"batch size {size}" for size in models.batch_sizes],
        metric=metric,
        levels=absolute_levels(flat, metric) if absolute else None,
    ).figure


def _lede(models: Models, controls: Models, encoders: Models) -> str:
    """Say what was found, whichever way it came out."""
    plain, *others = models.losses
    own = "; ".join(
        f"{loss} {ratio_text(models.ratios(loss, models.batch_sizes, own=True).excess)}"
        for loss in others
    )
    control, reference = (
        np.mean([getattr(one, lens)["mean_excess"].value for one in controls.models])
        for lens in ("own", "common")
    )
    disk = controls.models[0].own["mean_excess"].settings["epsilon"]
    return (
        f"Classifiers, {_sentence(models)}. How much the loss rises within {disk:g} filter norms "
        f"in units of its own, against {plain}: {own}; {CONTROL.title}, which is the {plain} "
        f"classifiers themselves, {control / reference:.2f} times: denser contours at "
        "equal levels are no evidence of a sharper landscape. Encoders of autoencoders, "
        f"{_sentence(encoders)}."
    )


def _sentence(models: Models) -> str:
    """Say what the common lens shows over all batch sizes."""
    seeds, sizes = len(models.seeds), ", ".join(map(str, models.batch_sizes))
    over = f"batch sizes {sizes}, {seeds} seed{'s' * (seeds > 1)}"
    return f"seen through the same plain L2 loss ({over}): {models.sharpness()}"


_PLANES = "Sharpness of every model under plain L2; 95 % intervals over its planes."
_COMMON = (
    "Mean squared error between softmax and one-hot labels, the same for all, on the first plane "
    "of the first seed; levels are multiples of each model's own center. It shows sharpness "
    "relative to the depth of the basin: a model that fits better has a lower center, and narrower "
    "contours for that alone. Read literally, LAMP divides the errors of probabilities by the "
    "largest one of a sample, that of the true class as a rule, which then is not pushed down: "
    "such a classifier may learn nothing (see its accuracy). In an author's code the maximum is at "
    "least 1, so that these errors, which are at most 1, are not scaled at all."
)
_ABSOLUTE = (
    "The same at equal absolute levels: how far one can go before the loss reaches a given value. "
    "What is left of a difference here is not one of units. It is one plane of one training each."
)
_OWN = (
    "Each classifier under the loss that it was trained with, all at the same absolute levels. The "
    f"last row, {CONTROL.title}, is the classifiers of the first row, drawn after multiplying "
    "their loss by the value of LAMP where the error is 1. Its denser contours are there by "
    "construction: in own units density proves nothing about the landscape, of LAMP no more than "
    "of this row. A panel without contours is that of a classifier whose loss is above the highest "
    "level everywhere: it has not learnt."
)
_OWN_SCALE_FREE = (
    "Scale-free sharpness of each loss of its own, first seed. The control agrees with the row of "
    "L2 of its batch size."
)
_OWN_RAW = (
    "Raw sharpness of each loss of its own, first seed: different units, which cannot be compared."
)
_ENCODER = (
    "The paper speaks of the encoder part of the autoencoder. Here it is that of a trained "
    "autoencoder: its parameters move, the decoder stays. Plain L2 of the reconstruction, first "
    "plane, multiples of each model's own center. One training each: it shows these models, not "
    "what their losses do in general."
)


def _what_was_run(planned: Plan) -> str:
    """Say in words what was done."""
    one, other = planned.classifiers[0], planned.autoencoders[0]
    return (
        f"Classifiers: the encoder of the autoencoder, {one.depth} blocks, and a linear layer, "
        f"all ten classes of {one.data}, {one.training.optimizer.title()} at "
        f"{one.training.learning_rate:g}, {one.training.samples:,} images seen whatever the batch "
        "size. Models of one seed share initial weights and order of images.\n\n"
        f"Autoencoders: {other.model.depth} + {other.model.depth} layers, {other.task.name}, "
        f"{other.training.samples:,} images seen.\n\n"
        f"Surfaces: of classifiers {grid_in_words(planned.grid)}; of encoders "
        f"{grid_in_words(planned.encoder_grid)}. Directions are filter-normalized Gaussians that "
        "all models share (for encoders another set, as they have other parameters); losses are "
        f"of the first {IMAGES} training images."
    )
