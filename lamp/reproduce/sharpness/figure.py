"""The picture of sharpness and detection."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lamp.experiments import Trial
from lamp.experiments.collect import final_auroc
from lamp.reproduce.effects import Comparison
from lamp.reproduce.lens_numbers import log_radius
from lamp.reproduce.mnist import DETACHED, L2, LAMP
from lamp.reproduce.sharpness.link import centered, explained
from landscape.figures import HouseFigure, house_style
from landscape.figures.style import GREY, LINE_COLORS, PAGE

Array = NDArray[np.float64]

_COLORS = dict(zip((L2.title, LAMP.title, DETACHED.title), LINE_COLORS, strict=False))
_RATIOS = (0.8, 1.0, 1.25, 1.6)


def draw_sharpness(compared: Mapping[str, Comparison], trials: Sequence[Trial]) -> Figure:
    """Draw ratios of radii, all models, and pairs of models.

    Args:
        compared: Logarithms of quantities, with `radius` among them.
        trials: All models.

    Returns:
        The figure.
    """
    with house_style():
        figure = HouseFigure(figsize=(PAGE, 2.5), layout="constrained")
        left, middle, right = figure.subplots(1, 3)
        _draw_ratios(left, compared["radius"])
        _draw_models(middle, trials)
        _draw_pairs(right, trials)
        for ax in (left, middle, right):
            ax.spines[["top", "right"]].set_visible(False)
        figure.legend(frameon=False, loc="outside upper center", ncols=3)
    return figure


def _draw_ratios(ax: Axes, compared: Comparison) -> None:
    """Draw the ratio of radii over batch sizes."""
    ax.axhline(0, color=GREY, lw=0.8, zorder=0)
    others = compared.arms[1:]
    for (arm, size), effect in compared.effects.items():
        shift = (others.index(arm) - (len(others) - 1) / 2) * 0.36
        place = compared.conditions.index(size) + shift
        dots = np.nanmean(compared.differences[arm, size], axis=1)
        color, spread = _COLORS[arm], np.linspace(-0.1, 0.1, len(dots))
        ax.scatter(place + spread, dots, s=5, alpha=0.45, lw=0, color=color)
        ax.vlines(place, effect.low, effect.high, color=color, lw=2)
        ax.hlines(effect.value, place - 0.1, place + 0.1, color=color, lw=2)
    ax.set_xticks(range(len(compared.conditions)), map(str, compared.conditions))
    ax.set_xlim(-0.5, len(compared.conditions) - 0.5)
    ax.set_yticks(np.log(_RATIOS), [f"{ratio:g}" for ratio in _RATIOS])
    ax.set_xlabel("training batch size")
    ax.set_ylabel("doubling radius, ratio to L2")


def _draw_models(ax: Axes, trials: Sequence[Trial]) -> None:
    """Draw every model within its digit and batch size."""
    radii = centered(trials, log_radius, by_batch_size=True)
    areas = centered(trials, final_auroc, by_batch_size=True)
    for loss in (L2, LAMP, DETACHED):
        own = np.array([trial.settings.loss == loss for trial in trials])
        color = _COLORS[loss.title]
        ax.scatter(radii[own], areas[own], s=7, alpha=0.55, lw=0, color=color, label=loss.title)
    ax.set_xlabel("log doubling radius, within group")
    ax.set_ylabel("AUROC, within group")
    ax.set_ylim(*_limits(areas[~np.isnan(radii)]))


def _draw_pairs(ax: Axes, trials: Sequence[Trial]) -> None:
    """Draw differences of pairs and their line."""
    reference = [trial for trial in trials if trial.settings.loss == L2]
    both = []
    for loss in (DETACHED, LAMP):
        own = [trial for trial in trials if trial.settings.loss == loss]
        line, pairs = explained(own, reference, log_radius)
        both.append(pairs[1])
        color = _COLORS[loss.title]
        ax.scatter(pairs[0], pairs[1], s=7, alpha=0.55, lw=0, color=color)
        if line is not None:
            ends = np.array([pairs[0].min(), pairs[0].max()])
            ax.plot(ends, line.at_equal.value + line.slope.value * ends, color=color, lw=1.2)
    ax.axhline(0, color=GREY, lw=0.8, zorder=0)
    ax.axvline(0, color=GREY, lw=0.8, zorder=0)
    ax.set_xlabel("log ratio of doubling radius")
    ax.set_ylabel("AUROC less that of L2")
    ax.set_ylim(*_limits(np.concatenate(both)))


def _limits(values: Array) -> tuple[float, float]:
    """Return limits that show all but the outermost hundredth, which would flatten the rest."""
    low, high = np.nanquantile(values, [0.01, 0.99])
    room = max(0.08 * (high - low), 1e-3)
    return float(low - room), float(high + room)
