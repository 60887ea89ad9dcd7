"""The colour map of all surfaces, from navy over teal to cream."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from landscape.surface.data import Array

_LIGHTNESS = (0.24, 0.95)
_HUE = (262.0, 255.0, 235.0, 200.0, 150.0, 110.0, 98.0)  # degrees, equally spaced along the map
_CHROMA = (0.08, 0.105, 0.09, 0.075, 0.06, 0.085, 0.11)


def house_map() -> LinearSegmentedColormap:
    """Make the map of all figures.

    Lightness rises linearly in Oklab (Ottosson 2020), so that equal steps look equal, grey print
    keeps the order, and so do eyes that do not tell red from green; hue only helps to tell bands
    apart. Less glaring at the upper end than cividis, where most of a steep surface lies.

    Returns:
        The map of 256 colours; it is not registered under a name.

    Example:
        >>> house_map()(0.0) == house_map()(0)
        True
    """
    place = np.linspace(0.0, 1.0, 256)
    knots = np.linspace(0.0, 1.0, len(_HUE))
    lightness = np.interp(place, [0.0, 1.0], _LIGHTNESS)
    hue = np.radians(np.interp(place, knots, _HUE))
    chroma = np.interp(place, knots, _CHROMA)
    colors = _srgb(lightness, chroma * np.cos(hue), chroma * np.sin(hue))
    return LinearSegmentedColormap.from_list("landscape", list(map(tuple, colors)))


def _srgb(lightness: Array, a: Array, b: Array) -> Array:
    """Convert Oklab to sRGB (Ottosson 2020, https://bottosson.github.io/posts/oklab)."""
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    matrix = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = np.clip(np.stack([long, middle, short], axis=1) @ matrix.T, 0.0, 1.0)
    encoded: Array = np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055
    )
    return encoded
