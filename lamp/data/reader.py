"""Many files to one tensor: sizes, channels, one range of intensities, and what must be known."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lamp.data.decode import Decoded, decode
from lamp.data.intensity import (
    Intensity,
    Levels,
    about_intensity,
    choose_intensity,
    levels_of,
    scale,
)
from lamp.data.listing import NORMAL
from lamp.data.pixels import Pixels, resize, to_channels

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Unreadable:
    """A file that could not be read.

    Args:
        path: The file.
        cause: Why, in one sentence that names it.
        kind: `good` or the name of its defect; None where nothing is known.
    """

    path: Path
    cause: str
    kind: str | None = None


class NothingReadableError(ValueError):
    """Of some files none could be read; `files` lists them."""

    def __init__(self, files: Sequence[Unreadable]) -> None:
        super().__init__(f"none of {len(files)} images can be read; {files[0].cause}")
        self.files = tuple(files)


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageSet:
    """Images in memory and what is known of each.

    Args:
        paths: The file of each image.
        images: Shape (N, C, size, size), float32 in [0, 1].
        kinds: `good` or the name of the defect of each; None where nothing is known.
        masks: Defective pixels, shape (N, size, size), bool; None if there is not one mask.
        masked: Which images' defective pixels are known, shape (N,), bool: normal images, and
            anomalous ones with a mask. None without masks.
        intensity: Black and white of files of more than 8 bits; None if there are none.
        unreadable: Files that are missing here because they could not be read.
        notes: What was done to some images and must be known.
    """

    paths: tuple[Path, ...]
    images: Tensor
    kinds: tuple[str, ...] | None = None
    masks: Tensor | None = None
    masked: Tensor | None = None
    intensity: Intensity | None = None
    unreadable: tuple[Unreadable, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def labels(self) -> Tensor | None:
        """0 for normal and 1 for anomalous images, shape (N,), int64, where that is known."""
        if self.kinds is None:
            return None
        return torch.tensor([int(kind != NORMAL) for kind in self.kinds], dtype=torch.int64)

    @property
    def channels(self) -> int:
        """1 for grey images, 3 for colour."""
        return int(self.images.shape[1])


@dataclass(frozen=True)
class Shown:
    """How a file came in.

    Args:
        shape: Height and width in pixels, as displayed.
        orientation: Of EXIF, which was applied.
    """

    shape: tuple[int, int]
    orientation: int


@dataclass
class _Read:
    """What was read so far."""

    paths: list[Path] = field(default_factory=list)
    pixels: list[Pixels] = field(default_factory=list)
    levels: dict[int, Levels] = field(default_factory=dict)
    transparent: list[Path] = field(default_factory=list)


class Reader:
    """Reads images with one set of settings and counts them."""

    def __init__(
        self,
        *,
        size: int,
        channels: int | None,
        intensity: Intensity | None,
        total: int,
        progress: Progress | None,
    ) -> None:
        if size < 1:
            raise ValueError(f"expected a size of at least 1 pixel, got {size}")
        if channels not in (None, 1, 3):
            raise ValueError(f"expected channels to be 1 (grey) or 3 (colour), got {channels}")
        self.size, self.channels, self.intensity = size, channels, intensity
        self.total, self.progress, self.done = total, progress, 0
        self.shown: dict[Path, Shown] = {}

    def read(
        self,
        paths: Sequence[Path],
        where: str,
        *,
        kinds: Mapping[Path, str] | None = None,
        strict: bool = False,
    ) -> ImageSet:
        """Read images of one number of channels, in float and in [0, 1].

        Args:
            paths: Files, at least one.
            where: What notes begin with.
            kinds: The kind of each file, where known.
            strict: Whether every file must be readable; by default those that are not are listed.

        Raises:
            ValueError: If a file that must be readable, or every file, is not, or grey and colour
                are mixed.
            OSError: If a file that must be readable is missing or closed to the user.
        """
        read, unreadable = _Read(), []
        for path in paths:
            try:
                self._add(read, path, decode(path))
            except (ValueError, OSError) as error:
                if strict:
                    raise
                unreadable.append(Unreadable(path, str(error), kinds[path] if kinds else None))
            self.done += 1
            if self.progress is not None:
                self.progress(self.done, self.total)
        if not read.paths:
            raise NothingReadableError(unreadable)
        _check_channels(read.paths, [len(image) for image in read.pixels])
        intensity, about = self._finish(read)
        notes = [*self._about(read), *about]
        if unreadable:
            lost = f"{len(unreadable)} of {len(paths)} files cannot be read"
            notes.append(f"{lost}; {unreadable[0].cause}")
        return ImageSet(
            paths=tuple(read.paths),
            images=torch.from_numpy(np.stack(read.pixels)),
            kinds=tuple(kinds[path] for path in read.paths) if kinds else None,
            intensity=intensity,
            unreadable=tuple(unreadable),
            notes=tuple(f"{where}: {line}" for line in notes),
        )

    def _add(self, read: _Read, path: Path, decoded: Decoded) -> None:
        """Bring one image to size and channels; its range is known when all are read."""
        self.shown[path] = Shown(decoded.pixels.shape[1:], decoded.orientation)
        if decoded.wide:
            read.levels[len(read.paths)] = levels_of(decoded.pixels)
        planes = [resize(_plane(band, decoded), self.size) for band in decoded.pixels]
        pixels = np.concatenate(planes)
        read.pixels.append(pixels if self.channels is None else to_channels(pixels, self.channels))
        read.paths.append(path)
        if decoded.alpha is not None:
            read.transparent.append(path)

    def _finish(self, read: _Read) -> tuple[Intensity | None, tuple[str, ...]]:
        """Scale all images to [0, 1], those of more than 8 bits by one range."""
        levels = list(read.levels.values())
        given = self.intensity is not None
        if levels and self.intensity is None:
            self.intensity = choose_intensity(levels)
        for index, pixels in enumerate(read.pixels):
            ends = self.intensity if index in read.levels else None
            read.pixels[index] = scale(pixels, ends or (0.0, 1.0))
        if not levels or self.intensity is None:
            return self.intensity, ()
        count = len(read.paths)
        return self.intensity, about_intensity(levels, self.intensity, images=count, given=given)

    def _about(self, read: _Read) -> list[str]:
        """Say what was done to images."""
        notes = []
        sizes = Counter(self.shown[path].shape for path in read.paths)
        common = size_text(sizes.most_common(1)[0][0])
        if len(sizes) > 1:
            notes.append(
                f"images of {len(sizes)} sizes, most often {common}; all were resized to "
                f"{size_text((self.size, self.size))}"
            )
        stretched = sum(number for (height, width), number in sizes.items() if height != width)
        if stretched:
            notes.append(
                f"{stretched} of {len(read.paths)} images are not square and were stretched"
            )
        if read.transparent:
            notes.append(
                f"{len(read.transparent)} images are transparent (such as "
                f"{read.transparent[0].name}) and were composited on black"
            )
        return notes


def size_text(shape: tuple[int, int]) -> str:
    """Write height and width as people do, width first."""
    return f"{shape[1]}x{shape[0]}"


def _plane(band: NDArray[np.generic], decoded: Decoded) -> Pixels:
    """Return one channel in float32, shape (1, H, W): the only copy in float at full size."""
    plane = band.astype(np.float32)
    if not decoded.wide:
        plane /= 255
    if decoded.alpha is not None:
        plane *= decoded.alpha  # on black, the value of padding
    return plane[None]


def _check_channels(paths: Sequence[Path], channels: Sequence[int]) -> None:
    """Raise a ValueError if grey and colour images are mixed."""
    counts = Counter(channels)
    if len(counts) > 1:
        rare = min(counts, key=lambda number: counts[number])
        example = paths[channels.index(rare)]
        raise ValueError(
            f"expected all images grey or all in colour, got {counts[1]} grey and {counts[3]} "
            f"in colour in {example.parent} (such as {example.name}, "
            f"{'grey' if rare == 1 else 'in colour'}): convert all with channels=1 "
            "(--channels 1), grey, or channels=3 (--channels 3), colour"
        )
