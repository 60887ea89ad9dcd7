"""The pictures of a study: contours, surfaces in 3-D, sharpness and AUROC, reconstructions."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from torch import nn

from lamp.experiments import Task
from lamp.experiments.lens import COMMON, OWN
from lamp.figures import Examples, draw_reconstructions
from lamp.models import mode
from lamp.paper.fig2 import draw_loss_curves
from lamp.study.models import Fit, Fits, Surfaces
from landscape.figures import (
    Explorer,
    HouseFigure,
    draw_contours,
    draw_surfaces,
    explore,
    house_style,
)
from landscape.figures.style import LINE_COLORS, PAGE

_ROW = 11  # letters in a line of the name of a row
_MARKERS = "osD^v*"
_SOLID = 3  # surfaces in 3-D side by side; more are too small to be read
_EXPLORED = 6  # models in one page to explore; more are slow to turn, and small
_SHOWN = (4, 6)  # normal and anomalous images whose reconstructions are drawn


def draw_all(
    fits: Fits,
    surfaces: Surfaces,
    losses: Sequence[str],
    sizes: Sequence[int],
    models: Mapping[str, nn.Module],
    task: Task,
) -> tuple[dict[str, Figure], Explorer]:
    """Draw everything.

    Args:
        fits: What came of every training.
        surfaces: Of the same models.
        losses: Their titles, in order.
        sizes: Batch sizes, in order.
        models: Trained models of `example`, by loss.
        task: The images.

    Returns:
        Static figures by the names of their files, and a page to explore the surfaces.
    """
    size, seed = example(fits)
    # As in the paper's Fig. 1, of one batch size.
    solid = {loss: surfaces[loss, size, seed] for loss in list(models)[:_SOLID]}
    static = {
        "contours_common": contour_matrix(surfaces, losses, sizes, seed=seed, metric=COMMON),
        "contours_own": contour_matrix(surfaces, losses, sizes, seed=seed, metric=OWN),
        "surfaces": draw_surfaces(list(solid.values()), titles=list(solid), metric=COMMON).figure,
        "sharpness_and_detection": sharpness_and_detection(fits, losses, sizes),
        "reconstructions": reconstructions(models, task),
        "loss_curves": draw_loss_curves(),
    }
    return static, explore_models(surfaces, losses, sizes, seed=seed)


def explore_models(
    surfaces: Surfaces, losses: Sequence[str], sizes: Sequence[int], *, seed: int
) -> Explorer:
    """Make one page of all models of a seed, or of its first few losses and batch sizes."""
    rows = [loss for loss in losses if any((loss, size, seed) in surfaces for size in sizes)]
    rows = rows[:_EXPLORED]
    there = [size for size in sizes if any((loss, size, seed) in surfaces for loss in rows)]
    shown = {
        f"{loss}, {size}": surfaces[loss, size, seed]
        for loss in rows
        for size in there[: max(1, _EXPLORED // len(rows))]
        if (loss, size, seed) in surfaces
    }
    return explore(list(shown.values()), list(shown))


def example(fits: Fits) -> tuple[int, int]:
    """Choose what is shown of one batch size and seed only: the middle size of the first seed."""
    seed = min(place[2] for place in fits)
    sizes = sorted({size for _, size, own in fits if own == seed})
    return sizes[len(sizes) // 2], seed


def contour_matrix(
    surfaces: Surfaces, losses: Sequence[str], sizes: Sequence[int], *, seed: int, metric: str
) -> Figure:
    """Draw loss x batch size at equal levels, as the paper's Fig. 3: one seed, first plane."""
    return draw_contours(
        [[surfaces.get((loss, size, seed)) for size in sizes] for loss in losses],
        rows=losses,
        columns=[f"batch size {size}" for size in sizes],
        metric=metric,
        width=min(PAGE, 1.3 + 2 * len(sizes)),
    ).figure


def sharpness_and_detection(fits: Fits, losses: Sequence[str], sizes: Sequence[int]) -> Figure:
    """Draw doubling radius and AUROC of every model over the batch sizes.

    On the left a point for each plane, hollow where it is a lower bound, and a bar for the mean of
    each model; on the right a point for each model. Colors are used again with another marker.
    """
    lines = -(-len(losses) // 3)
    with house_style():
        figure = HouseFigure(figsize=(PAGE, 2.5 + 0.2 * lines), layout="constrained")
        radius, area = figure.subplots(1, 2)
        step = 0.8 / len(losses)
        for index, loss in enumerate(losses):
            marker = _MARKERS[index // len(LINE_COLORS) % len(_MARKERS)]
            style = {"color": LINE_COLORS[index % len(LINE_COLORS)], "marker": marker}
            area.scatter([], [], s=20, label=loss, **style)
            for place, size in enumerate(sizes):
                own = [fit for key, fit in fits.items() if key[:2] == (loss, size)]
                at = _spread(place + (index - (len(losses) - 1) / 2) * step, len(own), 0.8 * step)
                area.scatter(at, [fit.auroc for fit in own], s=20, **style)
                for x, fit in zip(at, own, strict=True):
                    _draw_planes(radius, fit, x, 0.8 * step / len(own), **style)
        radius.set_ylabel("radius where the L2 loss doubles\n(filter norms)")
        radius.set_ylim(0, 1.06 * radius.get_ylim()[1])
        area.set_ylabel("AUROC")
        for ax in (radius, area):
            ax.set_xticks(range(len(sizes)), map(str, sizes))
            ax.set_xlabel("training batch size")
            ax.set_xlim(-0.5, len(sizes) - 0.5)
            ax.spines[["top", "right"]].set_visible(False)
        figure.legend(loc="outside upper center", ncols=min(3, len(losses)))
    return figure


def _draw_planes(ax: Axes, fit: Fit, x: float, width: float, *, color: str, marker: str) -> None:
    """Draw the doubling radius of each plane, and the mean of a model."""
    radius = fit.common["radius_mean"]
    at = _spread(x, len(radius.per_plane), 0.6 * width)
    faces = [to_rgba(color, 0.0 if bound else 0.6) for bound in radius.bounds]
    ax.scatter(at, radius.per_plane, s=7, lw=0.5, fc=faces, ec=color, marker=marker)
    ax.hlines(radius.value, x - 0.4 * width, x + 0.4 * width, color=color, lw=2)


def _spread(center: float, number: int, width: float) -> list[float]:
    """Place points side by side around a center, within a width."""
    return [center + width * ((index + 0.5) / number - 0.5) for index in range(number)]


def reconstructions(models: Mapping[str, nn.Module], task: Task) -> Figure:
    """Draw the first normal and anomalous test images and what models make of them, as Fig. 4.

    Args:
        models: By the title of their loss.
        task: Whose test images are shown.

    Returns:
        The figure: columns are images; rows the input, each reconstruction, and what is left.
    """
    assert task.test is not None
    assert task.labels is not None
    places = [torch.nonzero(task.labels == label)[: _SHOWN[label], 0] for label in (0, 1)]
    images = task.test[torch.cat(places)]
    made = {}
    for title, model in models.items():
        with mode(model, training=False), torch.no_grad():
            made[textwrap.fill(title, _ROW)] = model(images).numpy()
    left = np.abs(np.stack([images.numpy() - each for each in made.values()]))
    examples = Examples(
        titles=["normal"] * len(places[0]) + ["anomalous"] * len(places[1]),
        images=images.numpy(),
        reconstructions=made,
        masks=[None] * len(images),
    )
    return draw_reconstructions(examples, residual=max(float(np.quantile(left, 0.99)), 1e-3))
