"""Numbers from surfaces: sharpness with intervals, and paired comparisons."""

# how well estimates are known
from landscape.measures.accuracy import accuracy

# comparing
from landscape.measures.compare import compare
from landscape.measures.comparison import Comparison, Difference

# intervals
from landscape.measures.interval import Average, Interval, Kind, mean_interval, median_interval
from landscape.measures.paired import Paired, holm, paired_interval

# one plane, and levels, for figures
from landscape.measures.plane import PlaneValues, Reading, no_multiples, plane_values
from landscape.measures.quantities import HEADLINE
from landscape.measures.radii import RESOLVED, level_radii

# measuring
from landscape.measures.summarize import common_rise, summarize
from landscape.measures.summary import Statistic, Summary

__all__ = [
    "Average",
    "Comparison",
    "Difference",
    "HEADLINE",
    "Interval",
    "Kind",
    "Paired",
    "PlaneValues",
    "RESOLVED",
    "Reading",
    "Statistic",
    "Summary",
    "accuracy",
    "common_rise",
    "compare",
    "holm",
    "level_radii",
    "mean_interval",
    "median_interval",
    "no_multiples",
    "paired_interval",
    "plane_values",
    "summarize",
]
