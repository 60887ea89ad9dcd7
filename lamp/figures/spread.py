"""How the scores of each kind of image are spread, and where the threshold lies among them."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from lamp.data import NORMAL
from lamp.detection import Threshold
from landscape.errors import shown
from landscape.figures import HouseFigure, house_style
from landscape.figures.glyphs import drawable
from landscape.figures.style import GREY, INK, LINE_COLORS, PAGE, SIZES
from landscape.figures.text import AS_WRITTEN, shortened
from landscape.figures.ticks import set_log_ticks

HELD_OUT = "held-out normal"
"""Name of the scores that the threshold comes from."""

_ROW = 26.0  # points
_MARGINS = 62.0
_NAME = 150.0  # room for that of a kind


def draw_scores(
    groups: Mapping[str, ArrayLike],
    threshold: Threshold,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw every score as a dot, one line for each kind of image, on a logarithmic axis.

    Args:
        groups: Scores by kind, in order from the top; normal ones have another colour.
        threshold: Drawn as a line; at the right, how many images of each kind are above it.
        ax: Where; by default a figure of its own.

    Returns:
        The axes.

    Raises:
        ValueError: If there is no score.
    """
    values = {name: np.asarray(scores, np.float64) for name, scores in groups.items()}
    if not sum(map(len, values.values())):
        raise ValueError("expected at least one score to draw, got none")
    together = np.concatenate(list(values.values()))
    smallest = float(together.min(initial=np.inf, where=together > 0))
    smallest = smallest if np.isfinite(smallest) else 1.0
    largest = max(float(together.max()), smallest)
    with house_style():
        if ax is None:
            height = (_MARGINS + _ROW * len(values)) / 72
            ax = HouseFigure(figsize=(PAGE, height), layout="constrained").add_subplot()
        for place, (name, found) in enumerate(values.items()):
            # A score of zero has no place on a logarithmic axis: it goes to the left end.
            dots = np.maximum(found, smallest)
            (line,) = ax.plot(dots, place + _swarm(np.log(dots)), ".", ms=5, mew=0, alpha=0.65)
            line.set(color=LINE_COLORS[name not in (HELD_OUT, NORMAL)], label=name)
            _count(ax, place, found > threshold.value)
        _draw_threshold(ax, threshold)
        ax.set_xscale("log")
        set_log_ticks(ax.xaxis, largest / smallest)
        names = [shortened(drawable(shown(name)), SIZES["tick"], _NAME) for name in values]
        ax.set_yticks(range(len(values)), names, **AS_WRITTEN)
        ax.set_ylim(len(values) - 0.45, -0.55)
        ax.tick_params(axis="y", length=0)
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.set_xlabel("anomaly score (mean squared error, logarithmic)")
    return ax


def _count(ax: Axes, place: int, above: NDArray[np.bool_]) -> None:
    """Say at the right of a line how many of its images are above the threshold."""
    ax.annotate(
        f"{int(above.sum())} of {len(above)} above",
        (1.01, place),
        xycoords=("axes fraction", "data"),
        va="center",
        fontsize=SIZES["tick"],
        color=GREY,
    )


def _draw_threshold(ax: Axes, threshold: Threshold) -> None:
    """Draw the threshold and what it promises."""
    ax.axvline(threshold.value, color=INK, lw=0.9, zorder=0)
    ax.set_title(
        f"line: threshold {threshold.value:.3g}, exceeded by a normal image with probability "
        f"at most {threshold.false_alarms:.2g}",
        fontsize=SIZES["tick"],
    )


def _swarm(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move dots up and down, alternating, more where they are crowded; the same every time."""
    if len(values) < 2:
        return np.zeros(len(values))
    width = max(float(np.ptp(values)), 1e-12) / 60
    place = np.zeros(len(values))
    bins = np.floor((values - values.min()) / width).astype(int)
    most = max(int(np.bincount(bins).max()), 8)
    for cell in np.unique(bins):
        members = np.flatnonzero(bins == cell)
        steps = (np.arange(len(members)) + 1) // 2 * (-1) ** np.arange(len(members))
        place[members] = steps * 0.76 / most
    return place
