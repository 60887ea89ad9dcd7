"""Fig. 2 of the paper: L1 and L2, their LAMP versions, and the gradients of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from lamp.bounds import EPSILON
from lamp.losses import amplify, error_map
from lamp.pages import Picture, Section
from lamp.paper.work import Report, Work

Array = NDArray[np.float64]

EPSILONS = (0.3, EPSILON, 0.03)  # and a factor of about three to either side
BASES = ("l1", "l2")  # the rows, as in the paper

_WIDTH = 7.0  # inches: the text width of a two-column paper
_INK, _GREY = "0.15", "0.75"
_GRADIENT_LIMIT = 10.0  # beyond it the small errors' side would be flat; the ends are written


@dataclass(frozen=True, kw_only=True, eq=False)
class LossCurve:
    """One loss of a single element over its residual.

    Args:
        base: `"l1"` or `"l2"`.
        epsilon: Of the amplified loss, or None for the base loss itself.
        residual: y - y^, shape (R,), in [-1, 1].
        value: The loss, shape (R,).
        gradient: Its derivative by the residual, shape (R,), from autograd.
    """

    base: str
    epsilon: float | None
    residual: Array
    value: Array
    gradient: Array


def loss_curves(
    *, epsilons: Sequence[float] = EPSILONS, points: int = 801
) -> tuple[LossCurve, ...]:
    """Compute the curves of Fig. 2: each base loss, then its amplified versions.

    The scale M of Eq. 2 is 1, the largest error that images in [0, 1] can have.

    Args:
        epsilons: Of the amplified versions, in the order they are drawn.
        points: Points on the residual's axis. The default has one at zero.

    Returns:
        Curves, L1 before L2.

    Example:
        >>> base, amplified = loss_curves(epsilons=[0.1], points=3)[2:]
        >>> base.gradient.tolist(), amplified.value.round(4).tolist()  # -log(0.1)
        ([-2.0, 0.0, 2.0], [2.3026, 0.0, 2.3026])
    """
    return tuple(_curve(base, epsilon, points) for base in BASES for epsilon in (None, *epsilons))


def draw_loss_curves(curves: Sequence[LossCurve] | None = None) -> Figure:
    """Draw Fig. 2: a row for each base loss, the loss on the left, its gradient on the right.

    The number at the end of a gradient is its value at residual 1, with an arrow where the curve
    leaves the axes. With M = 1 an amplified loss is below its base loss for small errors.

    Args:
        curves: From `loss_curves`, which is called by default.
    """
    rows = {base: [one for one in curves or loss_curves() if one.base == base] for base in BASES}
    figure = Figure(figsize=(_WIDTH, 0.37 * _WIDTH * len(rows)), layout="constrained")
    axes = figure.subplots(len(rows), 2, sharex=True)
    for (left, right), own in zip(axes, rows.values(), strict=True):
        _draw(left, own, gradient=False)
        _draw(right, own, gradient=True)
    for ax in axes[-1]:
        ax.set_xlabel("residual  $y - \\hat{y}$")
    return figure


def reproduce(work: Work) -> Report:  # noqa: ARG001 (nothing to train)
    """Make Fig. 2 from the losses of this package, with their values and gradients at the ends."""
    curves = loss_curves()
    figure = draw_loss_curves(curves)
    caption = (
        "Base losses (dashed) and their amplified versions (Eq. 1), with the gradients beside "
        "them, of one element, with the maximum of Eq. 2 equal to 1. It shows the loss of a "
        "single element and its gradient, and nothing about the landscape of a network."
    )
    one = next(curve for curve in curves if (curve.base, curve.epsilon) == ("l2", EPSILON))
    below = one.residual[one.value < one.residual**2].max()
    return Report(
        title="Fig. 2: loss curves and gradients",
        lede=(
            "As in the paper, the amplified losses are steeper towards large errors. Small errors "
            f"they make smaller: with the factor 1 − ε and a maximum of 1, L2-LAMP at ε = "
            f"{EPSILON:g} is {1 - EPSILON:g} times L2 towards 0, and below it up to a residual of "
            f"{below:.2f}."
        ),
        sections=[Section("Losses of one element", [Picture(figure, caption)])],
        figures={"fig2": figure},
        tables={
            "fig2": pd.DataFrame(
                {
                    "base": curve.base,
                    "epsilon": curve.epsilon,
                    "loss_at_1": float(curve.value[-1]),
                    "gradient_at_1": float(curve.gradient[-1]),
                }
                for curve in curves
            )
        },
    )


def _draw(ax: Axes, curves: Sequence[LossCurve], *, gradient: bool) -> None:
    """Draw one base loss and its amplified versions, or their gradients; each ends in its label."""
    base = curves[0].base.upper()
    ax.set_title(f"{base}: {'gradient' if gradient else 'loss'}", loc="left", fontsize=11)
    top = _GRADIENT_LIMIT if gradient else 1.06 * max(float(one.value.max()) for one in curves)
    ax.set(xlim=(-1, 1), xticks=[-1, 0, 1], ylim=(-top if gradient else 0, top))
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    ax.axvline(0, color=_GREY, lw=0.8, zorder=0)
    ax.axhline(0, color=_GREY, lw=0.8, zorder=0)
    ax.spines[["top", "right"]].set_visible(False)
    # Ink for the base loss, and the darker a color the stronger the amplification.
    colors = [_INK, *colormaps["plasma"](np.linspace(0.72, 0.05, max(2, len(curves) - 1)))]
    ends = []
    for one, color in zip(curves, colors, strict=False):
        values = one.gradient if gradient else one.value
        if gradient and one.base == "l1":  # |r| has no derivative at 0: a gap, no vertical line
            values = np.where(one.residual == 0, np.nan, values)
        plain = one.epsilon is None
        style = {"lw": 1.3, "ls": (0, (4, 2)), "zorder": 3} if plain else {"lw": 2.0}
        ax.plot(one.residual, values, color=color, **style)
        end = float(values[-1])
        text = base if plain else f"ε = {one.epsilon:g}"
        if gradient:
            text = f"{'↑ ' * (end > top)}{end:.2g}"
        ends.append((min(end, top), text, color))
    _label_ends(ax, ends)


def _label_ends(ax: Axes, ends: Sequence[tuple[float, str, Any]]) -> None:
    """Write labels right of the axes at the given heights, moved apart where they would touch."""
    low, high = ax.get_ylim()
    gap = 0.105 * (high - low)  # a line of text in a panel of the default size
    ordered = sorted(ends, key=lambda end: end[0])
    heights = [height for height, _, _ in ordered]
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + gap)
    ceiling = high
    for i in reversed(range(len(heights))):  # pushed back down from the top
        heights[i] = min(heights[i], ceiling)
        ceiling = heights[i] - gap
    for height, (_, text, color) in zip(heights, ordered, strict=True):
        ax.annotate(
            text, (1, height), xytext=(5, 0), textcoords="offset points", va="center",
            color=color, fontsize=9, annotation_clip=False,
        )  # fmt: skip


def _curve(base: str, epsilon: float | None, points: int) -> LossCurve:
    """Compute one curve."""
    # From integers, so that the point in the middle is exactly 0.
    grid = torch.arange(1 - points, points, 2, dtype=torch.float64) / (points - 1)
    residual = grid.requires_grad_()
    error = error_map(base)(residual, torch.zeros_like(residual))  # type: ignore[arg-type]
    value = error if epsilon is None else amplify(error, epsilon=epsilon, scale=1.0)
    (gradient,) = torch.autograd.grad(value.sum(), residual)
    return LossCurve(
        base=base,
        epsilon=epsilon,
        residual=residual.detach().numpy(),
        value=value.detach().numpy(),
        gradient=gradient.numpy(),
    )
