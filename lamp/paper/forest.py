"""Two pictures of effects: one row each with all tasks as dots, and curves over a number."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lamp.statistics import Arms
from landscape.figures import HouseFigure, house_style
from landscape.figures.style import GREY, LINE_COLORS, PAGE

_ROW = 0.2  # inches for each row of a forest
_LONGEST = 46  # letters of a label


def draw_forest(
    effects: pd.DataFrame,
    differences: pd.DataFrame,
    *,
    rows: str,
    colors: str,
    label: str,
    limit: float | None = None,
) -> Figure:
    """Draw effects one below the other: a bar for the interval, a dot for each task.

    Args:
        effects: As those of `Arms`.
        differences: As those of `Arms`.
        rows: Column that names the rows.
        colors: Column whose values share a color; some room parts them.
        label: Of the horizontal axis.
        limit: Largest difference that is shown; what lies beyond is an arrow at the edge.

    Returns:
        The figure.
    """
    groups = list(dict.fromkeys(effects[colors]))
    with house_style():
        height = _ROW * (len(effects) + 0.6 * (len(groups) - 1)) + 0.75
        figure = HouseFigure(figsize=(PAGE, height), layout="constrained")
        ax = figure.add_subplot()
        ax.axvline(0, color=GREY, lw=0.8, zorder=0)
        place, ticks, names = 0.0, [], []
        for index, group in enumerate(groups):
            color = LINE_COLORS[1 + index % (len(LINE_COLORS) - 1)]
            for _, effect in effects[effects[colors] == group].iterrows():
                same = (differences[rows] == effect[rows]) & (differences[colors] == group)
                dots = differences[same].groupby("task")["difference"].mean().to_numpy()
                _draw_row(ax, place, effect, dots, color, limit)
                ticks.append(place)
                names.append(_name(f"{group}: {effect[rows]}"))
                place += 1
            place += 0.6
        ax.set_yticks(ticks, names)
        ax.set_ylim(max(ticks, default=0) + 0.6, -0.6)
        ax.set_xlabel(label)
        if limit is not None:
            ax.set_xlim(-limit, limit)
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.tick_params(axis="y", length=0)
    return figure


def colors_of(arms: Arms) -> dict[object, str]:
    """Give every arm the color of a line, in the order in which they come."""
    return dict(zip(dict.fromkeys(arms.models[arms.arm]), LINE_COLORS, strict=False))


def draw_curves(
    ax: Axes,
    effects: pd.DataFrame,
    *,
    arm: str,
    x: str,
    label: str,
    colors: Mapping[object, str],
) -> Axes:
    """Draw effects over a number: a line through the means of each arm, with its intervals.

    Args:
        ax: Where.
        effects: As those of `Arms`.
        arm: Column of the arms.
        x: Column of the number, at equal distances in the order in which it comes.
        label: Of the vertical axis.
        colors: By arm.

    Returns:
        The axes.
    """
    places = {value: index for index, value in enumerate(dict.fromkeys(effects[x]))}
    arms = list(dict.fromkeys(effects[arm]))
    ax.axhline(0, color=GREY, lw=0.8, zorder=0)
    for index, name in enumerate(arms):
        own = effects[effects[arm] == name]
        shift = (index - (len(arms) - 1) / 2) * 0.14
        at = np.array([places[value] for value in own[x]]) + shift
        ax.vlines(at, own["low"], own["high"], color=colors[name], lw=1.6, alpha=0.8)
        ax.plot(at, own["value"], "o-", ms=3.5, lw=0.9, color=colors[name], label=str(name))
    ax.set_xticks(list(places.values()), [f"{value:,}" for value in places])
    ax.set_xlim(-0.5, max(len(places), 1) - 0.5)
    ax.set_ylabel(label)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def draw_levels(
    ax: Axes,
    means: pd.Series,
    *,
    x: Sequence[object],
    colors: Mapping[object, str],
    lines: Mapping[str, float] | None = None,
    label: str = "AUROC, mean of the digits",
) -> Axes:
    """Draw the means of all arms over conditions, and constants as lines with their names.

    Args:
        ax: Where.
        means: Indexed by arm and condition, as those of `Arms`.
        x: Conditions in the order of the axis.
        colors: By arm; others are not drawn.
        lines: Heights of lines, such as those of trivial detectors, by name.
        label: Of the vertical axis.

    Returns:
        The axes.
    """
    for name, color in colors.items():
        heights = [means.get((name, condition), np.nan) for condition in x]
        ax.plot(range(len(x)), heights, "o-", ms=3.5, lw=1, color=color, label=str(name))
    for name, height in (lines or {}).items():
        ax.axhline(height, color=GREY, lw=0.8, ls=(0, (1, 2)), zorder=0)
        ax.annotate(
            f"{name} {height:.3f}", (1, height), (-2, 2), xycoords=("axes fraction", "data"),
            textcoords="offset points", ha="right", fontsize=6.5, color=GREY,
        )  # fmt: skip
    ax.set_xticks(range(len(x)), [f"{value:,}" for value in x])
    ax.set_xlim(-0.5, len(x) - 0.5)
    ax.set_ylabel(label)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _draw_row(
    ax: Axes, place: float, effect: pd.Series, dots: np.ndarray, color: str, limit: float | None
) -> None:
    """Draw one effect: dots, bar and mean; an arrow at the edge for what lies beyond it."""
    ax.scatter(dots, np.full(len(dots), place), s=7, alpha=0.4, lw=0, color=color)
    ax.hlines(place, effect["low"], effect["high"], color=color, lw=2)
    ax.vlines(effect["value"], place - 0.28, place + 0.28, color=color, lw=2)
    if limit is not None and abs(effect["value"]) > limit:
        side = np.sign(effect["value"])
        ax.annotate(
            f"{effect['value']:+.2f}".replace("-", "−"), (side * limit, place), (-side * 3, 0),
            textcoords="offset points", ha="right" if side > 0 else "left", va="center",
            fontsize=6.5, color=color,
        )  # fmt: skip


def _name(text: str) -> str:
    """Name a row, within the length of a label."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
