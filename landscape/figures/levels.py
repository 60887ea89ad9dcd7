"""Contour levels that panels share: multiples of the loss at the center where that makes sense."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.colors import BoundaryNorm, ListedColormap

from landscape.arguments import checked
from landscape.errors import LandscapeError
from landscape.figures.colormap import house_map
from landscape.figures.ladders import (
    choose_kind,
    log_levels,
    ratio_levels,
    relate,
    reliable,
    round_levels,
)
from landscape.figures.style import ink_on
from landscape.figures.text import Kind, labels_of, scale_title
from landscape.measures.comparable import shared_kind
from landscape.measures.plane import plane_values
from landscape.surface.data import Array, Surface

DOUBLE = 2.0


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
        higher_is_better: Whether large values of the metric are good; dark is good in any case.
    """

    values: tuple[float, ...]
    kind: Kind
    labels: tuple[str, ...]
    norm: BoundaryNorm
    colormap: ListedColormap
    metric: str
    reason: str = ""
    higher_is_better: bool = False

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


@checked
def levels_for(
    surfaces: Surface | Iterable[Surface],
    *,
    metric: str = "loss",
    kind: Kind | None = None,
    values: Sequence[float] | None = None,
    log: bool = False,
) -> Levels:
    """Choose levels that all panels of a comparison share.

    Levels are multiples of the loss at the center, so that models and losses of different scale
    can be compared. Where the center is zero, negative, or not the scale of the surface, they are
    differences to it. Where it is not finite, and for metrics of which more is better or that have
    a range, such as an accuracy, they are absolute, and within that range. None is chosen above
    the value up to which a tolerance was asked for.

    Args:
        surfaces: All that will be compared, with all their planes.
        metric: Which of their values.
        kind: None chooses as said above; absolute with `log`.
        values: In units of `kind`; None chooses round numbers that the surfaces reach.
        log: Choose levels with equal ratios, such as 1, 2, 5, 10, 20.

    Returns:
        The levels. `reason` says why they are not multiples.

    Raises:
        LandscapeError: If no value is finite, multiples are asked for where the center is not
            positive, values are not ascending, or log is asked for where values are not positive;
            if the metric has another range on some surface.

    Example:
        >>> axis = np.linspace(-1, 1, 5)
        >>> bowl = (1 + 9 * (axis**2 + axis[:, None] ** 2))[None]
        >>> surface = Surface(alpha=axis, beta=axis, values={"loss": bowl}, gram=np.eye(2)[None],
        ...                   status=np.ones(bowl.shape, np.int8), center={"loss": 1.0})
        >>> levels_for(surface).labels
        ('1.1×', '1.5×', '2×', '3×', '5×', '8×', '13×')
    """
    many = [surfaces] if isinstance(surfaces, Surface) else list(surfaces)
    planes = [reliable(plane) for one in many for plane in plane_values(one, metric)]
    planes = [plane for plane in planes if plane.values.size]
    if not planes:
        raise LandscapeError(
            f"expected at least one finite value of {metric!r}, got none",
            hint="the surface is empty or has diverged everywhere; see landscape info",
        )
    sort = shared_kind(many, metric)
    chosen, reason = (
        choose_kind(planes, sort) if kind is None and not log else (kind or "absolute", "")
    )
    if chosen == "ratio" and not all(plane.center > 0 for plane in planes):
        raise LandscapeError(
            f"expected a positive {metric} at the center for multiples of it, "
            f"got {min(plane.center for plane in planes):.4g}",
            hint="use differences or absolute levels",
        )
    if values is None and log:
        values = log_levels(planes, chosen, metric)
    elif values is None:
        values = ratio_levels(planes) if chosen == "ratio" else round_levels(planes, chosen, sort)
    return _make(tuple(map(float, values)), chosen, metric, reason, sort.higher_is_better)


def chosen_levels(
    levels: Levels | Sequence[float] | None,
    surfaces: Surface | Iterable[Surface],
    *,
    metric: str,
    log: bool = False,
) -> Levels:
    """Take levels as a user gives them to a figure.

    Args:
        levels: As they are; numbers are absolute levels; None chooses them.
        surfaces: All that are compared.
        metric: Which of their values.
        log: Of those that are chosen.

    Returns:
        The levels.

    Raises:
        LandscapeError: If log is asked for where nothing is left to choose; else as `levels_for`.
    """
    if log and levels is not None:
        raise LandscapeError(
            "expected levels or log, got both", hint="give levels in equal ratios, such as 1, 3, 10"
        )
    if isinstance(levels, Levels):
        return levels
    if levels is None:
        return levels_for(surfaces, metric=metric, log=log)
    return levels_for(surfaces, metric=metric, kind="absolute", values=levels)


def _make(values: tuple[float, ...], kind: Kind, metric: str, reason: str, higher: bool) -> Levels:
    """Give levels their labels and colours."""
    if len(values) < 2 or not np.isfinite(values).all() or not (np.diff(values) > 0).all():
        raise LandscapeError(
            f"expected at least two ascending levels, got {', '.join(f'{v:g}' for v in values)}"
        )
    bands = len(values) + 1
    places = np.linspace(0.0, 1.0, bands)
    colors = house_map()(places[::-1] if higher else places)
    return Levels(
        values=values,
        kind=kind,
        labels=labels_of(values, kind),
        norm=BoundaryNorm(values, bands, extend="both"),
        colormap=ListedColormap(colors, name=f"landscape-{bands}"),
        metric=metric,
        reason=reason,
        higher_is_better=higher,
    )


def line_color(levels: Levels, value: float) -> str:
    """Choose the ink that reads on both bands beside a contour.

    Args:
        levels: Whose colours.
        value: Of the contour, in units of the levels.

    Returns:
        A colour.
    """
    return ink_on(*beside(levels, value))


def beside(levels: Levels, value: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the colours of the bands below and above a value, in units of the levels."""
    step = 1e-9 * max(abs(value), 1e-300)
    return levels.color(value - step), levels.color(value + step)
