"""Where two surfaces over the same planes differ, and where that is within its error."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from landscape.arguments import checked
from landscape.errors import LandscapeError
from landscape.measures.comparable import shared_kind
from landscape.measures.interval import check_confidence
from landscape.measures.multiples import no_multiples
from landscape.measures.plane import PlaneValues, plane_values
from landscape.surface.axes import Axis
from landscape.surface.data import Array, Surface

Units = Literal["ratio", "difference", "absolute"]

_ROUNDING = 1e-6  # of the values: float32 keeps seven digits


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class DifferenceMap:
    """The difference between two surfaces at each point.

    Args:
        alpha: Coordinates, shape (A,).
        beta: Coordinates, shape (B,); one for a line.
        value: Mean over planes of the logarithm of a ratio, or of a difference, shape (B, A); NaN
            where a value is unknown or not finite.
        half: What is within the error: differences up to this, shape (B, A).
        kind: Ratio of multiples of the centers, or difference of rises above them, or of values.
        metric: Of which values.
        names: Of both surfaces.
        planes: Number of planes behind the mean.
        plane: Which one, where it is a single one of several.
        axes: What the directions are.
        confidence: Of what is not within the error.
    """

    alpha: Array
    beta: Array
    value: Array
    half: Array
    kind: Units
    metric: str
    names: tuple[str, str]
    planes: int
    plane: int | None
    axes: tuple[Axis, ...]
    confidence: float

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where there is a difference, shape (B, A)."""
        known: NDArray[np.bool_] = np.isfinite(self.value)
        return known

    @property
    def within(self) -> NDArray[np.bool_]:
        """Where it is within its error, shape (B, A)."""
        within: NDArray[np.bool_] = self.known & (np.abs(self.value) <= self.half)
        return within

    @property
    def shares(self) -> tuple[float, float, float]:
        """Of the points that are known: where the first is higher, where lower, and within error.

        Returns:
            Three shares; NaN where nothing is known.
        """
        known = float(self.known.sum()) or np.nan
        outside = self.known & ~self.within
        higher, lower = (float((outside & side).sum()) for side in (self.value > 0, self.value < 0))
        return higher / known, lower / known, float(self.within.sum()) / known

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.value.shape[::-1]))
        higher, lower, within = self.shares
        first, second = self.names
        return (
            f"DifferenceMap({self.metric}, {shape} points, {first} above {second} on {higher:.0%}, "
            f"below on {lower:.0%}, within error on {within:.0%})"
        )


