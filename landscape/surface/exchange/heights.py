"""Heights of a surface above its plane."""

import numpy as np

from landscape.errors import LandscapeError
from landscape.surface.data import Array, Surface


def heights(surface: Surface, plane: int, metric: str, *, log: bool) -> Array:
    """Return what a surface is drawn as high as.

    Args:
        surface: The surface; estimates serve where nothing was measured.
        plane: Which of its planes.
        metric: Which of its metrics.
        log: Whether heights are logarithms to base 10.

    Returns:
        Shape (beta, alpha); NaN where nothing finite is known.

    Raises:
        LandscapeError: If there is nothing finite, or no logarithm.
    """
    known = surface.known(metric)[plane]
    known = np.where(np.isfinite(known), known, np.nan)
    if np.isnan(known).all():
        raise LandscapeError(f"plane {plane} has no finite value of {metric}")
    if not log:
        return known
    if (lowest := float(np.nanmin(known))) <= 0:
        raise LandscapeError(
            f"expected positive values of {metric} for logarithms, got {lowest:g}",
            hint="leave out --log",
        )
    logarithms: Array = np.log10(known)
    return logarithms
