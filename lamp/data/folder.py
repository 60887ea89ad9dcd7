"""Folders of images: any category in the layout of MVTec AD, and plain lists of files."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lamp.data.decode import Decoded, decode, resize, resize_mask, to_channels
from lamp.data.layout import NORMAL, Layout, find_layout

Progress = Callable[[int, int], None]


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
        notes: What was done to some images and must be known.
    """

    paths: tuple[Path, ...]
    images: Tensor
    kinds: tuple[str, ...] | None = None
    masks: Tensor | None = None
    masked: Tensor | None = None
    notes: tuple[str, ...] = ()

    @property
    def labels(self) -> Tensor | None:
        """0 for normal and 1 for anomalous images, shape (N,), int64, where that is known."""
        if self.kinds is None:
            return None
        return torch.tensor([int(kind != NORMAL) for kind in self.kinds])

    @property
    def channels(self) -> int:
        """1 for grey images, 3 for colour."""
        return int(self.images.shape[1])


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageFolder:
    """A category to detect anomalies in.

    Args:
        name: Name of the folder.
        train: Normal images to train on.
        test: Images to test on; None if there is no folder `test`.
        notes: What must be known: files passed over, missing masks, sizes and transparency.
    """

    name: str
    train: ImageSet
    test: ImageSet | None
    notes: tuple[str, ...]


def load_folder(
    root: str | Path,
    *,
    size: int,
    channels: int | None = None,
    progress: Progress | None = None,
) -> ImageFolder:
    """Load a category in MVTec layout: `{train/good, test/<kind>, ground_truth/<defect>}`.

    `good` is normal, every other kind anomalous. Masks, and the test images, may be missing. Read
    `lamp.data.decode` for what happens to pixels: images of any size become squares of `size`
    pixels, with antialiasing, stretched where they were not square.

    Args:
        root: The folder.
        size: Side in pixels.
        channels: 1 or 3 converts all images to grey or colour. By default they must agree.
        progress: Called as progress(images read, images in all).

    Returns:
        The category, in memory: 4 bytes a pixel and channel.

    Raises:
        FileNotFoundError: If folders or images are missing.
        ValueError: If a file is damaged, masks and images do not belong together, or grey and
            colour images are mixed.
    """
    layout = find_layout(Path(root))
    total = len(layout.train) + sum(map(len, layout.test.values()))
    reader = _Reader(size, channels, total, progress)
    train = reader.read(layout.train, "train")
    test = _test_set(layout, reader) if layout.test else None
    if test is not None and test.channels != train.channels:
        raise ValueError(
            f"expected test images like those in {layout.root / 'train' / NORMAL}, which have "
            f"{train.channels} channels, got {test.channels} in {test.paths[0]}: convert all with "
            "channels 1 (grey) or 3 (colour)"
        )
    notes = (*layout.notes, *train.notes, *(test.notes if test else ()))
    name = layout.root.resolve().name
    return ImageFolder(name=name, train=train, test=test, notes=notes)


def load_test(
    root: str | Path,
    *,
    size: int,
    channels: int | None = None,
    progress: Progress | None = None,
) -> ImageSet:
    """Load the test images of a category, and their masks; those to train on are not needed.

    Args:
        root: As in `load_folder`.
        size: As in `load_folder`.
        channels: As in `load_folder`.
        progress: As in `load_folder`.

    Returns:
        The images; its notes are all that must be known.

    Raises:
        FileNotFoundError: If there are none.
        ValueError: As `load_folder`.
    """
    layout = find_layout(Path(root), train=False)
    if not layout.test:
        raise FileNotFoundError(
            f"expected test images in {layout.root / 'test' / '<kind>'}, got no folder there: "
            "add it, or give files or a folder of images"
        )
    reader = _Reader(size, channels, sum(map(len, layout.test.values())), progress)
    test = _test_set(layout, reader)
    return replace(test, notes=(*layout.notes, *test.notes))


def load_images(
    paths: Sequence[Path],
    *,
    size: int,
    channels: int | None = None,
    progress: Progress | None = None,
) -> ImageSet:
    """Load image files of which nothing is known.

    Args:
        paths: At least one file.
        size: Side in pixels.
        channels: As in `load_folder`.
        progress: As in `load_folder`.

    Returns:
        The images.

    Raises:
        ValueError: If there is none, or one is damaged, or grey and colour images are mixed.
    """
    if not paths:
        raise ValueError("expected at least one image, got none")
    return _Reader(size, channels, len(paths), progress).read(paths, "images")


