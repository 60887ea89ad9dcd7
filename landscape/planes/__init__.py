"""Where a surface lies: the space of the parameters, and planes and lines through the center."""

# the space
from landscape.planes.layouts import FilterLayout, filter_layouts

# scaling
from landscape.planes.normalize import normalization_report, normalize_direction, normalize_tensor
from landscape.planes.parameters import Parameters, parameters_of

# planes
from landscape.planes.plane import Plane, Projection

# drawing
from landscape.planes.random import RandomDirection, random_direction
from landscape.planes.space import (
    ParameterSpace,
    RandomPlanes,
    check_planes,
    directions_fingerprint,
    plain_names,
)

__all__ = [
    "FilterLayout",
    "ParameterSpace",
    "Parameters",
    "Plane",
    "Projection",
    "RandomDirection",
    "RandomPlanes",
    "check_planes",
    "directions_fingerprint",
    "filter_layouts",
    "normalization_report",
    "normalize_direction",
    "normalize_tensor",
    "parameters_of",
    "plain_names",
    "random_direction",
]
