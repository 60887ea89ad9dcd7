"""The paper's tables and figures, one file each."""

from lamp.reproduce.fig2 import LossCurve, draw_loss_curves, loss_curves

__all__ = ["LossCurve", "draw_loss_curves", "loss_curves"]
