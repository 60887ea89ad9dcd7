"""Masks: from the values of a file to marked pixels, aligned with what is displayed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from lamp.data.decode import Decoded, decode, turn
from lamp.data.listing import NORMAL, count_text
from lamp.data.pixels import resize_mask
from lamp.data.reader import ImageSet, Shown, size_text

Rule = Literal["two levels", "labels", "half", "background"]

_LABELS = 16  # levels up to which values are labels and not shades
_NUMBERED = 64  # defects up to which they are counted through: 1, 2, 3, ...
_CHUNK = 1 << 22  # numbers sorted at a time: large masks must not be copied whole
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


@dataclass(frozen=True, eq=False)
class Mask:
    """The marks of one file.

    Args:
        marked: Shape (H, W), bool, turned as the file says.
        orientation: That of EXIF in the mask itself, applied; 1 if there is none.
        rule: How marks were told from background: `two levels`, the higher one; `labels`, a few
            levels, all above 0; `half`, many shades, those above half of their range; `background`,
            no pixel is black and the most frequent colour counts as background.
    """

    marked: NDArray[np.bool_]
    orientation: int
    rule: Rule


def read_mask(path: Path) -> Mask:
    """Read a mask: grey, palette, colour, with transparency, of any bits.

    Raises:
        ValueError: If it is no image, or damaged; `decode` names what else there may be.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "a.png"
        ...     Image.fromarray(np.array([[0, 1, 3, 255]], np.uint8)).save(path)
        ...     read_mask(path).marked.tolist()
        [[False, True, True, True]]
    """
    decoded = decode(path)
    marked, rule = _marks(_values(decoded), lossy=decoded.lossy)
    return Mask(marked, decoded.orientation, rule)


def _values(decoded: Decoded) -> NDArray[Any]:
    """Return what marks: the colours on black, or where these are all black, the opacity."""
    pixels, alpha = decoded.pixels, decoded.alpha
    if alpha is None:
        return pixels
    on_black = pixels * (alpha > 0)
    if on_black.any():
        return on_black
    return pixels if alpha.max() == alpha.min() else alpha[None]


def _marks(values: NDArray[Any], *, lossy: bool) -> tuple[NDArray[np.bool_], Rule]:
    """Tell marks from background in values (C, H, W)."""
    brightest = values.max(axis=0)  # and not the luma, in which blue is nearly black
    levels = _levels(brightest)
    numbered = len(levels) <= _NUMBERED and bool((levels == np.arange(len(levels))).all())
    if len(levels) > 2 and (lossy or not (len(levels) <= _LABELS or numbered)):
        return brightest > (float(levels[0]) + float(levels[-1])) / 2, "half"
    if levels[0] > 0 and (values != values[:, :1, :1]).any():
        return _not_background(values), "background"
    return brightest > 0, "labels" if len(levels) > 2 else "two levels"


def _levels(values: NDArray[Any]) -> NDArray[Any]:
    """List the different values, in ascending order."""
    flat = values.ravel()
    parts = [np.unique(flat[start : start + _CHUNK]) for start in range(0, flat.size, _CHUNK)]
    return np.unique(np.concatenate(parts))


def _not_background(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark what has not the most frequent colour."""
    colours, counts = np.unique(values.reshape(len(values), -1), axis=1, return_counts=True)
    background = colours[:, counts.argmax()]
    return np.asarray((values != background[:, None, None]).any(axis=0))


def add_masks(
    found: ImageSet, masks: Mapping[Path, Sequence[Path]], shown: Mapping[Path, Shown]
) -> ImageSet:
    """Add masks to test images, and notes on what their values were taken to mean.

    Images whose masks mark nothing, cannot be read, or may be turned otherwise than the image,
    count as without mask.

    Args:
        found: The images, with kinds.
        masks: Image to the files that mark its defects together.
        shown: How each image came in.

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