class _Reader:
    """Reads images with one set of settings and counts them."""

    def __init__(
        self, size: int, channels: int | None, total: int, progress: Progress | None
    ) -> None:
        if size < 1:
            raise ValueError(f"expected a size of at least 1 pixel, got {size}")
        if channels not in (None, 1, 3):
            raise ValueError(f"expected channels to be 1 (grey) or 3 (colour), got {channels}")
        self.size, self.channels, self.total, self.progress = size, channels, total, progress
        self.done = 0
        self.native: dict[Path, tuple[int, int]] = {}

    def read(self, paths: Sequence[Path], where: str) -> ImageSet:
        """Read images of one number of channels."""
        pixels, transparent = [], []
        for path in paths:
            decoded = decode(path)
            pixels.append(self._converted(path, decoded))
            if decoded.transparent:
                transparent.append(path)
        self._check_channels(paths, [len(image) for image in pixels])
        notes = self._notes(paths, transparent, where)
        return ImageSet(paths=tuple(paths), images=torch.from_numpy(np.stack(pixels)), notes=notes)

    def mask(self, path: Path, image: Path) -> NDArray[np.bool_]:
        """Read the mask of an image: what is above half of its brightest value, if anything is."""
        values = to_channels(decode(path).pixels, 1)[0]
        height, width = values.shape
        if (height, width) != self.native[image]:
            raise ValueError(
                f"expected mask {path} as large as its image, {_size(self.native[image])}, "
                f"got {_size((height, width))}"
            )
        return resize_mask(values > values.max() / 2, self.size)

    def _converted(self, path: Path, decoded: Decoded) -> NDArray[np.float32]:
        """Bring one image to the settings."""
        height, width = decoded.pixels.shape[1:]
        self.native[path] = (height, width)
        pixels = decoded.pixels
        if self.channels is not None:
            pixels = to_channels(pixels, self.channels)
        self.done += 1
        if self.progress is not None:
            self.progress(self.done, self.total)
        return resize(pixels, self.size)

    def _check_channels(self, paths: Sequence[Path], channels: Sequence[int]) -> None:
        """Raise a ValueError if grey and colour images are mixed."""
        counts = Counter(channels)
        if len(counts) > 1:
            rare = min(counts, key=lambda number: counts[number])
            example = paths[channels.index(rare)]
            raise ValueError(
                f"expected all images grey or all in colour, got {counts[1]} grey and {counts[3]} "
                f"in colour in {example.parent} (such as {example.name}, "
                f"{'grey' if rare == 1 else 'in colour'}): convert all with channels 1 (grey) or "
                "3 (colour)"
            )

    def _notes(
        self, paths: Sequence[Path], transparent: Sequence[Path], where: str
    ) -> tuple[str, ...]:
        """Say what was done to images."""
        notes = []
        sizes = Counter(self.native[path] for path in paths)
        common = _size(sizes.most_common(1)[0][0])
        if len(sizes) > 1:
            notes.append(
                f"{where}: images of {len(sizes)} sizes, most often {common}; all were resized to "
                f"{_size((self.size, self.size))}"
            )
        stretched = sum(number for (height, width), number in sizes.items() if height != width)
        if stretched:
            notes.append(
                f"{where}: {stretched} of {len(paths)} images are not square and were stretched"
            )
        if transparent:
            notes.append(
                f"{where}: {len(transparent)} images are transparent (such as "
                f"{transparent[0].name}) and were composited on black"
            )
        return tuple(notes)


def _test_set(layout: Layout, reader: _Reader) -> ImageSet:
    """Read the test images, kind after kind, and their masks."""
    kinds = tuple(kind for kind, paths in layout.test.items() for _ in paths)
    paths = tuple(path for paths in layout.test.values() for path in paths)
    found = reader.read(paths, "test")
    if not layout.masks:
        return replace(found, kinds=kinds)
    masks = torch.zeros(len(paths), reader.size, reader.size, dtype=torch.bool)
    masked = torch.tensor([kind == NORMAL for kind in kinds])
    empty = []
    for index, path in enumerate(paths):
        if path in layout.masks:
            masks[index] = torch.from_numpy(reader.mask(layout.masks[path], path))
            masked[index] = bool(masks[index].any())
            empty += [] if masked[index] else [layout.masks[path].name]
    notes = found.notes
    if empty:
        empty_note = (
            f"masks of {len(empty)} anomalous images mark no pixel (such as {empty[0]}): left out "
            "of the metrics of pixels"
        )
        notes = (*notes, empty_note)
    return replace(found, kinds=kinds, masks=masks, masked=masked, notes=notes)


def _size(shape: tuple[int, int]) -> str:
    """Write height and width as people do, width first."""
    return f"{shape[1]}x{shape[0]}"
