"""One offline page to explore surfaces: linked contours, relief and cross-section, no library."""

from landscape.figures.explorer.page import Explorer, make_explorer

__all__ = ["Explorer", "make_explorer"]
