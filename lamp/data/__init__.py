"""Data: embedded digits, MNIST, and one-versus-rest tasks. Nothing is downloaded unasked."""

from lamp.data.digits import load_digits
from lamp.data.mnist import download_mnist, load_mnist, read_idx
from lamp.data.split import LabelledImages, OneVsRest, one_vs_rest

__all__ = [
    "LabelledImages",
    "OneVsRest",
    "download_mnist",
    "load_digits",
    "load_mnist",
    "one_vs_rest",
    "read_idx",
]
