"""Directions to move parameters in, and the planes they span."""

# where the filters are
from landscape.planes.layouts import FilterLayout, filter_layouts

# scaling
from landscape.planes.normalize import normalization_report, normalize_direction

# planes
from landscape.planes.plane import Plane, Projection, random_plane

# drawing
from landscape.planes.random import random_direction

__all__ = [
    "FilterLayout",
    "Plane",
    "Projection",
    "filter_layouts",
    "normalization_report",
    "normalize_direction",
    "random_direction",
    "random_plane",
]
