"""Differences over pairs of models, pooled and adjusted, and what goes along with what.

One interval everywhere: Student's, over groups (`landscape.measures.paired_interval`).
"""

from lamp.statistics.arms import Arms, pooled
from lamp.statistics.line import Line, centered, correlation, line
from lamp.statistics.paired import Effect, paired_effect

__all__ = ["Arms", "Effect", "Line", "centered", "correlation", "line", "paired_effect", "pooled"]
