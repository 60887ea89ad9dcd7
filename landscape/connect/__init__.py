"""What lies between two checkpoints: the straight line, aligned or not, a curve, and barriers."""

from landscape.connect.bezier import Bezier
from landscape.connect.line import barrier
from landscape.connect.matching import align

__all__ = ["Bezier", "align", "barrier"]
