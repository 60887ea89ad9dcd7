"""Table 1 of the paper: MNIST, each digit in turn normal, six batch sizes, L2 against LAMP."""

from lamp.reproduce.table1.trials import reproduce

__all__ = ["reproduce"]
