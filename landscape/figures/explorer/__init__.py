"""One offline page to explore surfaces: linked contours, relief and cross-section, no library."""

from landscape.figures.explorer.page import Explorer, explore

__all__ = ["Explorer", "explore"]
