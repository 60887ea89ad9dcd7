"""What may be concluded from a path on a plane: how far off it lies, and what chance would do."""

import math
from collections.abc import Sequence

from landscape.measures.text import aligned
from landscape.surface.axes import PointOfInterest
from landscape.surface.data import Surface
from landscape.surface.trajectory import Trajectory

OFF = 0.1
"""Share of its distance to the center from which on a checkpoint is called off the plane."""

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


def share_off(point: PointOfInterest) -> float:
    """Return which share of its distance to the center a checkpoint is off the plane.

    Args:
        point: Of a path.

    Returns:
        From 0 to 1; 0 at the center itself, and where it is not known.
    """
    return point.distance / point.away if point.distance and point.away > 0 else 0.0


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
        _explained(known, steps=len(points) - 1),
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


def _explained(known: Trajectory, *, steps: int) -> str:
    """Compare the explained variance with that of a random walk."""
    first, second = known.explained
    said = (
        f"the two components explain {_percent(first)} and {_percent(second)} of the squared "
        "distances to the center"
    )
    if known.walk is None:
        return f"{said}: not a finding by itself, a long random walk to the center has 81 % and 9 %"
    one, other = known.walk
    return (
        f"{said}; a random walk of {steps} steps explains {_percent(one)} and {_percent(other)}: "
        "not a finding by itself"
    )


def _off(points: list[PointOfInterest]) -> str:
    """Say how far checkpoints are off the plane."""
    far, most = max(points, key=lambda p: p.distance or 0.0), max(points, key=share_off)
    if not far.distance:
        return "all checkpoints lie on the plane"
    return (
        f"off the plane by up to {far.distance:.3g} ({far.label}), by up to "
        f"{_percent(share_off(most))} of the distance to the center ({most.label})"
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
    points = [point for path in paths_of(surface.points_of_interest).values() for point in path]
    if not points:
        return []
    metrics = list(points[0].values)
    head = ["", "α", "β", "off the plane", "of distance"]
    head += [cell for name in metrics for cell in (name, "projected")]
    rows = [
        [p.label, f"{p.alpha:.4g}", f"{p.beta:.4g}"]
        + (["", ""] if p.distance is None else [f"{p.distance:.3g}", _percent(share_off(p))])
        + [
            f"{values.get(name, math.nan):.4g}"
            for name in metrics
            for values in (p.values, p.projected)
        ]
        for p in points
    ]
    return aligned([head, *rows], right=range(1, len(head)))


def _percent(share: float) -> str:
    """Write a share with two digits where it is small."""
    return f"{100 * share:.3g} %"
