"""Differences over pairs of trials, pooled over conditions, and adjusted for being several."""

from lamp.statistics.paired import Effect, paired_effect
from lamp.statistics.pooled import adjusted, pooled

__all__ = ["Effect", "adjusted", "paired_effect", "pooled"]
