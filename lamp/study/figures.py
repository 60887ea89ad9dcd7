"""The pictures of a study: contour matrix, 3-D pair, radii and AUROC, reconstructions."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lamp.data import OneVsRest
from lamp.experiments.lens import COMMON
from lamp.models import Autoencoder
from lamp.study.results import Outcome, Results
from lamp.study.settings import LossName, Run, StudySettings, loss_title
from landscape.figures import HouseFigure, draw_contours, draw_surfaces, explore_pair, house_style
from landscape.surface import Surface

_COLORS = ("#1f3b73", "#d1495b", "#5b8e7d", "#8a6fb3")
"""One for each loss, told apart by color-blind readers too."""

Surfaces = Mapping[Run, Surface]


def contour_matrix(settings: StudySettings, surfaces: Surfaces, *, metric: str) -> Figure:
    """Draw loss x batch size at equal levels, as the paper's Fig. 3: first seed, first plane.

    Args:
        settings: The study.
        surfaces: Of all runs.
        metric: The common lens, or each model's own loss.

    Returns:
        The figure.
    """
    matrix = [
        [surfaces[Run(loss=loss, batch_size=size, seed=0)] for size in settings.batch_sizes]
        for loss in settings.losses
    ]
    return draw_contours(
        matrix,
        rows=[loss_title(loss) for loss in settings.losses],
        columns=[f"batch size {size}" for size in settings.batch_sizes],
        metric=metric,
    )


def pair_of_surfaces(settings: StudySettings, surfaces: Surfaces) -> Figure:
    """Draw 3-D surfaces of all losses at one batch size, as the paper's Fig. 1."""
    found, titles = _pair(settings, surfaces)
    return draw_surfaces(found, titles=titles, metric=COMMON)


def interactive_pair(settings: StudySettings, surfaces: Surfaces) -> go.Figure:
    """Draw the same surfaces to be turned together."""
    found, titles = _pair(settings, surfaces)
    return explore_pair(found, titles, metric=COMMON)


def pair_batch_size(settings: StudySettings) -> int:
    """Return the batch size of the 3-D pair: the middle one of the study."""
    return sorted(settings.batch_sizes)[len(settings.batch_sizes) // 2]


def _pair(settings: StudySettings, surfaces: Surfaces) -> tuple[list[Surface], list[str]]:
    """Return the surfaces of all losses at one batch size, and their titles."""
    size = pair_batch_size(settings)
    runs = [Run(loss=loss, batch_size=size, seed=0) for loss in settings.losses]
    return [surfaces[run] for run in runs], [loss_title(run.loss) for run in runs]


def sharpness_and_detection(results: Results) -> Figure:
    """Draw doubling radius and AUROC of every model over the batch sizes.

    Args:
        results: The numbers.

    Returns:
        The figure: on the left a point for each plane and a bar for the mean of each model; on
        the right a point for each model.
    """
    settings = results.settings
    with house_style():
        figure = HouseFigure(figsize=(7.0, 2.6), layout="constrained")
        radius, area = figure.subplots(1, 2)
        for index, loss in enumerate(settings.losses):
            shift = (index - (len(settings.losses) - 1) / 2) * 0.24
            for place, size in enumerate(settings.batch_sizes):
                outcomes = results.of(loss, size)
                _draw_planes(radius, outcomes, place + shift, _COLORS[index])
                area.scatter(
                    _spread(place + shift, len(outcomes), 0.1),
                    [outcome.auroc for outcome in outcomes],
                    color=_COLORS[index],
                    s=26,
                    label=loss_title(loss) if place == 0 else None,
                )
        radius.set_ylabel("radius where the L2 loss doubles\n(filter norms)")
        radius.set_ylim(bottom=0)
        area.set_ylabel("AUROC")
        for ax in (radius, area):
            ax.set_xticks(range(len(settings.batch_sizes)), map(str, settings.batch_sizes))
            ax.set_xlabel("training batch size")
            ax.set_xlim(-0.5, len(settings.batch_sizes) - 0.5)
            ax.spines[["top", "right"]].set_visible(False)
        figure.legend(frameon=False, loc="outside upper right", ncols=len(settings.losses))
    return figure


def _draw_planes(ax: Axes, outcomes: Sequence[Outcome], place: float, color: str) -> None:
    """Draw the doubling radius of each plane, and the mean of each model."""
    for x, outcome in zip(_spread(place, len(outcomes), 0.1), outcomes, strict=True):
        statistic = outcome.common["radius_mean"]
        planes = np.array(statistic.per_plane)
        # Hollow: the loss does not double inside the grid along some rays.
        face = "none" if statistic.is_bound else color
        ax.scatter(_spread(x, planes.size, 0.02), planes, s=7, alpha=0.6, lw=0.5, fc=face, ec=color)
        ax.hlines(statistic.value, x - 0.045, x + 0.045, color=color, lw=2)


def _spread(center: float, count: int, step: float) -> list[float]:
    """Place points side by side round a center."""
    return [center + step * (index - (count - 1) / 2) for index in range(count)]


def reconstructions(
    settings: StudySettings, models: Mapping[LossName, Autoencoder], task: OneVsRest
) -> Figure:
    """Draw test images and what the models make of them, as the paper's Fig. 4.

    The first images of the test set: four normal, and one of each of the first six other classes
    as they come.

    Args:
        settings: The study.
        models: One trained model for each loss, of one batch size and seed.
        task: The images.

    Returns:
        The figure: columns are images, rows the input and each model's reconstruction.
    """
    normal = torch.nonzero(task.labels == 0).flatten()[:4]
    anomalous = torch.nonzero(task.labels == 1).flatten()[:6]
    images = task.test[torch.cat([normal, anomalous])]
    rows = {"input": images}
    for loss, model in models.items():
        with torch.no_grad():
            rows[loss_title(loss)] = model.eval()(images)
    with house_style():
        figure = HouseFigure(figsize=(7.0, 0.78 * len(rows) + 0.3))
        grid = figure.subplots(
            len(rows),
            len(images) + 1,
            squeeze=False,
            gridspec_kw={
                "wspace": 0.06,
                "hspace": 0.06,
                "left": 0.1,
                "right": 1,
                "top": 0.88,
                "bottom": 0.01,
                "width_ratios": [1] * len(normal) + [0.25] + [1] * len(anomalous),
            },
        )
        for axes, (name, pictures) in zip(grid, rows.items(), strict=True):
            cells = [ax for index, ax in enumerate(axes) if index != len(normal)]
            axes[len(normal)].set_axis_off()
            for ax, picture in zip(cells, pictures, strict=True):
                ax.imshow(picture[0].numpy(), cmap="gray", vmin=0, vmax=1)
                ax.set_xticks([])
                ax.set_yticks([])
                ax.spines[:].set_visible(False)
            axes[0].set_ylabel(name, rotation=0, ha="right", va="center")
        grid[0][0].set_title(f"normal ({settings.normal})", loc="left")
        grid[0][len(normal) + 1].set_title("anomalous", loc="left")
    return figure
