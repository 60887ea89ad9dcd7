"""The page of a study: its pictures, tables and conclusions, in one offline file."""

import importlib.metadata
import math
import platform
import shlex
import sys
from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from lamp.data import OneVsRest
from lamp.experiments.lens import COMMON, OWN
from lamp.pages import Bullets, Interactive, Page, Picture, Prose, Section, write_report
from lamp.paper.fig2 import draw_loss_curves
from lamp.study import figures
from lamp.study.conclusion import conclusions
from lamp.study.results import Results
from lamp.study.settings import Run, StudySettings, loss_title
from lamp.study.tables import RAW, SCALE_FREE, detection_table, sharpness_table, statistics_table
from lamp.study.trainings import Folder, load_model
from landscape.figures import save_figure
from landscape.surface import Surface

_HOW_TO_READ = """\
A panel shows one random plane through the trained parameters. The axes are in filter norms: at 1, \
every filter has moved by its own length (Li et al. 2018).
Levels are multiples of the loss at each model's own center. The bold contour is where the loss \
doubles; the smaller its radius, the sharper the landscape.
A common lens means: all models are evaluated under plain L2, whatever they were trained with. An \
amplified loss in its own units has denser contours even where nothing changed.
Scale-free statistics do not change when a loss is multiplied by a constant; raw ones do. Across \
different losses only the former compare models. Under the common lens both do, and ask different \
things: how steep the loss is in its own units, and how steep relative to its value at the center. \
A model with a higher center loss can be steeper and yet double at a longer radius.
One plane is one draw. Positive statistics are geometric means with 95 % t-intervals of their \
logarithms, signed ones means with t-intervals; what they range over is said at each table.\
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
            Section("What was run", [Prose(_what_was_run(settings, task, surfaces))]),
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
                "Left: radius where the plain L2 loss doubles; a small point is a plane, hollow "
                "where it is a lower bound, a bar the mean of one model. Right: AUROC of the L2 "
                "anomaly score; a point is a model.",
            ),
            statistics_table(
                results, SCALE_FREE, f"Scale-free sharpness under the common lens; {over}."
            ),
            statistics_table(
                results, RAW, f"Raw sharpness under the common lens, in units of L2; {over}."
            ),
        ],
    )


def _detection(results: Results, drawn: Mapping[str, Figure]) -> Section:
    """Tabulate AUROC and paired differences."""
    size = figures.pair_batch_size(results.settings)
    return Section(
        "Paired differences",
        [
            detection_table(results),
            sharpness_table(results),
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


def _what_was_run(settings: StudySettings, task: OneVsRest, surfaces: Mapping[Run, Surface]) -> str:
    """Say in words what the study did."""
    steps = ", ".join(
        f"{math.ceil(settings.train_samples / size):,} at batch size {size}"
        for size in settings.batch_sizes
    )
    source = {
        "digits": "scikit-learn's 8×8 digits, enlarged to 16×16",
        "mnist": "MNIST, padded to 32×32",
    }[settings.data]
    points = sum(surface.status.size for surface in surfaces.values())
    measured = sum(int(surface.measured.sum()) for surface in surfaces.values())
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
        f"each model, {_evaluations(settings, measured, points)}, each on the "
        f"first {min(settings.samples, len(task.train))} training images; both lenses from one "
        f"forward pass. Directions are filter-normalized Gaussians from seed "
        f"{settings.direction_seed}, the same for all models; BatchNorm statistics are frozen."
    )


def _evaluations(settings: StudySettings, measured: int, points: int) -> str:
    """Say how many points were measured, and how well the others are known."""
    if settings.tolerance is None:
        return f"{measured:,} evaluations in all"
    return (
        f"{measured:,} evaluations in all for {points:,} points: the others are estimated to "
        f"{settings.tolerance:.2g} of their value, up to ten times the loss at the center"
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
