"""Numbers from surfaces: sharpness with intervals, and paired comparisons."""

# how well estimates are known
from landscape.measures.accuracy import accuracy

# comparing
from landscape.measures.compare import compare
from landscape.measures.difference import DifferenceMap, difference_map

# intervals
from landscape.measures.interval import Interval, mean_interval, median_interval

# measuring
from landscape.measures.layers import Layer, layer_rows, layer_table
from landscape.measures.paired import holm, paired_interval

# one plane
from landscape.measures.plane import plane_values
from landscape.measures.power import pairs_needed
from landscape.measures.quantities import HEADLINE
from landscape.measures.rise import common_rise
from landscape.measures.summarize import summarize
from landscape.measures.summary import Statistic, Summary

__all__ = [
    "DifferenceMap",
    "HEADLINE",
    "Interval",
    "Layer",
    "Statistic",
    "Summary",
    "accuracy",
    "common_rise",
    "compare",
    "difference_map",
    "holm",
    "layer_rows",
    "layer_table",
    "mean_interval",
    "median_interval",
    "paired_interval",
    "pairs_needed",
    "plane_values",
    "summarize",
]
