"""What directions that were not drawn mean for statistics, and what lies along them."""

from landscape.measures.recorded import unit_of
from landscape.measures.trajectory import about_paths
from landscape.surface.axes import PointOfInterest
from landscape.surface.data import Surface


def about_axes(surface: Surface, metric: str, fit_radius: float) -> list[str]:
    """Say what must be known of statistics over planes that are not random.

    Args:
        surface: Any.
        metric: What is measured.
        fit_radius: Of the disk of the quadratic fit, in units of the directions.

    Returns:
        Notes; none where all directions were drawn.
    """
    if surface.is_random:
        return []
    names = " and ".join(axis.name for axis in surface.axes if not axis.random)
    here = (
        f"along {names}: curvatures and slope are those of a quadratic fit within {fit_radius:.3g} "
        f"{unit_of(surface)}s of the center, the lowest point is that of this plane; radii, areas, "
        "excess and means are left out, which need random directions"
    )
    notes = [here]
    if any(axis.eigenvalue is not None for axis in surface.axes):
        notes.append(
            "eigenvalues (λ) are exact at the center alone: curvatures of the fit, over its whole "
            "disk, may differ from them even in sign"
        )
    if surface.planes > 1 and any(axis.random for axis in surface.axes):
        notes.append(
            "intervals are over the second, random direction: the first is the same in all"
        )
    elif surface.planes > 1:
        notes.append("intervals hold where these planes are replicates of each other")
    places = [point for point in surface.points_of_interest if not point.path]
    notes += [f"{point.label}: {place_of(point, surface)}" for point in places]
    return notes + about_paths(surface, metric)


def place_of(point: PointOfInterest, surface: Surface) -> str:
    """Say where a point is and which values are there.

    Args:
        point: On a plane of the surface.
        surface: The surface.

    Returns:
        Such as `at α 1, β 0, by itself loss 0.31`: that of the model with its own buffers.
    """
    where = f"at α {point.alpha:g}" + ("" if surface.is_line else f", β {point.beta:g}")
    values = ", ".join(f"{name} {value:.4g}" for name, value in point.values.items())
    off = f", {point.distance:.3g} off the plane" if point.distance else ""
    return f"{where}{off}{', by itself ' + values if values else ''}"
