"""One file of a mask to the pixels that it marks, whatever values say so."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lamp.data.decode import Decoded, decode

Rule = Literal["two levels", "labels", "half", "background"]

_LABELS = 16  # levels up to which values are labels and not shades
_NUMBERED = 64  # defects up to which they are counted through: 1, 2, 3, ...
_CHUNK = 1 << 22  # numbers sorted at a time: large masks must not be copied whole


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

    Args:
        path: The file.

    Returns:
        Its marks.

    Raises:
        FileNotFoundError: If there is no such file.
        PermissionError: If it may not be read.
        ValueError: If it is no image, or damaged.

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
