"""The pictures of a study: contours, surfaces in 3-D, sharpness and AUROC, reconstructions."""

import textwrap
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import nn

from lamp.experiments import Task
from lamp.experiments.lens import COMMON, OWN
from lamp.figures import Examples, draw_reconstructions
from lamp.models import mode
from lamp.paper.fig2 import draw_loss_curves
from lamp.study.models import Fit, Fits, Surfaces
from landscape.figures import HouseFigure, draw_contours, draw_surfaces, explore_pair, house_style
from landscape.figures.style import LINE_COLORS, PAGE
from landscape.surface import Surface

_ROW = 14  # letters in a line of the name of a row
_MARKERS = "osD^v*"
_MOST = 3  # surfaces in 3-D side by side; more are too small to be read
_NORMAL, _ANOMALOUS = 4, 6  # images whose reconstructions are shown


def draw_all(
    fits: Fits,
    surfaces: Surfaces,
    losses: Sequence[str],
    sizes: Sequence[int],
    models: dict[str, nn.Module],
    task: Task,
) -> dict[str, Figure]:
    """Draw the static figures.

    Args:
        fits: What came of every training.
        surfaces: Of the same models.
        losses: Their titles, in order.
        sizes: Batch sizes, in order.
        models: One trained model for each loss, whose reconstructions are shown.
        task: The images.

    Returns:
        Figures by the names of their files.
    """
    return {
        "contours_common": contour_matrix(surfaces, losses, sizes, metric=COMMON),
        "contours_own": contour_matrix(surfaces, losses, sizes, metric=OWN),
        "surfaces": _surfaces(surfaces, losses, sizes),
        "sharpness_and_detection": sharpness_and_detection(fits, losses, sizes),
        "reconstructions": reconstructions(models, task),
        "loss_curves": draw_loss_curves(),
    }


def contour_matrix(
    surfaces: Surfaces, losses: Sequence[str], sizes: Sequence[int], *, metric: str
) -> Figure:
    """Draw loss x batch size at equal levels, as the paper's Fig. 3: first seed, first plane."""
    return draw_contours(
        [[surfaces.get((loss, size, 0)) for size in sizes] for loss in losses],
        rows=[textwrap.fill(loss, _ROW) for loss in losses],
        columns=[f"batch size {size}" for size in sizes],
        metric=metric,
    )


def interactive(surfaces: Surfaces, losses: Sequence[str], sizes: Sequence[int]) -> go.Figure:
    """Draw the first losses' surfaces at the middle batch size, to be turned together."""
    shown = _side_by_side(surfaces, losses, sizes)
    return explore_pair(list(shown.values()), list(shown), metric=COMMON)


def middle(sizes: Sequence[int]) -> int:
    """Return the batch size of what is shown of one batch size only.

    Example:
        >>> middle([128, 4, 16])
        16
    """
    return sorted(sizes)[len(sizes) // 2]


def _surfaces(surfaces: Surfaces, losses: Sequence[str], sizes: Sequence[int]) -> Figure:
    """Draw the same surfaces for paper, as its Fig. 1."""
    shown = _side_by_side(surfaces, losses, sizes)
    return draw_surfaces(list(shown.values()), titles=list(shown), metric=COMMON)


def _side_by_side(
    surfaces: Surfaces, losses: Sequence[str], sizes: Sequence[int]
) -> dict[str, Surface]:
    """Choose the surfaces that are drawn in 3-D, all of one batch size."""
    found = {loss: surfaces.get((loss, middle(sizes), 0)) for loss in losses}
    present = {loss: surface for loss, surface in found.items() if surface is not None}
    return dict(list(present.items())[:_MOST])


def sharpness_and_detection(fits: Fits, losses: Sequence[str], sizes: Sequence[int]) -> Figure:
    """Draw doubling radius and AUROC of every model over the batch sizes.

    On the left a point for each plane, hollow where it is a lower bound, and a bar for the mean of
    each model; on the right a point for each model. Colors are used again with another marker.
    """
    with house_style():
        figure = HouseFigure(figsize=(PAGE, 2.7 + 0.2 * (len(losses) // 3)), layout="constrained")
        radius, area = figure.subplots(1, 2)
        step = 0.8 / len(losses)
        for index, loss in enumerate(losses):
            color = LINE_COLORS[index % len(LINE_COLORS)]
            marker = _MARKERS[index // len(LINE_COLORS) % len(_MARKERS)]
            shift = (index - (len(losses) - 1) / 2) * step
            label: str | None = loss
            for place, size in enumerate(sizes):
                own = [fit for (name, b, _), fit in fits.items() if (name, b) == (loss, size)]
                at = _spread(place + shift, len(own), 0.8 * step)
                for x, fit in zip(at, own, strict=True):
                    _draw_planes(radius, fit, x, 0.8 * step / len(own), color, marker)
                area.scatter(
                    at, [f.auroc for f in own], color=color, marker=marker, s=20, label=label
                )
                label = None
        radius.set_ylabel("radius where the L2 loss doubles\n(filter norms)")
        radius.set_ylim(bottom=0)
        area.set_ylabel("AUROC")
        for ax in (radius, area):
            ax.set_xticks(range(len(sizes)), map(str, sizes))
            ax.set_xlabel("training batch size")
            ax.set_xlim(-0.5, len(sizes) - 0.5)
            ax.spines[["top", "right"]].set_visible(False)
        figure.legend(loc="outside upper left", ncols=min(3, len(losses)))
    return figure


def _draw_planes(ax: Axes, fit: Fit, x: float, width: float, color: str, marker: str) -> None:
    """Draw the doubling radius of each plane, and the mean of a model."""
    radius = fit.common["radius_mean"]
    planes = np.array(radius.per_plane)
    faces = ["none" if bound else color for bound in radius.bounds]
    at = _spread(x, planes.size, 0.6 * width)
    ax.scatter(at, planes, s=7, alpha=0.6, lw=0.5, fc=faces, ec=color, marker=marker)
    ax.hlines(radius.value, x - 0.4 * width, x + 0.4 * width, color=color, lw=2)


def _spread(center: float, number: int, width: float) -> list[float]:
    """Place points side by side around a center, within a width."""
    return [center + width * ((index + 0.5) / number - 0.5) for index in range(number)]


def reconstructions(models: dict[str, nn.Module], task: Task) -> Figure:
    """Draw test images as they come and what the models make of them, as the paper's Fig. 4.

    Args:
        models: By the title of their loss.
        task: Whose first normal and anomalous test images are shown.

    Returns:
        The figure: columns are images; rows the input, each reconstruction, and what is left.
    """
    assert task.test is not None
    assert task.labels is not None
    kinds = {"normal": (0, _NORMAL), "anomalous": (1, _ANOMALOUS)}
    chosen = {k: torch.nonzero(task.labels == label)[:n, 0] for k, (label, n) in kinds.items()}
    images = task.test[torch.cat(list(chosen.values()))]
    made = {}
    for title, model in models.items():
        with mode(model, training=False), torch.no_grad():
            made[textwrap.fill(title, _ROW)] = model(images).numpy()
    rest = np.abs(np.stack([images.numpy() - picture for picture in made.values()]))
    examples = Examples(
        titles=[kind for kind, places in chosen.items() for _ in places],
        images=images.numpy(),
        reconstructions=made,
        masks=[None] * len(images),
    )
    return draw_reconstructions(examples, residual=max(float(np.quantile(rest, 0.99)), 1e-3))
