"""Open one image file, whatever its name promises: formats that are read, memory, silence."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from PIL import Image, features

_SUFFIXES = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg"),
    "BMP": (".bmp",),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".pgm", ".ppm"),
    "WEBP": (".webp",),
    "JPEG2000": (".jp2", ".j2k"),
}
_OPTIONAL = {"WEBP": "webp", "JPEG2000": "jpg_2000"}  # not in every build of Pillow

# A closed list: others start programs (EPS asks for Ghostscript) or are rarely tested.
FORMATS = tuple(
    name for name in _SUFFIXES if name not in _OPTIONAL or features.check(_OPTIONAL[name])
)
"""Names that Pillow gives to the formats that are read."""

SUFFIXES = tuple(suffix for name in FORMATS for suffix in _SUFFIXES[name])
"""Of files that are taken for images, in lower case; upper case counts as well."""

_BYTES = 12  # a pixel while it is read: at most four channels, twice, and one in float32
_SHARE = 0.25  # of the free memory that one image may take: several processes may read at once
_LOCK = threading.RLock()  # what is switched off below belongs to the whole process


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """Open an image with Pillow, in a format that is read and small enough for the memory.

    Pillow refuses images of more than 179 million pixels, which line scans have; here the limit
    is the memory that is free. Libraries below Pillow print to stderr: they are kept silent.

    Yields:
        The image, not loaded yet.

    Raises:
        ValueError: If it is too large for the memory.
    """
    # Given a path, Pillow maps it into memory, and mixes up the pixels of TIFFs on their side.
    with (
        _LOCK,
        _silence(),
        _without_limit(),
        path.open("rb") as file,
        Image.open(file, formats=FORMATS) as image,
    ):
        check_memory(*image.size)
        yield image


def check_memory(width: int, height: int) -> None:
    """Raise a ValueError if an image of so many pixels does not fit into the free memory."""
    needed, free = _BYTES * width * height, psutil.virtual_memory().available
    if needed > _SHARE * free:
        raise ValueError(
            f"its {width} x {height} pixels need {needed / 2**30:.1f} GiB of memory, more than a "
            f"quarter of the {free / 2**30:.1f} GiB that are free: shrink it, cut it, or free some"
        )


@contextmanager
def _without_limit() -> Iterator[None]:
    """Switch Pillow's own limit of pixels off."""
    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


@contextmanager
def _silence() -> Iterator[None]:
    """Send what C libraries print to stderr to nowhere; what Python printed comes out first."""
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (AttributeError, OSError, ValueError):  # closed, or none: nothing to silence
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
