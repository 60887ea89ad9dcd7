"""Table 2 of the paper: MVTec AD, three losses, three optimizers, each with and without LAMP."""

from lamp.reproduce.table2.searches import reproduce

__all__ = ["reproduce"]
