"""Where a surface lies: the space of the parameters, and planes and lines through the center."""

from landscape.planes.parameters import Parameters, parameters_of
from landscape.planes.plane import Plane
from landscape.planes.space import ParameterSpace, RandomPlanes

__all__ = ["ParameterSpace", "Parameters", "Plane", "RandomPlanes", "parameters_of"]
