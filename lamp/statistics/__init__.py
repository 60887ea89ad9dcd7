"""Differences over pairs of models, pooled and adjusted, and what goes along with what.

One interval everywhere: Student's, over groups (`landscape.measures.paired_interval`).
"""

from lamp.statistics.compare import cell_means, differences, effects, pooled_effects
from lamp.statistics.line import Line, centered, correlation, line
from lamp.statistics.paired import Effect, paired_effect
from lamp.statistics.pooled import adjusted, pooled

__all__ = [
    "Effect",
    "Line",
    "adjusted",
    "cell_means",
    "centered",
    "correlation",
    "differences",
    "effects",
    "line",
    "paired_effect",
    "pooled",
    "pooled_effects",
]
