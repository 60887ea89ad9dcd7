"""Numbers of trials under the common lens, as quantities that can be compared in pairs."""

import math

from lamp.experiments import Trial


def log_center(trial: Trial) -> float:
    """Return the logarithm of the plain L2 loss at the center; NaN where it was not taken."""
    return math.nan if trial.sharpness is None else math.log(trial.sharpness.center)


def log_radius(trial: Trial) -> float:
    """Return the logarithm of the radius where it doubles; NaN where that is beyond the lines."""
    found = trial.sharpness
    return math.nan if found is None or found.bounded else math.log(found.radius)


def log_radius_rest(trial: Trial) -> float:
    """Return the same with the worst pixel of each image left out of the loss at the center."""
    found = trial.sharpness
    return math.nan if found is None or found.bounded else math.log(found.radius_rest)


def log_curvature(trial: Trial) -> float:
    """Return the logarithm of the mean curvature in L2 per squared filter norm.

    NaN where it is negative: the model is no minimum of plain L2 then.
    """
    found = trial.sharpness
    return math.nan if found is None or found.curvature <= 0 else math.log(found.curvature)


def worst_pixel(trial: Trial) -> float:
    """Return the share of plain L2 that is in each image's worst pixel."""
    return math.nan if trial.sharpness is None else trial.sharpness.worst_pixel


def largest_error(trial: Trial) -> float:
    """Return the largest squared error of an image, mean over images: M of Eq. 2."""
    model, found = trial.settings.model, trial.sharpness
    elements = model.channels * model.size**2
    return math.nan if found is None else found.worst_pixel * found.center * elements


QUANTITIES = {
    "center": log_center,
    "radius": log_radius,
    "radius_without_worst_pixel": log_radius_rest,
    "curvature": log_curvature,
}
"""What is compared as ratios, by name in files."""
