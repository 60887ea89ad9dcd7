"""Say how well the points that were not measured are known, and where they are known least."""

import numpy as np

from landscape.points.refinement import nested
from landscape.points.scale import scale_of
from landscape.surface.data import Array, Surface


def accuracy(surface: Surface) -> str:
    """Describe the accuracy of a surface with a tolerance.

    Args:
        surface: Computed with `tolerance=`.

    Returns:
        One sentence: the largest estimated relative error up to the level, and where it is.

    Raises:
        ValueError: If the surface has no tolerance.
    """
    if surface.refined is None:
        raise ValueError("expected a surface with a tolerance, got one whose points are measured")
    config = surface.metadata["config"]
    promise = f"tolerance {config['tolerance']:g} up to {config['clip']:g} times the center"
    done = int(surface.refined.done.sum())
    if done < surface.planes:
        return f"{done} of {surface.planes} planes have reached the {promise}"
    best, plane, alpha, beta = -1.0, 0, 0.0, 0.0
    for metric in config["tolerance_metrics"]:
        errors = _relative(surface, metric, float(config["clip"]))
        place = np.unravel_index(int(errors.argmax()), errors.shape)
        if errors[place] > best:
            best, plane = float(errors[place]), int(place[0])
            beta, alpha = float(surface.beta[place[1]]), float(surface.alpha[place[2]])
    if best <= 0:
        return f"all points that the {promise} asks for are measured"
    where = f"plane {plane}, alpha {alpha:.3g}" + ("" if surface.is_line else f", beta {beta:.3g}")
    return f"estimated error at most {best:.2g} of the value ({promise}), largest at {where}"


def _relative(surface: Surface, metric: str, clip: float) -> Array:
    """Return relative errors where accuracy is owed, 0 elsewhere, shape (plane, beta, alpha)."""
    value = surface.values[f"{metric}_estimate"]
    error = surface.values[f"{metric}_estimate_error"]
    start = nested(surface.alpha.size, surface.beta.size)
    result = np.zeros(value.shape)
    for plane in range(surface.planes):
        scale = scale_of(surface.center[metric], clip, value[plane].ravel()[start])
        owed = np.isfinite(error[plane]) & (value[plane] <= scale.level)
        size = np.maximum(np.abs(value[plane]), scale.unit)
        result[plane] = np.where(owed, error[plane] / size, 0.0)
    return result
