"""The masks of a set of test images: read, aligned with what is displayed, and put together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from lamp.data.decode import turn
from lamp.data.listing import count_text
from lamp.data.mask import Mask, read_mask
from lamp.data.names import NORMAL
from lamp.data.pixels import resize_mask
from lamp.data.reader import ImageSet, Shown, size_text

_MOST = 0.5  # share of an image above which marks may well be the background

_TEXTS = {
    "labels": "{masks} with several levels, all above 0 are marked (such as {name})",
    "half": (
        "{masks} with many shades, what is above half of their range is marked (such as {name})"
    ),
    "background": (
        "{masks} with no black pixel, what has not the most frequent colour is marked (such as "
        "{name})"
    ),
    "large": (
        "{masks} marking more than half of an image ({detail} in {name}): if defects are black "
        "there, invert them"
    ),
    "empty": (
        "{masks} of anomalous images marking no pixel (such as {name}): left out of the metrics of "
        "pixels"
    ),
    "turned": (
        "{masks} turned as EXIF turns the image (such as {name}): they have its shape before"
    ),
    "unknown": (
        "{masks} of images that EXIF turns (such as {name}), and whether they are drawn before or "
        "after that is unknown: left out of the metrics of pixels; save such images upright, "
        "without EXIF"
    ),
    "scaled": (
        "{masks} of another size than the image (such as {name}), but of its proportions: resized"
    ),
    "unreadable": "{masks} that cannot be read, left out of the metrics of pixels: {detail}",
}
"""What is said of masks, by what was found in them."""

_Log = dict[str, list[tuple[Path, str]]]  # as `_TEXTS`: masks, and what more there is to say


def add_masks(
    found: ImageSet, masks: Mapping[Path, Sequence[Path]], shown: Mapping[Path, Shown]
) -> ImageSet:
    """Add masks to test images.

    Args:
        found: The images, with kinds.
        masks: Image to the files that mark its defects together.
        shown: How each image came in.

    Returns:
        The same images with masks, and notes on what their values were taken to mean. Images whose
        masks mark nothing, cannot be read, or may be turned otherwise than the image, count as
        without mask.

    Raises:
        ValueError: If a mask has another shape than its image.
    """
    assert found.kinds is not None
    size, log = found.images.shape[-1], _Log()
    marks = torch.zeros(len(found.paths), size, size, dtype=torch.bool)
    masked = torch.tensor([kind == NORMAL for kind in found.kinds])
    for index, path in enumerate(found.paths):
        marked = _marked(masks[path], shown[path], log) if path in masks else None
        if marked is not None:
            marks[index] = torch.from_numpy(resize_mask(marked, size).copy())
            masked[index] = True
    return replace(found, masks=marks, masked=masked, notes=(*found.notes, *_notes(log)))


def _marked(files: Sequence[Path], shown: Shown, log: _Log) -> NDArray[np.bool_] | None:
    """Put the masks of one image together; None if its defective pixels are not known."""
    marked = np.zeros(shown.shape, bool)
    for path in files:
        try:
            mask = read_mask(path)
        except (ValueError, OSError) as error:
            _add(log, "unreadable", path, str(error))
            return None
        aligned = _aligned(mask, path, shown, log)
        if aligned is None:
            return None
        _add(log, mask.rule, path)
        marked |= aligned
    share = float(marked.mean())
    if share > _MOST:
        _add(log, "large", files[0], f"{share:.0%}")
    if share == 0:
        _add(log, "empty", files[0])
    return marked if share else None


def _aligned(mask: Mask, path: Path, shown: Shown, log: _Log) -> NDArray[np.bool_] | None:
    """Turn and enlarge a mask as its image was; None if it is not known how it lies."""
    marked, (height, width) = mask.marked, shown.shape
    if shown.orientation != 1 and mask.orientation == 1:
        swapped = shown.orientation >= 5  # by a quarter turn: then the shape may tell
        if not swapped or height == width:
            _add(log, "unknown", path)
            return None
        if marked.shape[0] * height == marked.shape[1] * width:
            _add(log, "turned", path)
            marked = turn(marked, shown.orientation)
    if marked.shape == shown.shape:
        return marked
    if marked.shape[0] * width != marked.shape[1] * height:
        raise ValueError(
            f"expected mask {path} as large as its image, {size_text(shown.shape)}, "
            f"got {size_text(marked.shape)}"
        )
    _add(log, "scaled", path)
    rows = np.arange(height) * marked.shape[0] // height
    columns = np.arange(width) * marked.shape[1] // width
    return np.asarray(marked[rows[:, None], columns])


def _add(log: _Log, what: str, path: Path, detail: str = "") -> None:
    """Note what was found in a mask."""
    log.setdefault(what, []).append((path, detail))


def _notes(log: _Log) -> list[str]:
    """Say what was found."""
    notes = []
    for what, text in _TEXTS.items():
        if what in log:
            path, detail = log[what][0]
            name = f"{path.parent.name}/{path.name}"
            masks = count_text(len(log[what]), "mask")
            notes.append(f"test: {text.format(masks=masks, name=name, detail=detail)}")
    return notes
