"""The page of a study: its pictures, tables and conclusions, in one offline file."""

import importlib.metadata
import math
import platform
import re
import shlex
import sys
from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from lamp.data import OneVsRest
from lamp.reproduce import draw_loss_curves
from lamp.study import figures
from lamp.study.conclusion import conclusions
from lamp.study.results import Pairing, Results
from lamp.study.settings import Run, StudySettings, loss_title
from lamp.study.surfaces import COMMON, OWN
from lamp.study.trainings import Folder, load_model
from landscape.figures import (
    Bullets,
    Estimate,
    Interactive,
    Page,
    Picture,
    Prose,
    Section,
    Table,
    save_figure,
    write_report,
)
from landscape.measures import Interval, Statistic
from landscape.surface import Surface

_SCALE_FREE = {
    "radius_mean": "doubling radius",
    "flat_area": "area below 2×",
    "curvature_mean_relative": "mean curvature / f₀",
    "mean_excess_relative": "mean excess / f₀",
    "asymmetry": "asymmetry",
    "quadratic_fit": "R²",
}
_RAW = {
    "radius_mean_rise": "radius without worst pixel",
    "curvature_mean": "mean curvature",
    "mean_excess": "mean excess",
    "epsilon_sharpness": "ε-sharpness",
    "minimum_offset": "offset of minimum",
}

_HOW_TO_READ = """\
A panel shows one random plane through the trained parameters. The axes are in filter norms: at 1, \
every filter has moved by its own length (Li et al. 2018).
Levels are multiples of the loss at each model's own center. The bold contour is where the loss \
doubles; the smaller its radius, the sharper the landscape.
A common lens means: all models are evaluated under plain L2, whatever they were trained with. An \
amplified loss in its own units has denser contours even where nothing changed.
Scale-free statistics do not change when a loss is multiplied by a constant; raw ones do. Only the \
former compare models.
One plane is one draw. Intervals are 95 % t-intervals; what they range over is said at each table.\
"""


def write_study_report(
    folder: Folder,
    results: Results,
    surfaces: Mapping[Run, Surface],
    task: OneVsRest,
    *,
    seconds: float,
) -> None:
    """Draw all figures into files, and write the page.

    Args:
        folder: Where.
        results: The numbers.
        surfaces: The surface of each run.
        task: The images.
        seconds: How long the study took.
    """
    settings = results.settings
    drawn = _draw(folder, results, surfaces, task)
    provenance = _provenance(results, surfaces, seconds)
    for name, figure in drawn.items():
        for suffix in (".pdf", ".png", ".svg"):
            save_figure(
                figure,
                folder.figures / f"{name}{suffix}",
                metadata={"title": name.replace("_", " "), **provenance},
            )
    compared = " and ".join(loss_title(loss) for loss in settings.losses)
    page = Page(
        kicker="LAMP study",
        title=f"Loss landscapes of autoencoders trained with {compared}",
        lede=" ".join(conclusions(results)),
        sections=[
            _landscapes(settings, drawn, surfaces),
            _sharpness(results, drawn),
            _detection(results, drawn),
            Section(
                "The losses",
                [
                    Picture(
                        drawn["loss_curves"],
                        "The paper's Fig. 2: base losses (dashed) and their amplified versions, "
                        "with the gradients beside them, for an element with M = 1.",
                    )
                ],
            ),
            Section("How to read this", [Bullets(_HOW_TO_READ.splitlines())]),
            Section("What was run", [Prose(_what_was_run(settings, task))]),
        ],
        provenance=provenance,
    )
    write_report(folder.report, page)


def _draw(
    folder: Folder, results: Results, surfaces: Mapping[Run, Surface], task: OneVsRest
) -> dict[str, Figure]:
    """Draw the static figures by the names of their files."""
    settings = results.settings
    size = figures.pair_batch_size(settings)
    models = {
        loss: load_model(folder, Run(loss=loss, batch_size=size, seed=0))
        for loss in settings.losses
    }
    return {
        "contours_common": figures.contour_matrix(settings, surfaces, metric=COMMON),
        "contours_own": figures.contour_matrix(settings, surfaces, metric=OWN),
        "surfaces": figures.pair_of_surfaces(settings, surfaces),
        "sharpness_and_detection": figures.sharpness_and_detection(results),
        "reconstructions": figures.reconstructions(settings, models, task),
        "loss_curves": draw_loss_curves(),
    }