@checked
def difference_map(
    a: Surface,
    b: Surface,
    *,
    names: tuple[str, str] = ("a", "b"),
    metric: str = "loss",
    kind: Units | None = None,
    plane: int | None = None,
    confidence: float = 0.95,
) -> DifferenceMap:
    r"""Compare two surfaces point by point, paired over planes.

    At each point the mean over planes is compared with its error: that of the estimates of both
    surfaces, added up as they may err to opposite sides, and beyond it the paired t-interval over
    planes. As there are many points, the level of that interval is such that of the points found
    outside of their error a share of at most $1 - $`confidence` is so by chance on average (false
    discovery rate: Benjamini & Hochberg 1995; for maps: Wilks 2016, "The stippling shows
    statistically significant grid points"). Where nothing differs, the whole map is thus within its
    error with that confidence. Of a single plane only the errors of estimates count: the map is
    about that plane. Errors over samples are no part of it: it is about these data.

    Args:
        a: One surface.
        b: Another, on the same grids. Points that were not measured have their estimates; above
            the level of a tolerance the errors of these are larger, and count as they are.
        names: Of both, for figures.
        metric: Which of their values.
        kind: `ratio` (a / its center) / (b / its center), whose logarithms are averaged;
            `difference` (a - its center) - (b - its center); or `absolute` a - b. Default ratios
            where multiples of both centers mean something, values of a metric of which more is
            better or that has a range, and differences of others.
        plane: One plane alone; default the mean over all.
        confidence: As said above.

    Returns:
        The map.

    Raises:
        LandscapeError: If the grids differ, the metric is of another kind, there is no such plane,
            or ratios are asked for where a center is not positive.
        ValueError: If the confidence is not between 0 and 1.

    Example:
        >>> axis = np.linspace(-1, 1, 5)
        >>> bowls = [Surface(alpha=axis, beta=axis, values={"loss": bowl}, gram=np.eye(2)[None],
        ...                  status=np.ones(bowl.shape, np.int8), center={"loss": 1.0})
        ...          for bowl in (1 + c * (axis**2 + axis[:, None] ** 2)[None] for c in (3.0, 1.0))]
        >>> found = difference_map(*bowls, kind="absolute")
        >>> float(found.value[0, 0]), found.shares  # all but the center
        (4.0, (0.96, 0.0, 0.04))
    """
    check_confidence(confidence)
    _check_grids(a, b, names)
    sides = [plane_values(one, metric) for one in (a, b)]
    metric_kind = shared_kind([a, b], metric)
    if kind is None and (metric_kind.higher_is_better or metric_kind.has_range):
        kind = "absolute"
    kind = kind or ("difference" if any(map(no_multiples, sides)) else "ratio")
    if kind == "ratio" and not all(side[0].center > 0 for side in sides):
        raise LandscapeError(
            f"expected a positive {metric} at both centers for ratios of their multiples",
            hint="compare differences",
        )
    if plane is not None and not 0 <= plane < a.planes:
        raise LandscapeError(f"expected a plane from 0 to {a.planes - 1}, got {plane}")
    chosen = range(a.planes) if plane is None else [plane]
    each = [_change(sides[0][index], sides[1][index], kind) for index in chosen]
    changes, errors = (np.stack(part) for part in zip(*each, strict=True))
    value, error = changes.mean(axis=0), errors.mean(axis=0)
    return DifferenceMap(
        alpha=a.alpha,
        beta=a.beta,
        value=value,
        half=error + _half(changes, value, error, 1 - confidence),
        kind=kind,
        metric=metric,
        names=names,
        planes=len(each),
        plane=plane if a.planes > 1 else None,
        axes=a.axes,
        confidence=confidence,
    )


def _check_grids(a: Surface, b: Surface, names: tuple[str, str]) -> None:
    """Refuse surfaces that do not share their points."""
    for what, one, other in (("alpha", a.alpha, b.alpha), ("beta", a.beta, b.beta)):
        if one.shape != other.shape or not np.allclose(one, other, rtol=1e-9, atol=0):
            texts = [f"{x.size} from {x[0]:g} to {x[-1]:g}" for x in (one, other)]
            raise LandscapeError(
                f"expected {names[0]} and {names[1]} on one grid, got {what} {' and '.join(texts)}",
                hint="compute both with the same --radius or --window, and --steps",
            )
    if a.planes != b.planes:
        raise LandscapeError(
            f"expected as many planes of {names[0]} as of {names[1]}, got {a.planes} and {b.planes}"
        )


def _change(a: PlaneValues, b: PlaneValues, kind: Units) -> tuple[Array, Array]:
    """Compare two planes: the change from b to a, and its error where both are estimates."""
    (first, above), (second, below) = (_expressed(one, kind) for one in (a, b))
    return first - second, above + below


def _expressed(plane: PlaneValues, kind: Units) -> tuple[Array, Array]:
    """Express values in the units of a comparison, with the larger of their errors."""
    values = np.where(np.isfinite(plane.values), plane.values, np.nan)
    error = plane.error + _ROUNDING * np.abs(values)
    if kind != "ratio":
        return values - (plane.center if kind == "difference" else 0.0), error
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(values / plane.center)
        # The lower side is the longer one; an error as large as the value itself is infinite.
        return logs, np.where(error < values, -np.log1p(-error / values), np.inf)


def _half(changes: Array, value: Array, error: Array, level: float) -> Array:
    """Return how far means over planes may be off for the planes drawn, shape (B, A)."""
    count = len(changes)
    if count == 1:
        return np.zeros(value.shape)
    deviation = changes.std(axis=0, ddof=1) / np.sqrt(count)
    known = np.isfinite(value)
    beyond = np.maximum(np.abs(value[known]) - error[known], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(beyond > 0, beyond / deviation[known], 0.0)
    p = np.sort(2 * special.stdtr(count - 1, -t))
    found = np.flatnonzero(p <= level * np.arange(1, p.size + 1) / max(p.size, 1))
    limit = level * (found[-1] + 1 if found.size else 1) / max(p.size, 1)
    half: Array = -special.stdtrit(count - 1, limit / 2) * deviation
    return half
