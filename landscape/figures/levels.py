"""Contour levels that panels share: multiples of the loss at the center where that makes sense."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.ticker import MaxNLocator

from landscape.errors import LandscapeError
from landscape.figures.colormap import house_map
from landscape.figures.style import ink_on
from landscape.measures.plane import PlaneValues, plane_values
from landscape.surface.data import Array, Surface

Kind = Literal["ratio", "difference", "absolute"]

DOUBLE = 2.0

# Ratios to the center. Steps of about 3/2, the golden mean of few and many; a surface that leaves
# a ladder over most of its area gets the next, wider one.
_FINE = (1.01, 1.02, 1.05, 1.1, 1.2, 1.35, 1.5, 1.75, 2, 2.5)
_USUAL = (1.1, 1.5, 2, 3, 5, 8, 13, 20, 35)
_WIDE = (1.1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_DECADES = (1.1, 2, 10, 100, 1e3, 1e4, 1e5, 1e6)
_BELOW = (0.1, 0.2, 0.35, 0.5, 0.7, 0.9)
_FLAT, _DWARFED = 1.03, 1e6


@dataclass(frozen=True, kw_only=True)
class Levels:
    """Contour levels with their labels and colours, for one panel or several.

    Args:
        values: Ascending, in units of `kind`.
        kind: Whether values are multiples of the center's, differences to it, or as they are.
        labels: One for each value.
        norm: From values to the bands between levels, with one below and one above.
        colormap: One colour for each band.
        metric: What the levels are of.
        reason: Why levels are not multiples of the center; empty where they are, or were chosen.
    """

    values: tuple[float, ...]
    kind: Kind
    labels: tuple[str, ...]
    norm: BoundaryNorm
    colormap: ListedColormap
    metric: str
    reason: str = ""

    def of(self, values: Array, center: float) -> Array:
        """Express values of the metric in units of the levels.

        Args:
            values: Any shape.
            center: Value at the center.

        Returns:
            Ratios, differences, or the values themselves.
        """
        return relate(values, center, self.kind)

    def color(self, value: float) -> tuple[float, ...]:
        """Return the colour of a value, in units of the levels."""
        return tuple(self.colormap(self.norm(value)))

    @property
    def remark(self) -> str:
        """What the figure says of levels that are not multiples, and why; empty otherwise."""
        names = {"difference": "differences to the center", "absolute": "absolute levels"}
        return f"{names[self.kind]} ({self.reason})" if self.reason else ""

    @property
    def title(self) -> str:
        """What the levels are, for a colorbar."""
        return scale_title(self.metric, self.kind)


def scale_title(metric: str, kind: Kind) -> str:
    """Name a scale.

    Args:
        metric: What is shown.
        kind: In which units.

    Returns:
        Such as `loss / loss at the center`.
    """
    name = metric.replace("_", " ")
    sign = {"ratio": "/", "difference": "−"}.get(kind)
    return f"{name} {sign} {name} at the center" if sign else name


def relate(values: Array, center: float, kind: Kind) -> Array:
    """Express values as multiples of the center's or as differences to it.

    Args:
        values: Any shape.
        center: Value at the center.
        kind: In which units.

    Returns:
        An array of the same shape.
    """
    if kind == "absolute":
        return values
    related: Array = values / center if kind == "ratio" else values - center
    return related


def levels_for(
    surfaces: Surface | Iterable[Surface],
    *,
    metric: str = "loss",
    kind: Kind | None = None,
    values: Sequence[float] | None = None,
) -> Levels:
    """Choose levels that all panels of a comparison share.

    Levels are multiples of the loss at the center, so that models and losses of different scale
    can be compared. Where the center is zero, negative, or not the scale of the surface, they are
    differences to it; where it is not finite, they are absolute. Of surfaces with a tolerance none
    is chosen above the level up to which it is owed.

    Args:
        surfaces: All that will be compared, with all their planes.
        metric: Which of their values.
        kind: None chooses as said above.
        values: In units of `kind`; None chooses round numbers that the surfaces reach.

    Returns:
        The levels. `reason` says why they are not multiples.

    Raises:
        LandscapeError: If no value is finite, multiples are asked for where the center is not
            positive, or values are not ascending.

    Example:
        >>> axis = np.linspace(-1, 1, 5)
        >>> bowl = (1 + 9 * (axis**2 + axis[:, None] ** 2))[None]
        >>> surface = Surface(alpha=axis, beta=axis, values={"loss": bowl}, gram=np.eye(2)[None],
        ...                   status=np.ones(bowl.shape, np.int8), center={"loss": 1.0})
        >>> levels_for(surface).labels
        ('1.1×', '1.5×', '2×', '3×', '5×', '8×', '13×')
    """
    many = [surfaces] if isinstance(surfaces, Surface) else list(surfaces)
    planes = [sheet for surface in many for sheet in plane_values(surface, metric)]
    planes = [sheet for sheet in planes if np.isfinite(sheet.values).any()]
    if not planes:
        raise LandscapeError(
            f"expected at least one finite value of {metric!r}, got none",
            hint="the surface is empty or has diverged everywhere; see landscape info",
        )
    clip = min((_clip(surface) for surface in many), default=np.inf)
    chosen, reason = _kind(planes, clip) if kind is None else (kind, "")
    if kind == "ratio" and not all(sheet.center > 0 for sheet in planes):
        raise LandscapeError(
            f"expected a positive {metric} at the center for multiples of it, "
            f"got {min(sheet.center for sheet in planes):.4g}",
            hint="use differences or absolute levels",
        )
    if values is None:
        values = _ratios(planes, clip) if chosen == "ratio" else _round_levels(planes, chosen)
    return _make(tuple(map(float, values)), chosen, metric, reason)


def _make(values: tuple[float, ...], kind: Kind, metric: str, reason: str) -> Levels:
    """Give levels their labels and colours."""
    if len(values) < 2 or not np.isfinite(values).all() or not (np.diff(values) > 0).all():
        raise LandscapeError(
            f"expected at least two ascending levels, got {', '.join(f'{v:g}' for v in values)}"
        )
    bands = len(values) + 1
    colors = house_map()(np.linspace(0.0, 1.0, bands))
    return Levels(
        values=values,
        kind=kind,
        labels=tuple(label_of(value, kind) for value in values),
        norm=BoundaryNorm(values, bands, extend="both"),
        colormap=ListedColormap(colors, name=f"landscape-{bands}"),
        metric=metric,
        reason=reason,
    )


def label_of(value: float, kind: Kind = "absolute") -> str:
    """Write a value in three digits.

    Args:
        value: In units of `kind`.
        kind: Multiples get a ×, differences a sign.

    Returns:
        A short text.

    Example:
        >>> label_of(1.5, "ratio"), label_of(-0.25, "difference"), label_of(48005.4)
        ('1.5×', '−0.25', '4.8·10⁴')
    """
    if value != 0 and not 1e-4 <= abs(value) < 1e4 and np.isfinite(value):
        mantissa, exponent = f"{value:.1e}".split("e")
        mantissa = mantissa.rstrip("0").rstrip(".")
        power = "10" + str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        text = {"1": power, "-1": f"-{power}"}.get(mantissa, f"{mantissa}·{power}")
    else:
        text = f"{float(f'{value:.3g}'):,g}"
    text = text.replace("-", "−")
    if kind == "difference" and value > 0:
        return f"+{text}"
    return f"{text}×" if kind == "ratio" else text


def line_color(levels: Levels, value: float) -> str:
    """Choose the ink that reads on both bands beside a contour.

    Args:
        levels: Whose colours.
        value: Of the contour, in units of the levels.

    Returns:
        A colour.
    """
    step = 1e-9 * max(abs(value), 1e-300)
    return ink_on(levels.color(value - step), levels.color(value + step))


def _clip(surface: Surface) -> float:
    """Return the multiple of the center up to which the surface is known well."""
    return np.inf if surface.refined is None else float(surface.metadata["config"]["clip"])


def _kind(planes: list[PlaneValues], clip: float) -> tuple[Kind, str]:
    """Choose the units of the levels and say why they are not multiples of the center."""
    planes = [sheet for sheet in planes if np.isfinite(sheet.center)]
    if not planes:
        return "absolute", "center not finite"
    lowest = min(sheet.center for sheet in planes)
    if lowest <= 0:
        return "difference", f"center {'zero' if lowest == 0 else 'negative'}"
    if max(_finite(sheet).max() / sheet.center for sheet in planes) < _FLAT:
        return "difference", f"rise below {100 * (_FLAT - 1):.0f}%"
    typical = max(np.median(_finite(sheet)) / sheet.center for sheet in planes)
    if min(typical, clip) > _DWARFED:
        return "difference", "center tiny"
    return "ratio", ""


def _finite(sheet: PlaneValues) -> Array:
    """Return the finite values, flat."""
    return sheet.values[np.isfinite(sheet.values)]


def _ratios(planes: list[PlaneValues], clip: float) -> list[float]:
    """Choose multiples of the center: the finest ladder on which the steepest panel stays."""
    ratios = [_finite(sheet) / sheet.center for sheet in planes if sheet.center > 0]
    low, high = min(float(np.quantile(r, 0.01)) for r in ratios), max(r.max() for r in ratios)
    middle = min(clip, max(float(np.median(r)) for r in ratios))
    if high <= 3:
        ladder: tuple[float, ...] = _FINE
    else:
        ladder = next(
            rungs
            for rungs, limit in ((_USUAL, 2 * 35), (_WIDE, 2 * 1000), (_DECADES, np.inf))
            if middle <= limit
        )
    above = [rung for rung in ladder if rung < high and rung <= clip]
    below = [rung for rung in (_BELOW if len(above) <= 8 else _BELOW[::3]) if rung > low]
    return below + above + list(ladder[len(above) : 2])  # at least two above the center


def _round_levels(planes: list[PlaneValues], kind: Kind) -> list[float]:
    """Choose about eight round numbers, on a logarithmic ladder if the surface spans decades."""
    planes = [sheet for sheet in planes if kind == "absolute" or np.isfinite(sheet.center)]
    pooled = np.concatenate([relate(_finite(sheet), sheet.center, kind) for sheet in planes])
    low, middle, high = np.quantile(pooled, [0.01, 0.5, 0.99])
    if low >= -0.01 * high and 0 < 10 * middle < high:
        return _logarithmic(pooled, high)
    ticks = MaxNLocator(nbins=9, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    inside = [float(f"{tick:.6g}") for tick in ticks if pooled.min() < tick < pooled.max()]
    if len(inside) >= 2:
        return inside
    step = (high - low) / 3 if high > low else max(abs(high), 1.0) / 100
    return [float(middle - step), float(middle + step)]


def _logarithmic(pooled: Array, high: float) -> list[float]:
    """Choose 1, 2, 5, 10 ..., or decades where these would be too many."""
    low = float(np.quantile(pooled[pooled > 0], 0.02))
    decades = 10.0 ** np.arange(np.floor(np.log10(low)), np.log10(high) + 1)
    rungs: Array = np.outer(decades, [1.0, 2.0, 5.0]).ravel()
    for candidates in (rungs, decades):
        inside = candidates[(candidates > low) & (candidates < high)]
        if len(inside) <= 10:
            break
    return [float(f"{rung:.3g}") for rung in inside[-10:]]
