"""Data: digits, MNIST, folders of images, and splits. Nothing is downloaded unasked."""

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
