"""Data: digits, MNIST, folders of images, and splits. Nothing is downloaded unasked.

Names load when they are first used: what lists the files of a folder needs no torch.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lamp.data.folder import ImageFolder, load_folder, load_images, load_test
    from lamp.data.listing import NORMAL, images_in, is_image
    from lamp.data.mnist import download_mnist, load_mnist, read_idx
    from lamp.data.reader import ImageSet, Unreadable
    from lamp.data.split import copies, hold_out
    from lamp.data.tasks import LabelledImages, OneVsRest, load_digits, one_vs_rest

__all__ = [
    # classification data, of which one class is taken as normal
    "LabelledImages",
    "OneVsRest",
    "load_digits",
    "load_mnist",
    "download_mnist",
    "read_idx",
    "one_vs_rest",
    # folders of images
    "ImageFolder",
    "ImageSet",
    "Unreadable",
    "load_folder",
    "load_images",
    "load_test",
    "images_in",
    "is_image",
    "NORMAL",
    # splits
    "hold_out",
    "copies",
]

_ROOMS = {
    "folder": ("ImageFolder", "load_folder", "load_images", "load_test"),
    "listing": ("NORMAL", "images_in", "is_image"),
    "mnist": ("download_mnist", "load_mnist", "read_idx"),
    "reader": ("ImageSet", "Unreadable"),
    "split": ("copies", "hold_out"),
    "tasks": ("LabelledImages", "OneVsRest", "load_digits", "one_vs_rest"),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name from its room."""
    if name not in _HOME:
        raise AttributeError(f"module 'lamp.data' has no attribute {name!r}")
    return getattr(importlib.import_module(f"lamp.data.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
