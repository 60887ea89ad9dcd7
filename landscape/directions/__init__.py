"""Directions to move parameters in, and the planes they span."""

# where the filters are
from landscape.directions.layouts import FilterLayout, filter_layouts

# scaling
from landscape.directions.normalize import normalization_report, normalize_direction

# planes
from landscape.directions.plane import Plane, Projection, random_plane

# drawing
from landscape.directions.random import random_direction

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
