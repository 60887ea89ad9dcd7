"""What may be concluded from a path on a plane: how far off it lies, and what chance would do."""

import math
from collections.abc import Sequence

from landscape.measures.text import aligned
from landscape.surface.axes import PointOfInterest
from landscape.surface.data import Surface
from landscape.surface.trajectory import Trajectory

OFF = 0.1
"""Share of the extent of its path from which on a checkpoint is called off the plane."""

_AT_END = 1e-6  # of the longest distance: the center is the last checkpoint but for rounding


def paths_of(points: Sequence[PointOfInterest]) -> dict[str, list[PointOfInterest]]:
    """Sort the checkpoints of trainings from other places on a surface.

    Args:
        points: All places.

    Returns:
        Checkpoints by ascending steps, for each training by its name; empty where there is none.
    """
    paths: dict[str, list[PointOfInterest]] = {}
    for point in points:
        if point.path:
            paths.setdefault(point.path, []).append(point)
    return paths


def shares_off(path: Sequence[PointOfInterest]) -> list[float]:
    """Return how far checkpoints are off the plane, as shares of the extent of their path.

    The extent is the largest distance of a checkpoint to the center. A share of the checkpoint's
    own distance would come near 1 for any path that ends at the center, only because that distance
    comes near 0.

    Args:
        path: All checkpoints of one path.

    Returns:
        From 0 to 1, one for each checkpoint; NaN where it is not known.
    """
    extent = max(point.away for point in path) or 1.0
    return [math.nan if point.distance is None else point.distance / extent for point in path]


def farthest_off(points: Sequence[PointOfInterest]) -> tuple[float, PointOfInterest] | None:
    """Find the checkpoint that is off the plane by the largest share of the extent of its path.

    Args:
        points: All places of a surface.

    Returns:
        The share and the checkpoint; None where no distance is known.
    """
    pairs = [
        (share, point)
        for path in paths_of(points).values()
        for share, point in zip(shares_off(path), path, strict=True)
        if not math.isnan(share)
    ]
    return max(pairs, key=lambda pair: pair[0], default=None)


def about_paths(surface: Surface, metric: str = "loss") -> list[str]:
    """Say what must be known of the paths on a surface.

    Args:
        surface: Any.
        metric: Which values to compare.

    Returns:
        Sentences; none where there is no path.
    """
    known = surface.trajectory
    if known is None:
        return []
    paths = paths_of(surface.points_of_interest)
    points = [point for path in paths.values() for point in path]
    longest = max(point.away for point in points)
    return [
        *(_path(name, path, known.last[name], longest) for name, path in paths.items()),
        _explained(known, paths=len(paths), steps=len(points) - 1),
        _off(points),
        *_values(points, metric),
    ]


def _path(name: str, path: list[PointOfInterest], last: float, longest: float) -> str:
    """Say what a path is, and where the center is, seen from its end."""
    where = "the last one"
    if last > _AT_END * longest:
        where = f"{last:.3g} from the last one (and {longest:.3g} from the farthest)"
    steps = f"from step {path[0].step} to {path[-1].step}"
    return f"path {name}: {len(path)} checkpoints {steps}; the center is {where}"


def _explained(known: Trajectory, *, paths: int, steps: int) -> str:
    """Compare the explained variance with that of a random walk."""
    first, second = known.explained
    said = (
        f"the two components explain {_percent(first)} and {_percent(second)} of the squared "
        "distances to the center"
    )
    if paths > 1:
        return (
            f"{said}: not a finding by itself, and what random walks explain is not known for "
            "several paths together"
        )
    one, other = known.walk or walk_to_center(steps)
    where = "" if known.walk else " of many parameters that ends at the center"
    return (
        f"{said}; a random walk of {steps} steps{where} explains {_percent(one)} and "
        f"{_percent(other)}: not a finding by itself"
    )


def walk_to_center(steps: int) -> tuple[float, float]:
    r"""Tell which shares the two components of a random walk in many dimensions have.

    The k-th eigenvalue of the inner products of its offsets from its end is
    $1 / (4 \sin^2(\pi (2k - 1) / (4N + 2)))$ for N equal steps, and their sum $N (N + 1) / 2$.

    Args:
        steps: N, 1 or more.

    Returns:
        Two shares; of one step the second is 0.

    Example:
        >>> [round(share, 3) for share in walk_to_center(4)]
        [0.829, 0.1]
    """
    angles = [math.pi * (2 * k - 1) / (4 * steps + 2) for k in (1, 2)]
    one, other = (1 / (2 * math.sin(angle) ** 2 * steps * (steps + 1)) for angle in angles)
    return one, other if steps > 1 else 0.0


def _off(points: list[PointOfInterest]) -> str:
    """Say how far checkpoints are off the plane."""
    far, most = max(points, key=lambda p: p.distance or 0.0), farthest_off(points)
    if not far.distance or most is None:
        return "all checkpoints lie on the plane"
    share, point = most
    return (
        f"off the plane by up to {far.distance:.3g} ({far.label}), by up to {_percent(share)} of "
        f"the extent of its path, the largest distance to the center ({point.label})"
    )


def _values(points: list[PointOfInterest], metric: str) -> list[str]:
    """Say where a checkpoint's own value and that of its projection differ most."""
    both = [p for p in points if metric in p.values and metric in p.projected]
    gaps = [abs(p.projected[metric] - p.values[metric]) / abs(p.values[metric] or 1) for p in both]
    finite = [(gap, p) for gap, p in zip(gaps, both, strict=True) if math.isfinite(gap)]
    if not finite:
        return []
    gap, point = max(finite, key=lambda pair: pair[0])
    own, projected = point.values[metric], point.projected[metric]
    if gap < 1e-3:
        return [f"{metric} at the checkpoints is that at their projections within {gap:.1g}"]
    return [
        (
            f"{metric} of the checkpoints is not what the plane shows: {point.label} has {own:.4g} "
            f"by itself and {projected:.4g} at its projection, the largest relative difference"
        )
    ]


def path_table(surface: Surface) -> list[str]:
    """List all checkpoints of all paths.

    Args:
        surface: With paths or without.

    Returns:
        Lines of an aligned table; none without paths.
    """
    paths = paths_of(surface.points_of_interest).values()
    points = [point for path in paths for point in path]
    shares = [share for path in paths for share in shares_off(path)]
    if not points:
        return []
    metrics = list(points[0].values)
    head = ["", "α", "β", "off the plane", "of extent"]
    head += [cell for name in metrics for cell in (name, "projected")]
    rows = [
        [p.label, f"{p.alpha:.4g}", f"{p.beta:.4g}"]
        + (["", ""] if p.distance is None else [f"{p.distance:.3g}", _percent(share)])
        + [
            f"{values.get(name, math.nan):.4g}"
            for name in metrics
            for values in (p.values, p.projected)
        ]
        for p, share in zip(points, shares, strict=True)
    ]
    return aligned([head, *rows], right=range(1, len(head)))


def _percent(share: float) -> str:
    """Write a share with two digits where it is small."""
    return f"{100 * share:.3g} %"