def _landscapes(
    settings: StudySettings, drawn: Mapping[str, Figure], surfaces: Mapping[Run, Surface]
) -> Section:
    """Show the contour matrices and the 3-D pair."""
    which = f"First seed of {settings.seeds}, first plane of {settings.planes}."
    size = figures.pair_batch_size(settings)
    return Section(
        "The landscapes",
        [
            Picture(
                drawn["contours_common"],
                f"All models under the same plain L2 loss, at equal levels; the paper's Fig. 3 "
                f"under a common lens. {which}",
            ),
            Interactive(
                figures.interactive_pair(settings, surfaces),
                f"The same surfaces at batch size {size}, with equal heights; the paper's Fig. 1. "
                "Drag to turn both, point to read.",
            ),
            Picture(
                drawn["contours_own"],
                f"The same planes, each model under the loss that it was trained with, in "
                f"multiples of that loss at the center. Panels in different units: they show each "
                f"loss as its own training saw it and do not compare models. {which}",
            ),
        ],
    )


def _sharpness(results: Results, drawn: Mapping[str, Figure]) -> Section:
    """Tabulate the statistics of every model."""
    planes = results.settings.planes
    over = f"95 % intervals over {planes} planes" if planes > 1 else "one plane: no intervals"
    return Section(
        "Sharpness and detection",
        [
            Picture(
                drawn["sharpness_and_detection"],
                "Left: radius where the plain L2 loss doubles; a small point is a plane, a bar "
                "the mean of one model. Right: AUROC of the L2 anomaly score; a point is a model.",
            ),
            _statistics_table(
                results, _SCALE_FREE, f"Scale-free sharpness under the common lens; {over}."
            ),
            _statistics_table(
                results, _RAW, f"Raw sharpness under the common lens, in units of L2; {over}."
            ),
        ],
    )


def _statistics_table(results: Results, names: Mapping[str, str], caption: str) -> Table:
    """Tabulate statistics, one row a model."""
    notes: dict[str, set[str]] = {}
    for outcome in results.outcomes.values():
        for key, title in names.items():
            if outcome.common[key].note:
                text = re.sub(r"^planes? [\d, ]+: ", "", outcome.common[key].note)
                notes.setdefault(text, set()).add(title)
    remarks = [
        f"Somewhere in {', '.join(sorted(titles))}: {note}." for note, titles in notes.items()
    ]
    first = next(iter(results.outcomes.values())).common
    return Table(
        columns=["model", "L2 at center", *names.values()],
        units=["", "", *("" if first[key].unit == "1" else first[key].unit for key in names)],
        rows=[
            [
                _model(outcome.run, results.settings),
                Estimate(value=outcome.common.center),
                *(_estimate(outcome.common[key]) for key in names),
            ]
            for outcome in results.outcomes.values()
        ],
        caption=" ".join([caption, *remarks]),
        digits=2,
    )


def _model(run: Run, settings: StudySettings) -> str:
    """Name a model in a table."""
    seed = f", seed {run.seed}" if settings.seeds > 1 else ""
    return f"{loss_title(run.loss)}, {run.batch_size}{seed}"


def _estimate(number: Statistic | Interval) -> Estimate | None:
    """Turn a number with an interval into a cell of a table."""
    if math.isnan(number.value):
        return None
    if math.isnan(number.low):
        return Estimate(value=number.value)
    return Estimate(value=number.value, low=number.low, high=number.high)


def _detection(results: Results, drawn: Mapping[str, Figure]) -> Section:
    """Tabulate AUROC and paired differences."""
    size = figures.pair_batch_size(results.settings)
    return Section(
        "Paired differences",
        [
            Table(
                columns=[
                    "loss, batch size",
                    "AUROC",
                    "AUROC of reference",
                    "difference",
                    "ratio of doubling radii",
                    "ratio without worst pixel",
                    "worst pixel's share",
                    "in reference",
                ],
                units=["", "", "", "", "", "", "%", "%"],
                rows=[_pairing_row(pairing, results) for pairing in results.pairings],
                caption=(
                    f"Each loss against the reference, {loss_title(results.settings.losses[0])}. "
                    "AUROC of the L2 anomaly score on the test images, and its paired difference. "
                    "Ratio of the doubling radii under the common lens: below 1 where the loss is "
                    "sharper. Share of the worst pixel in the center loss: under the loss, and "
                    f"under the reference. {_intervals(results)}"
                ),
            ),
            Prose(
                "The worst pixel. With the maximum of Eq. 2 differentiated, LAMP pushes the worst "
                "pixel of an image up: a model can give one pixel away, so that the maximum is "
                "about 1 and all other pixels see nearly the plain loss. That pixel adds the same "
                "amount to the L2 loss at every point, which lengthens the doubling radius without "
                "making the landscape flatter. The ratio without it asks where the loss has risen "
                "by its center value less the worst pixel of each image."
            ),
            Picture(
                drawn["reconstructions"],
                f"Test images as they come, and reconstructions of the models trained at batch "
                f"size {size}, first seed.",
            ),
        ],
    )


