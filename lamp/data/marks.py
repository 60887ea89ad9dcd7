"""The masks of a set of test images: read, aligned with what is displayed, and put together."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from lamp.data.decode import turn
from lamp.data.listing import count_text
from lamp.data.mask import Mask, Rule, read_mask
from lamp.data.names import NORMAL
from lamp.data.pixels import resize_mask
from lamp.data.reader import ImageSet, Shown, size_text

_MOST = 0.5  # share of an image above which marks may well be the background

_RULES: Mapping[Rule, str] = {
    "labels": "several levels, all above 0 are marked",
    "half": "many shades, what is above half of their range is marked",
    "background": "no black pixel, what has not the most frequent colour is marked",
}


@dataclass
class _Log:
    """What was found in masks, by what is to be said of it."""

    rules: dict[Rule, list[Path]] = field(default_factory=dict)
    large: list[tuple[Path, float]] = field(default_factory=list)
    empty: list[Path] = field(default_factory=list)
    turned: list[Path] = field(default_factory=list)
    unknown: list[Path] = field(default_factory=list)
    scaled: list[Path] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


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
        marked = _marked(masks[path], path, shown[path], log) if path in masks else None
        if marked is not None:
            marks[index] = torch.from_numpy(resize_mask(marked, size).copy())
            masked[index] = True
    return replace(found, masks=marks, masked=masked, notes=(*found.notes, *_notes(log)))


def _marked(
    files: Sequence[Path], image: Path, shown: Shown, log: _Log
) -> NDArray[np.bool_] | None:
    """Put the masks of one image together; None if its defective pixels are not known."""
    marked = np.zeros(shown.shape, bool)
    for path in files:
        try:
            mask = read_mask(path)
        except (ValueError, OSError) as error:
            log.unreadable.append(str(error))
            return None
        aligned = _aligned(mask, path, image, shown, log)
        if aligned is None:
            return None
        log.rules.setdefault(mask.rule, []).append(path)
        marked |= aligned
    share = float(marked.mean())
    if share > _MOST:
        log.large.append((files[0], share))
    if share == 0:
        log.empty.append(files[0])
    return marked if share else None


def _aligned(
    mask: Mask, path: Path, image: Path, shown: Shown, log: _Log
) -> NDArray[np.bool_] | None:
    """Turn and enlarge a mask as its image was; None if it is not known how it lies."""
    marked, (height, width) = mask.marked, shown.shape
    if shown.orientation != 1 and mask.orientation == 1:
        swapped = shown.orientation >= 5  # by a quarter turn: then the shape may tell
        if not swapped or height == width:
            log.unknown.append(image)
            return None
        if marked.shape[0] * height == marked.shape[1] * width:
            log.turned.append(path)
            marked = turn(marked, shown.orientation)
    if marked.shape == shown.shape:
        return marked
    if marked.shape[0] * width != marked.shape[1] * height:
        raise ValueError(
            f"expected mask {path} as large as its image, {size_text(shown.shape)}, "
            f"got {size_text(marked.shape)}"
        )
    log.scaled.append(path)
    rows = np.arange(height) * marked.shape[0] // height
    columns = np.arange(width) * marked.shape[1] // width
    return np.asarray(marked[rows[:, None], columns])


def _notes(log: _Log) -> list[str]:
    """Say what was found."""
    counts = Counter({rule: len(paths) for rule, paths in log.rules.items()})
    notes = [
        f"{count_text(counts[rule], 'mask')} with {text} (such as {_name(log.rules[rule][0])})"
        for rule, text in _RULES.items()
        if counts[rule]
    ]
    if log.large:
        path, share = max(log.large, key=lambda entry: entry[1])
        notes.append(
            f"masks of {count_text(len(log.large), 'image')} mark more than half of it "
            f"({share:.0%} in {_name(path)}): if defects are black there, invert them"
        )
    if log.empty:
        notes.append(
            f"masks of {len(log.empty)} anomalous images mark no pixel (such as "
            f"{log.empty[0].name}): left out of the metrics of pixels"
        )
    if log.turned:
        notes.append(
            f"{count_text(len(log.turned), 'mask')} turned as EXIF turns the image (such as "
            f"{_name(log.turned[0])}): they have its shape before"
        )
    if log.unknown:
        notes.append(
            f"{count_text(len(log.unknown), 'image')} turned by EXIF (such as "
            f"{_name(log.unknown[0])}), and whether the mask is drawn before or after that is "
            "unknown: left out of the metrics of pixels; save such images upright, without EXIF"
        )
    if log.scaled:
        notes.append(
            f"{count_text(len(log.scaled), 'mask')} of another size than the image (such as "
            f"{_name(log.scaled[0])}), but of its proportions: resized"
        )
    if log.unreadable:
        notes.append(
            f"{count_text(len(log.unreadable), 'mask')} cannot be read: left out of the metrics of "
            f"pixels; {log.unreadable[0]}"
        )
    return notes


def _name(path: Path) -> str:
    """Name a file with its folder, which tells the kind."""
    return f"{path.parent.name}/{path.name}"
