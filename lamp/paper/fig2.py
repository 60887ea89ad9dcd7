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

from lamp.losses import amplify, error_map
from lamp.pages import Picture, Section
from lamp.paper.work import Report, Work

Array = NDArray[np.float64]

EPSILONS = (0.3, 0.1, 0.03)  # the default 0.1, and a factor of about three to either side
BASES = ("l1", "l2")  # the rows, as in the paper
NAMES = {"l1": "L1", "l2": "L2"}

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


def draw_loss_curves(curves: Sequence[LossCurve] | None = None, *, width: float = 7.0) -> Figure:
    """Draw Fig. 2: a row for each base loss, the loss on the left, its gradient on the right.

    The number at the end of a gradient is its value at residual 1, with an arrow where the curve
    leaves the axes. With M = 1 an amplified loss is below its base loss for small errors.

    Args:
        curves: From `loss_curves`, which is called by default.
        width: In inches. The default fills the text width of a two-column paper.

    Returns:
        The figure, to be saved or shown by the caller.
    """
    curves = loss_curves() if curves is None else curves
    bases = [base for base in BASES if any(curve.base == base for curve in curves)]
    figure = Figure(figsize=(width, 0.37 * width * len(bases)), layout="constrained")
    axes = figure.subplots(len(bases), 2, sharex=True, squeeze=False)
    for row, base in zip(axes, bases, strict=True):
        own = [curve for curve in curves if curve.base == base]
        draw_losses(row[0], own)
        draw_gradients(row[1], own)
    for ax in axes[-1]:
        ax.set_xlabel("residual  $y - \\hat{y}$")
    return figure


def reproduce(work: Work) -> Report:  # noqa: ARG001 (nothing to train)
    """Make Fig. 2 from the losses of this package.

    Args:
        work: As for every item; nothing of it is needed.

    Returns:
        The figure, and the values and gradients at the ends of the curves.
    """
    curves = loss_curves()
    figure = draw_loss_curves(curves)
    caption = (
        "Base losses (dashed) and their amplified versions (Eq. 1), with the gradients beside "
        "them, of one element, with the maximum of Eq. 2 equal to 1. It shows the loss of a "
        "single element and its gradient, and nothing about the landscape of a network."
    )
    weaker = next(curve for curve in curves if curve.epsilon == EPSILONS[1] and curve.base == "l2")
    below = float(np.interp(0.5, weaker.residual, weaker.value)) / 0.5**2
    return Report(
        title="Fig. 2: loss curves and gradients",
        lede=(
            "As in the paper, the amplified losses are steeper towards large errors. Of small "
            "errors they are not larger: with the factor 1 − ε and a maximum of 1, L2-LAMP at "
            f"ε = 0.1 is {below:.2f} times L2 at a residual of 0.5, and 0.9 times towards 0."
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


def draw_losses(ax: Axes, curves: Sequence[LossCurve]) -> Axes:
    """Draw one base loss and its amplified versions, each named at its end.

    Args:
        ax: Where to.
        curves: Of one base loss.

    Returns:
        The axes.
    """
    _frame(ax, f"{_title(curves)}: loss")
    ax.set_ylim(0, 1.06 * max(float(curve.value.max()) for curve in curves))
    ends = []
    for curve, color in zip(curves, _colors(curves), strict=True):
        _line(ax, curve, curve.value, color)
        name = _title(curves) if curve.epsilon is None else f"ε = {curve.epsilon:g}"
        ends.append((float(curve.value[-1]), name, color))
    _label_ends(ax, ends)
    return ax


def draw_gradients(ax: Axes, curves: Sequence[LossCurve]) -> Axes:
    """Draw the gradients of one base loss and its amplified versions, with their end values.

    Args:
        ax: Where to.
        curves: Of one base loss.

    Returns:
        The axes.
    """
    _frame(ax, f"{_title(curves)}: gradient")
    limit = _GRADIENT_LIMIT
    ax.set_ylim(-limit, limit)
    ax.axhline(0, color=_GREY, lw=0.8, zorder=0)
    ends = []
    for curve, color in zip(curves, _colors(curves), strict=True):
        # |r| has no derivative at 0: a gap, not a vertical line.
        jump = (curve.residual == 0) & (curve.base == "l1")
        _line(ax, curve, np.where(jump, np.nan, curve.gradient), color)
        end = float(curve.gradient[-1])
        text = f"{end:.2g}" if end <= limit else f"↑ {end:.2g}"
        ends.append((min(end, limit), text, color))
    _label_ends(ax, ends)
    return ax


def _title(curves: Sequence[LossCurve]) -> str:
    """Return the name of the base loss."""
    return NAMES[curves[0].base]


def _colors(curves: Sequence[LossCurve]) -> list[Any]:
    """Return ink for the base loss, and the darker a color the stronger the amplification."""
    amplified = iter(colormaps["plasma"](np.linspace(0.72, 0.05, max(2, len(curves) - 1))))
    return [_INK if curve.epsilon is None else next(amplified) for curve in curves]


def _frame(ax: Axes, title: str) -> None:
    """Draw what frames the data: title, spines, ticks."""
    ax.set_title(title, loc="left", fontsize=11)
    ax.set_xlim(-1, 1)
    ax.set_xticks([-1, 0, 1])
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    ax.axvline(0, color=_GREY, lw=0.8, zorder=0)
    ax.spines[["top", "right"]].set_visible(False)


def _line(ax: Axes, curve: LossCurve, values: Array, color: Any) -> None:
    """Draw one curve: the base loss dashed, on top."""
    base = curve.epsilon is None
    style = {"lw": 1.3, "ls": (0, (4, 2)), "zorder": 3} if base else {"lw": 2.0}
    ax.plot(curve.residual, values, color=color, **style)


def _label_ends(ax: Axes, ends: Sequence[tuple[float, str, Any]]) -> None:
    """Write labels right of the axes at the given heights, moved apart where they would touch."""
    low, high = ax.get_ylim()
    gap = 0.105 * (high - low)  # a line of text in a panel of the default size
    ordered = sorted(ends, key=lambda end: end[0])
    heights = [height for height, _, _ in ordered]
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + gap)
    overshoot = max(0.0, heights[-1] - high)
    for i in range(len(heights) - 1, -1, -1):  # pushed back down from the top
        ceiling = heights[i + 1] - gap if i + 1 < len(heights) else heights[i] - overshoot
        heights[i] = min(heights[i], ceiling)
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
