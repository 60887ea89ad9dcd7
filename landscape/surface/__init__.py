"""The result of an evaluation: a grid, a frozen surface, and the file that holds it."""

from landscape.surface.data import Status, Surface
from landscape.surface.directions import load_directions
from landscape.surface.read import load, repair

__all__ = ["Status", "Surface", "load", "load_directions", "repair"]
