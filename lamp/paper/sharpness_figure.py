"""The picture of sharpness and detection: ratios, pairs, and what training for sharpness does."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lamp.paper.forest import draw_curves
from lamp.statistics import Arms, line
from lamp.statistics.paired import Array
from landscape.figures import HouseFigure, house_style
from landscape.figures.style import GREY, INK, LINE_COLORS, PAGE

_RATIOS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.4, 1.6, 2, 3)
_ROOM = 0.1  # between two ticks, as a part of the axis
_EDGE = 0.01  # share of points beyond the limits of the middle panel


def draw_sharpness(radius: Arms, pairs: pd.DataFrame, follows: Mapping[str, Arms]) -> Figure:
    """Draw ratios of radii, pairs of models, and L2 trained to be sharper or flatter.

    Args:
        radius: Logarithm of the radius, by loss and batch size.
        pairs: As `sharpness_and_gain` returns them.
        follows: Radius and AUROC of L2 by the distance of its gradients.

    Returns:
        The figure.
    """
    losses = list(dict.fromkeys(pairs["loss"]))
    colors = dict(zip(losses, LINE_COLORS[1:], strict=False))
    with house_style():
        figure = HouseFigure(figsize=(PAGE, 2.7), layout="constrained")
        left, middle, right = figure.subplots(1, 3)
        known = radius.effects[~radius.effects["low"].isna()]
        known = known[2 * known["groups"] > known["groups"].max()]  # of most digits, not of two
        draw_curves(
            left, known, arm="loss", x="batch_size", label="radius / that of L2", colors=colors
        )
        left.set_yticks(*_ticks(left.get_ylim()))
        left.set_xlabel("training batch size")
        _draw_pairs(middle, pairs, colors)
        _draw_intervention(right, follows)
        handles = left.get_legend_handles_labels()
        figure.legend(*handles, frameon=False, loc="outside upper center", ncols=len(losses))
    return figure


def _ticks(limits: Sequence[float]) -> tuple[Array, list[str]]:
    """Return places and labels of ratios on an axis of logarithms."""
    shown = _inside(limits)
    return np.log(shown), [f"{ratio:g}" for ratio in shown]


def _inside(limits: Sequence[float]) -> list[float]:
    """Return round ratios whose logarithms are within limits, 1 first and then what has room."""
    low, high = limits
    shown: list[float] = []
    for ratio in sorted(_RATIOS, key=lambda each: abs(np.log(each))):
        apart = [abs(np.log(ratio / other)) for other in shown]
        if low <= np.log(ratio) <= high and min(apart, default=high - low) > _ROOM * (high - low):
            shown.append(ratio)
    return sorted(shown)


def _draw_pairs(ax: Axes, pairs: pd.DataFrame, colors: Mapping[str, str]) -> None:
    """Draw the change of AUROC over that of the radius, with the mean line of each loss."""
    known = pairs.dropna(subset=["radius", "auroc"])
    if not known.empty:
        limits = known[["radius", "auroc"]].quantile([_EDGE, 1 - _EDGE])
        for loss, own in known.groupby("loss", sort=False):
            ax.scatter(own["radius"], own["auroc"], s=5, lw=0, alpha=0.5, color=colors[loss])
            if fitted := line(own, "radius", "auroc"):
                heights = fitted.at_zero.value + fitted.slope.value * limits["radius"]
                ax.plot(limits["radius"], heights, color=colors[loss], lw=1.2)
        ax.set(xlim=limits["radius"], ylim=limits["auroc"])
    _finish(ax, "radius / that of L2", "AUROC minus that of L2")


def _draw_intervention(ax: Axes, follows: Mapping[str, Arms]) -> None:
    """Draw change of AUROC over change of radius, one cross for each distance of the gradients."""
    for _, area in follows["auroc"].effects.iterrows():
        radius = follows["radius"].effect(area["sam_radius"], area["loss"])
        if radius is None:
            continue
        ax.hlines(area["value"], radius["low"], radius["high"], color=INK, lw=1.6)
        ax.vlines(radius["value"], area["low"], area["high"], color=INK, lw=1.6)
        text = f"{area['sam_radius']:+g}".replace("-", "−")
        ax.annotate(
            text, (radius["value"], area["value"]), (4, 4), textcoords="offset points",
            fontsize=6.5, color=INK,
        )  # fmt: skip
    _finish(ax, "L2 by SAM: radius / plain", "AUROC minus plain")


def _finish(ax: Axes, x: str, y: str) -> None:
    """Cross the axes where nothing changes, and label them, the horizontal one with ratios."""
    ax.axhline(0, color=GREY, lw=0.8, zorder=0)
    ax.axvline(0, color=GREY, lw=0.8, zorder=0)
    ax.set_xticks(*_ticks(ax.get_xlim()))
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.spines[["top", "right"]].set_visible(False)
