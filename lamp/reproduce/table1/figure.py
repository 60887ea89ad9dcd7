"""The picture beside Table 1: AUROC over batch sizes, and paired differences."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lamp.reproduce.effects import Comparison
from landscape.figures import HouseFigure, house_style
from landscape.figures.style import GREY, LINE_COLORS, PAGE

_APART = 0.2  # between the arms at one batch size
_DOT = 0.1  # over which the dots of the digits are spread


def draw_table1(
    compared: Comparison, paper: Mapping[str, Sequence[float]], baselines: Mapping[str, float]
) -> Figure:
    """Draw AUROC over batch sizes beside the paper's, and the differences to the first arm.

    Args:
        compared: Arms by batch size.
        paper: The paper's numbers, by name of the arm as it is in `compared`.
        baselines: AUROC of trivial detectors, drawn as lines.

    Returns:
        The figure.
    """
    with house_style():
        figure = HouseFigure(figsize=(PAGE, 2.7), layout="constrained")
        left, right = figure.subplots(1, 2)
        _draw_levels(left, compared, paper, baselines)
        _draw_differences(right, compared)
        for ax in (left, right):
            ax.set_xticks(range(len(compared.conditions)), map(str, compared.conditions))
            ax.set_xlabel("training batch size")
            ax.set_xlim(-0.5, len(compared.conditions) - 0.5)
            ax.spines[["top", "right"]].set_visible(False)
        figure.legend(frameon=False, loc="outside upper center", ncols=len(compared.arms) + 1)
    return figure


def _draw_levels(
    ax: Axes,
    compared: Comparison,
    paper: Mapping[str, Sequence[float]],
    baselines: Mapping[str, float],
) -> None:
    """Draw the mean AUROC of each arm."""
    places = np.arange(len(compared.conditions))
    for index, arm in enumerate(compared.arms):
        shift = (index - (len(compared.arms) - 1) / 2) * _APART / 2
        means = [compared.mean(arm, condition) for condition in compared.conditions]
        color = LINE_COLORS[index]
        ax.plot(places + shift, means, "o-", ms=4, lw=1, color=color, label=arm)
        if arm in paper:
            ax.plot(places + shift, paper[arm], "o:", ms=4, lw=0.8, color=color, mfc="none")
    ax.plot([], [], "o:", ms=4, lw=0.8, color=GREY, mfc="none", label="paper")
    for name, value in baselines.items():
        ax.axhline(value, color=GREY, lw=0.8, ls=(0, (1, 2)), zorder=0)
        ax.annotate(
            name, (1, value), (-2, 2), xycoords=("axes fraction", "data"), color=GREY,
            textcoords="offset points", ha="right", fontsize=6.5,
        )  # fmt: skip
    ax.set_ylabel("AUROC, mean of ten digits")
    ax.set_yscale("logit")
    ticks = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()


def _draw_differences(ax: Axes, compared: Comparison) -> None:
    """Draw each digit's difference to the first arm, and the mean with its interval."""
    ax.axhline(0, color=GREY, lw=0.8, zorder=0)
    others = compared.arms[1:]
    for (arm, condition), effect in compared.effects.items():
        index = others.index(arm)
        place = compared.conditions.index(condition) + (index - (len(others) - 1) / 2) * 0.36
        color = LINE_COLORS[index + 1]
        dots = np.nanmean(compared.differences[arm, condition], axis=1)
        spread = np.linspace(-_DOT, _DOT, len(dots))
        ax.scatter(place + spread, dots, s=6, color=color, alpha=0.45, lw=0)
        ax.vlines(place, effect.low, effect.high, color=color, lw=2)
        ax.hlines(effect.value, place - 0.1, place + 0.1, color=color, lw=2)
    ax.set_ylabel(f"AUROC less that of {compared.arms[0]}")
    ax.set_yscale("symlog", linthresh=0.05)
    ticks = [-0.5, -0.2, -0.05, -0.02, 0, 0.02, 0.05, 0.2, 0.5]
    ax.set_yticks(ticks, [f"{tick:+g}".replace("-", "−") if tick else "0" for tick in ticks])
    ax.minorticks_off()
