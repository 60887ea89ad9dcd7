"""Which points to evaluate, and on which processes."""

from landscape.sampling.compute import compute
from landscape.settings import GridSettings

__all__ = ["GridSettings", "compute"]
