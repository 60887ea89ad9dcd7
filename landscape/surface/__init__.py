"""The result of an evaluation: a grid, a frozen surface, and the file that holds it."""

from landscape.surface.store import load, load_directions
from landscape.surface.surface import Status, Surface

__all__ = ["Status", "Surface", "load", "load_directions"]
