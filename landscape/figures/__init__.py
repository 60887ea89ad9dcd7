"""Figures of surfaces: for papers (matplotlib) and for the mouse (plotly)."""

from landscape.figures.contour import draw_contour, draw_contours
from landscape.figures.files import save_figure
from landscape.figures.interactive import explore, explore_pair, write_html
from landscape.figures.levels import Levels, levels_for
from landscape.figures.line import draw_line
from landscape.figures.style import Drawing, HouseFigure, house_style
from landscape.figures.surface3d import draw_surface, draw_surfaces

__all__ = [
    # planes and lines, for papers
    "draw_contour",
    "draw_contours",
    "draw_surface",
    "draw_surfaces",
    "draw_line",
    "Drawing",
    "save_figure",
    # what panels share
    "Levels",
    "levels_for",
    "house_style",
    "HouseFigure",
    # to turn and to read with the mouse
    "explore",
    "explore_pair",
    "write_html",
]
