"""Numbers from surfaces: sharpness with intervals, and paired comparisons."""

# comparing
from landscape.measures.compare import Comparison, Difference, compare

# intervals
from landscape.measures.interval import Interval, mean_interval, paired_difference

# levels, for figures
from landscape.measures.levels import crossings

# measuring
from landscape.measures.sharpness import summarize
from landscape.measures.sheet import Sheet, sheets
from landscape.measures.summary import Statistic, Summary

__all__ = [
    "Comparison",
    "Difference",
    "Interval",
    "Sheet",
    "Statistic",
    "Summary",
    "compare",
    "crossings",
    "mean_interval",
    "paired_difference",
    "sheets",
    "summarize",
]