def _pairing_row(pairing: Pairing, results: Results) -> list[Any]:
    """Write the difference between two losses."""
    sizes = results.settings.batch_sizes if pairing.batch_size is None else (pairing.batch_size,)
    means = []
    for loss in (pairing.loss, pairing.reference):
        found = [outcome.auroc for size in sizes for outcome in results.of(loss, size)]
        means.append(sum(found) / len(found))
    name = "all" if pairing.batch_size is None else str(pairing.batch_size)
    return [
        f"{loss_title(pairing.loss)}, {name}",
        *means,
        _estimate(pairing.auroc),
        _ratio(pairing.log_radius),
        _ratio(pairing.log_radius_rest),
        *(round(100 * share) for share in pairing.worst_pixel),
    ]


def _intervals(results: Results) -> str:
    """Say what the intervals of the paired differences range over."""
    pooled = (
        "Models of a pair share initial weights and order of images; pairs of one seed share them "
        "across batch sizes too, so that intervals over all batch sizes are somewhat too narrow."
    )
    if results.settings.seeds > 1:
        return f"95 % intervals are over pairs of models. {pooled}"
    return (
        "95 % intervals: at one batch size there is one pair of models, and they are over test "
        "images (AUROC) and planes (ratios) and speak of these two models only; over all batch "
        f"sizes they are over pairs of models. {pooled}"
    )


def _ratio(log: Interval) -> Estimate | None:
    """Turn the interval of a log ratio into a cell with the ratio."""
    return _estimate(Interval(math.exp(log.value), math.exp(log.low), math.exp(log.high), log.n))


def _what_was_run(settings: StudySettings, task: OneVsRest) -> str:
    """Say in words what the study did."""
    steps = ", ".join(
        f"{math.ceil(settings.train_samples / size):,} at batch size {size}"
        for size in settings.batch_sizes
    )
    source = {
        "digits": "scikit-learn's 8×8 digits, enlarged to 16×16",
        "mnist": "MNIST, padded to 32×32",
    }[settings.data]
    points = settings.planes * settings.steps**2
    anomalous = int(task.labels.sum())
    return (
        f"Data: {source}. Class {settings.normal} is normal: {len(task.train):,} training images, "
        f"{len(task.labels) - anomalous:,} normal and {anomalous:,} anomalous test images.\n\n"
        f"Models: convolutional autoencoders of 4 + 4 layers, {settings.width} channels in the "
        f"first, {settings.kernel_size}×{settings.kernel_size} kernels, trained with "
        f"{settings.optimizer.title()} at a learning rate of {settings.learning_rate:g} on "
        f"{settings.train_samples:,} images seen. Samples are matched, steps are not: {steps}. "
        f"LAMP: ε = {settings.epsilon:g}, scale “{settings.scale}”, maximum "
        f"{'not ' if settings.detach else ''}differentiated.\n\n"
        f"Surfaces: {settings.planes} planes of {settings.steps} × {settings.steps} points for "
        f"each model, {points * len(list(settings.runs())):,} evaluations in all, each on the "
        f"first {min(settings.samples, len(task.train))} training images; both lenses from one "
        f"forward pass. Directions are filter-normalized Gaussians from seed "
        f"{settings.direction_seed}, the same for all models; BatchNorm statistics are frozen."
    )


def _provenance(
    results: Results, surfaces: Mapping[Run, Surface], seconds: float
) -> dict[str, Any]:
    """Collect how the page came to be."""
    config = next(iter(surfaces.values())).metadata["config"]
    versions = {
        name: importlib.metadata.version(name) for name in ("lamp-landscape", "torch", "numpy")
    }
    return {
        "command": shlex.join(sys.argv),
        **{key: str(value) for key, value in results.settings.model_dump().items()},
        "images evaluated (SHA-256)": config["data"],
        **versions,
        "python": platform.python_version(),
        "seconds of the last run": round(seconds, 1),
    }
