"""The page of a study: its pictures, tables and sentences, in one offline file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from lamp.experiments import Task
from lamp.pages import Bullets, Interactive, Page, Picture, Prose, Section, Table
from lamp.pages.blocks import Block
from lamp.paper.ratios import SCALE_FREE, statistics_table
from lamp.paper.words import effect_text, listed, p_text, ratio_cell, short
from lamp.study.effects import Pairing, overall, sentences
from lamp.study.figures import example
from lamp.study.models import STATISTICS, Fits
from lamp.study.settings import StudySettings
from landscape.figures import Explorer

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
Student's 95 % interval, or one over test images; what it ranges over is said at each table.
AUROC is the probability that an anomalous test image has a higher score, the L2 error of its \
reconstruction, than a normal one: .5 is a coin, 1 is perfect. Statistics of BatchNorm are taken \
anew at the end of every training; models.csv has the AUROC with running ones, too.
The worst pixel: with the maximum of Eq. 2 differentiated, LAMP pushes the worst pixel of an image \
up, and a model can give one pixel away. That adds the same amount to the L2 loss at every point, \
which lengthens the doubling radius without making the landscape flatter. The radius without it is \
where the loss has risen by its center value less the worst pixel of each image.
"""
_POINTS = (
    "Left: radius where the plain L2 loss doubles; a small point is a plane, hollow where it is a "
    "lower bound, a bar the mean of one model. Right: AUROC; a point is a model."
)
_COMMON = (
    "All models under the same plain L2 loss, at equal levels; the paper's Fig. 3 under a common "
    "lens. First seed, first plane."
)
_EXPLORE = (
    "The same models, named by loss and batch size, to be explored: point to read values and their "
    "errors, drag a line through the contours for a cross-section, turn the surfaces (the paper's "
    "Fig. 1). Levels, heights and view are the same for all; training loss is what each model was "
    "trained with."
)
_OWN = (
    "The same planes, each model under the loss that it was trained with, in multiples of that "
    "loss at the center. Panels in different units: they show each loss as its own training saw "
    "it and do not compare models."
)
_CURVES = (
    "The paper's Fig. 2: base losses (dashed) and their amplified versions, with the gradients "
    "beside them, for an element with M = 1."
)
_BOUND = (
    " A cell is empty where a radius lies beyond the grid, which bounds it and gives no ratio: a "
    "larger --radius would."
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Told:
    """Everything that a page tells.

    Args:
        settings: The study.
        task: Its images.
        found: What was compared and what came out, in plain words.
        fits: What came of every training.
        pairings: How losses differ.
        failures: Trainings that diverged, and why.
        figures: By the names of their files.
        explorer: A page to explore the surfaces.
    """

    settings: StudySettings
    task: Task
    found: str
    fits: Fits
    pairings: Sequence[Pairing]
    failures: Sequence[str]
    figures: Mapping[str, Figure]
    explorer: Explorer


def make_page(told: Told, provenance: Mapping[str, Any]) -> Page:
    """Put the page together; the provenance is how it came to be."""
    size = f"batch size {example(told.fits)[0]}"
    numbers = [text for pairing in overall(told.pairings) for text in sentences(pairing)]
    shown = (
        f"Test images as they come, their reconstructions by the models trained at {size}, first "
        "seed, and what these leave."
    )
    return Page(
        kicker="LAMP study",
        title="Does the training loss change the loss landscape and what is detected?",
        lede=told.found,
        sections=[
            Section("In numbers", [Bullets([*numbers, *told.failures]), *_differences(told)]),
            Section(
                "The landscapes",
                [
                    Picture(told.figures["contours_common"], _COMMON),
                    Interactive(told.explorer, _EXPLORE),
                    Picture(told.figures["contours_own"], _OWN),
                ],
            ),
            Section("Every model", _models(told)),
            Section("What the models see", [Picture(told.figures["reconstructions"], shown)]),
            Section("The losses", [Picture(told.figures["loss_curves"], _CURVES)]),
            Section("How to read this", [Bullets(_HOW_TO_READ.splitlines())]),
            Section("What was run", [Prose(_what_was_run(told)), Bullets(told.task.notes)]),
        ],
        provenance=provenance,
    )


def _models(told: Told) -> list[Block]:
    """Show and tabulate every model."""
    planes, seeds = told.settings.planes, told.settings.seeds > 1
    over = f"95 % intervals over {planes} planes" if planes > 1 else "one plane: no intervals"
    sizes = list(told.settings.batch_sizes)  # as in the figures
    fits = sorted(told.fits.items(), key=lambda item: sizes.index(item[0][1]))
    models = {
        f"{loss}, {size}" + f", seed {seed}" * seeds: fit.common for (loss, size, seed), fit in fits
    }
    free, raw = (
        statistics_table(models, names, f"{what} under plain L2; {over}.", center="L2 at center")
        for names, what in ((SCALE_FREE, "Scale-free sharpness"), (STATISTICS, "Raw sharpness"))
    )
    return [Picture(told.figures["sharpness_and_detection"], _POINTS), free, raw]


def _differences(told: Told) -> list[Block]:
    """Tabulate paired differences."""
    if not told.pairings:
        return []
    reference, seeds = told.pairings[0].reference, told.settings.seeds
    over = (
        f"95 % t-intervals over {seeds} seeds; models of one seed share initial weights and order "
        "of images, across losses and batch sizes."
        if seeds > 1
        else "One seed: 95 % intervals at one batch size are over {one} and speak of these "
        "two models only; over all batch sizes there is none."
    )
    named = [(f"{pairing.loss}, {pairing.batch_size}", pairing) for pairing in told.pairings]
    tested = any(p_text(pair.auroc.p) for pair in told.pairings)  # none is where there is one seed
    detection = Table(
        columns=[
            "loss, batch size",
            "AUROC",
            f"AUROC of {reference}",
            "difference",
            *["p"] * tested,
            "higher",
        ],
        rows=[
            [
                name,
                *map(short, pair.means),
                effect_text(pair.auroc).replace(", ", ",\u00a0"),  # an interval stays in one line
                *[p_text(pair.auroc.p)] * tested,
                f"{pair.higher} of {pair.sharpness.pairs}",
            ]
            for name, pair in named
        ],
        caption=(
            "Detection of anomalous test images (an AUROC of 1 is perfect, .5 a coin), and in how "
            "many pairs of models it is better. " + over.format(one="test images")
        ),
    )
    columns = ("center loss", "absolute curvature", "doubling radius", "radius without worst pixel")
    sharpness = Table(
        columns=["loss, batch size", *columns, "worst pixel's share", f"of {reference}"],
        units=["", *["ratio"] * len(columns), "%", "%"],
        rows=[
            [
                name,
                *map(ratio_cell, (one.center, one.curvature, *one.radii)),
                *(round(100 * share) for share in pair.worst_pixels),
            ]
            for name, pair in named
            for one in [pair.sharpness]
        ],
        caption=(
            f"Sharpness under plain L2, as ratios to {reference}. Absolute curvature, per squared "
            "filter norm, is larger where the loss is steeper; the doubling radius, which is "
            "relative to the loss at the center, is smaller. "
            + over.format(one="planes")
            + _BOUND * any("leave the grid" in p.sharpness.why_no_radius for p in told.pairings)
        ),
    )
    return [detection, sharpness]


def _what_was_run(told: Told) -> str:
    """Say in words what the study did."""
    settings, labels = told.settings, told.task.labels
    assert labels is not None
    first = next(iter(told.fits.values())).trial.settings
    steps = listed(
        [
            f"{-(-settings.train_samples // size):,} at batch size {size}"
            for size in settings.batch_sizes
        ]
    )
    total, measured = (sum(fit.points[i] for fit in told.fits.values()) for i in (0, 1))
    rest = ""
    if settings.tolerance is not None and measured < total:
        rest = (
            f" for {total:,} points (the others are estimated to {settings.tolerance:.2g} of their "
            "value, up to ten times the loss at the center)"
        )
    return (
        f"Images: {told.task.name}, {settings.image_size} pixels a side. {len(told.task.normal):,} "
        f"normal images, of which {first.held_out:.0%} are held out of each training; "
        f"{int((labels == 0).sum()):,} normal and {int(labels.sum()):,} anomalous test images.\n\n"
        f"Models: convolutional autoencoders of {first.model.depth} + {first.model.depth} layers. "
        f"Samples are matched, steps are not: {steps}.\n\nSurfaces: {measured:,} evaluations{rest} "
        f"on {settings.samples} training images or as many as there are; both losses from one "
        "forward pass. Directions are filter-normalized Gaussians, the same for all models; "
        "BatchNorm statistics are frozen. All settings stand below."
    )
