"""Fig. 4 of the paper: input, base reconstruction and LAMP reconstruction, normal and defective."""

from lamp.reproduce.fig4.report import reproduce

__all__ = ["reproduce"]
