"""Figures of detection: what a detector sees in an image, and how its scores are spread."""

from lamp.figures.detections import Detection, Ranges, draw_detections, ranges_of
from lamp.figures.reconstructions import Examples, draw_reconstructions
from lamp.figures.spread import HELD_OUT, draw_scores

__all__ = [
    "HELD_OUT",
    "Detection",
    "Examples",
    "Ranges",
    "draw_detections",
    "draw_reconstructions",
    "draw_scores",
    "ranges_of",
]
