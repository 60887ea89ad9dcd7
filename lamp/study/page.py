"""The page of a study: its pictures, tables and sentences, in one offline file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from matplotlib.figure import Figure

from lamp.experiments import Task
from lamp.pages import Bullets, Interactive, Page, Picture, Prose, Section, Table
from lamp.pages.blocks import Block
from lamp.paper.contrast import RAW, REST, SCALE_FREE, estimate, ratio, statistics_table
from lamp.paper.words import p_text
from lamp.study.effects import (
    Pairing,
    detection_sentence,
    overall,
    plain_sentence,
    sharpness_sentence,
)
from lamp.study.figures import middle
from lamp.study.models import OFFSET, Fits
from lamp.study.settings import StudySettings

_HOW_TO_READ = """\
A panel shows one random plane through the trained parameters, in filter norms: at 1, every filter \
has moved by its own length (Li et al. 2018). Levels are multiples of the loss at each model's own \
center; the bold contour is where it doubles: the smaller its radius, the sharper.
A common lens means: all models are evaluated under plain L2, whatever they were trained with. An \
amplified loss in its own units has denser contours even where nothing changed.
Scale-free statistics do not change when a loss is multiplied by a constant: they ask how steep it \
is relative to its value at the center; raw ones how steep it is in its own units. A model with a \
higher center loss can be steeper and yet double at a longer radius.
One plane is one draw. Positive statistics of a model are geometric means over planes, with \
intervals calibrated to cover 95 % over few random planes. Differences between losses have \
Student's 95 % interval; what it ranges over is said at each table.
AUROC is the probability that an anomalous test image has a higher score, the L2 error of its \
reconstruction, than a normal one: 0.5 is a coin, 1 is perfect. Statistics of BatchNorm are taken \
anew at the end of every training; models.csv has the AUROC with running ones, too.\
"""
_WORST_PIXEL = (
    "The worst pixel. With the maximum of Eq. 2 differentiated, LAMP pushes the worst pixel of an "
    "image up: a model can give one pixel away, so that the maximum is about 1 and all other "
    "pixels see nearly the plain loss. That pixel adds the same amount to the L2 loss at every "
    "point, which lengthens the doubling radius without making the landscape flatter. The ratio "
    "without it asks where the loss has risen by its center value less the worst pixel of each "
    "image."
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Told:
    """Everything that a page tells.

    Args:
        settings: The study.
        task: Its images.
        fits: What came of every training.
        pairings: How losses differ.
        failures: Trainings that diverged, and why.
        figures: By the names of their files.
        interactive: Surfaces to be turned.
    """

    settings: StudySettings
    task: Task
    fits: Fits
    pairings: Sequence[Pairing]
    failures: Sequence[str]
    figures: Mapping[str, Figure]
    interactive: go.Figure

    @property
    def losses(self) -> list[str]:
        """Titles of the losses."""
        return [loss.title for loss in self.settings.loss_settings()]


def make_page(told: Told, provenance: Mapping[str, Any]) -> Page:
    """Put the page together.

    Args:
        told: What it tells.
        provenance: How it came to be.

    Returns:
        The page.
    """
    widest = overall(told.pairings)
    numbers = [text for p in widest for text in (detection_sentence(p), sharpness_sentence(p))]
    return Page(
        kicker="LAMP study",
        title="Does the training loss change the loss landscape, and what is detected?",
        lede=plain_sentence(widest, told.losses, told.task.name),
        sections=[
            Section("In numbers", [Bullets([*numbers, *told.failures])]),
            Section("The landscapes", _landscapes(told)),
            Section("Sharpness and detection", _models(told)),
            Section("Paired differences", _differences(told)),
            Section(
                "The losses",
                [
                    Picture(
                        told.figures["loss_curves"],
                        "The paper's Fig. 2: base losses (dashed) and their amplified versions, "
                        "with the gradients beside them, for an element with M = 1.",
                    )
                ],
            ),
            Section("How to read this", [Bullets(_HOW_TO_READ.splitlines())]),
            Section("What was run", [Prose(_what_was_run(told)), Bullets(told.task.notes)]),
        ],
        provenance=provenance,
    )


def _landscapes(told: Told) -> list[Block]:
    """Show the contour matrices and the surfaces in 3-D."""
    settings = told.settings
    which = f"First seed of {settings.seeds}, first plane of {settings.planes}."
    return [
        Picture(
            told.figures["contours_common"],
            "All models under the same plain L2 loss, at equal levels; the paper's Fig. 3 under a "
            f"common lens. {which}",
        ),
        Interactive(
            told.interactive,
            f"The same surfaces at batch size {middle(settings.batch_sizes)}, with equal heights; "
            "the paper's Fig. 1. Drag to turn them, point to read.",
        ),
        Picture(
            told.figures["contours_own"],
            "The same planes, each model under the loss that it was trained with, in multiples of "
            "that loss at the center. Panels in different units: they show each loss as its own "
            f"training saw it and do not compare models. {which}",
        ),
    ]


def _models(told: Told) -> list[Block]:
    """Show and tabulate every model."""
    planes = told.settings.planes
    over = f"95 % intervals over {planes} planes" if planes > 1 else "one plane: no intervals"
    seeds = told.settings.seeds > 1
    models = {
        f"{loss}, {size}{f', seed {seed}' * seeds}": fit.common
        for (loss, size, seed), fit in told.fits.items()
    }
    tables = [
        statistics_table(models, names, f"{what} under the common lens{over_what}", center="L2")
        for names, what, over_what in (
            (SCALE_FREE, "Scale-free sharpness", f"; {over}."),
            ({**REST, **RAW, **OFFSET}, "Raw sharpness", f", in units of L2; {over}."),
        )
    ]
    caption = (
        "Left: radius where the plain L2 loss doubles; a small point is a plane, hollow where it "
        "is a lower bound, a bar the mean of one model. Right: AUROC of the L2 anomaly score; a "
        "point is a model."
    )
    return [Picture(told.figures["sharpness_and_detection"], caption), *tables]


def _differences(told: Told) -> list[Block]:
    """Tabulate paired differences, and show reconstructions."""
    shown = Picture(
        told.figures["reconstructions"],
        "Test images as they come, their reconstructions by the models trained at batch size "
        f"{middle(told.settings.batch_sizes)}, first seed, and what these leave.",
    )
    if not told.pairings:
        return [Prose("There is only one loss: nothing is compared."), shown]
    reference = told.pairings[0].reference
    detection = Table(
        columns=["loss, batch size", "AUROC", "of reference", "difference", "p", "higher"],
        rows=[
            [
                _name(p), p.auroc_mean, p.auroc_reference, estimate(p.auroc), p_text(p.p),
                f"{p.higher} of {p.pairs}",
            ]
            for p in told.pairings
        ],
        caption=(
            f"AUROC of the L2 anomaly score on the test images against that of the reference, "
            f"{reference}; in how many pairs of models it is higher. "
            f"{_intervals(told, 'test images')}"
        ),
    )  # fmt: skip
    sharpness = Table(
        columns=[
            "loss, batch size", "center loss", "absolute curvature", "doubling radius",
            "the same without worst pixel", "worst pixel's share", "in reference",
        ],
        units=["", "ratio", "ratio", "ratio", "ratio", "%", "%"],
        rows=[
            [
                _name(p), ratio(p.center), None if p.why_no_curvature else ratio(p.curvature),
                *(None if p.why_no_radius else ratio(r) for r in (p.radius, p.radius_rest)),
                round(100 * p.worst_pixel), round(100 * p.worst_pixel_reference),
            ]
            for p in told.pairings
        ],
        caption=(
            "Sharpness under the common lens, as ratios to the reference. Absolute curvature, in "
            "L2 per squared filter norm, is larger where the loss is steeper; the doubling radius, "
            f"which is relative to the loss at the center, is smaller. {_intervals(told, 'planes')}"
        ),
    )  # fmt: skip
    return [detection, sharpness, Prose(_WORST_PIXEL), shown]


def _name(pairing: Pairing) -> str:
    """Name a row: a loss and its batch size."""
    return f"{pairing.loss}, {pairing.batch_size}"


def _intervals(told: Told, one: str) -> str:
    """Say what the intervals of a table range over."""
    if told.settings.seeds > 1:
        return (
            f"95 % t-intervals over {told.settings.seeds} seeds; models of one seed share initial "
            "weights and order of images, across losses and batch sizes."
        )
    return (
        f"There is one seed: 95 % intervals at one batch size are over {one} and speak of these "
        "two models only; over all batch sizes there is none."
    )


def _what_was_run(told: Told) -> str:
    """Say in words what the study did."""
    settings, task = told.settings, told.task
    assert task.labels is not None
    steps = ", ".join(
        f"{-(-settings.train_samples // size):,} at batch size {size}"
        for size in settings.batch_sizes
    )
    source = {
        "digits": "scikit-learn's 8×8 digits, enlarged to 16×16",
        "mnist": "MNIST, padded to 32×32",
    }.get(settings.data, f"the folder {settings.data}, images of {settings.image_size} pixels")
    anomalous = int(task.labels.sum())
    first = next(iter(told.fits.values())).trial.settings
    model = first.model
    total, measured = (sum(fit.points[i] for fit in told.fits.values()) for i in (0, 1))
    rest = (
        f" for {total:,} points: the others are estimated to {settings.tolerance:.2g} of their "
        "value, up to ten times the loss at the center"
    ) * (settings.tolerance is not None)  # fmt: skip
    return (
        f"Data: {source}. {task.name} is normal: {len(task.normal):,} images, of which "
        f"{first.held_out:.0%} are held out of each training; {len(task.labels) - anomalous:,} "
        f"normal and {anomalous:,} anomalous test images.\n\n"
        f"Models: convolutional autoencoders of {model.depth} + {model.depth} layers, "
        f"{model.width} channels in the first, {model.kernel_size}×{model.kernel_size} kernels, "
        f"trained with {settings.optimizer.title()} at a learning rate of "
        f"{settings.learning_rate:g} on {settings.train_samples:,} images seen. Samples are "
        f"matched, steps are not: {steps}. LAMP's ε is {settings.epsilon:g}.\n\n"
        f"Surfaces: {settings.planes} planes of {settings.steps} × {settings.steps} points for "
        f"each model, {measured:,} evaluations in all{rest}, each on {settings.samples} training "
        "images or as many as there are; both lenses from one forward pass. Directions are "
        f"filter-normalized Gaussians from seed {settings.direction_seed}, the same for all "
        "models; BatchNorm statistics are frozen."
    )
