"""What lies between two checkpoints: the straight line, aligned or not, and its barrier."""

from landscape.connect.line import barrier
from landscape.connect.matching import align

__all__ = ["align", "barrier"]
