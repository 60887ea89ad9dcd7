"""Fig. 1 of the paper: the loss of two autoencoders in 3-D, L2 beside L2-LAMP."""

from lamp.reproduce.fig1.report import reproduce

__all__ = ["reproduce"]
