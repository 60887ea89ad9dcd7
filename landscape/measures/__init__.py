"""Numbers from surfaces: sharpness with intervals, and paired comparisons."""

# comparing
from landscape.measures.compare import Comparison, Difference, compare

# intervals
from landscape.measures.interval import Interval, mean_interval, paired_difference
from landscape.measures.plane import PlaneValues, plane_values

# levels, for figures
from landscape.measures.radii import crossings

# measuring
from landscape.measures.summarize import summarize
from landscape.measures.summary import Statistic, Summary

__all__ = [
    "Comparison",
    "Difference",
    "Interval",
    "PlaneValues",
    "Statistic",
    "Summary",
    "compare",
    "crossings",
    "mean_interval",
    "paired_difference",
    "plane_values",
    "summarize",
]
