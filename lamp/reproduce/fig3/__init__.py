"""Fig. 3 of the paper: contours of classifiers trained by L2 and L2-LAMP, by batch size."""

from lamp.reproduce.fig3.report import reproduce

__all__ = ["reproduce"]
