"""Folders of images: any category in the layout of MVTec AD, and plain lists of files."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lamp.data.intensity import Intensity
from lamp.data.layout import Layout, find_layout, find_test
from lamp.data.masks import add_masks
from lamp.data.reader import ImageSet, Progress, Reader
from lamp.data.split import about_copies


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageFolder:
    """A category to detect anomalies in.

    Args:
        name: Name of the folder.
        train: Normal images to train on.
        test: Images to test on; None if there are none.
        notes: What must be known: files passed over, missing masks, sizes and transparency.
    """

    name: str
    train: ImageSet
    test: ImageSet | None
    notes: tuple[str, ...]

    @property
    def intensity(self) -> Intensity | None:
        """Black and white of the files of more than 8 bits; None if there are none to train on."""
        return self.train.intensity


def load_folder(
    root: str | Path,
    *,
    size: int,
    channels: int | None = None,
    intensity: Intensity | None = None,
    progress: Progress | None = None,
) -> ImageFolder:
    """Load a category in MVTec layout: `{train/good, test/<kind>, ground_truth/<defect>}`.

    `good` is normal, every other kind anomalous. Masks, and the test images, may be missing; so may
    the folder `train`, where the root itself holds the normal images. Images of any size become
    squares of `size` pixels, with antialiasing, stretched where they were not square.

    Files of 8 bits are divided by 255. Files of more bits share one black and white, which the
    images to train on decide. A detector must keep `ImageFolder.intensity` (None, or two numbers)
    with what it learnt, and give it back as `intensity` whenever images are loaded to be scored.

    Args:
        root: The folder.
        size: Side in pixels.
        channels: 1 or 3 converts all images to grey or colour. By default they must agree.
        intensity: Black and white of files of more than 8 bits. By default they are chosen
            (`lamp.data.intensity.choose_intensity`).
        progress: Called as progress(files read, files in all).

    Returns:
        The category, in memory: 4 bytes a pixel and channel. Test images that cannot be read are
        listed in `test.unreadable`.

    Raises:
        FileNotFoundError: If folders or images are missing.
        ValueError: If an image to train on is damaged, masks and images do not belong together, or
            grey and colour images are mixed.
    """
    layout = find_layout(Path(root))
    total = len(layout.train) + sum(map(len, layout.test.values()))
    reader = Reader(
        size=size, channels=channels, intensity=intensity, total=total, progress=progress
    )
    train = reader.read(layout.train, "train", strict=True)
    test = _test_set(layout, reader) if layout.test else None
    if test is not None and test.channels != train.channels:
        raise ValueError(
            f"expected test images like those in {layout.train[0].parent}, which have "
            f"{train.channels} channels, got {test.channels} in {test.paths[0]}: convert all with "
            "channels=1 (--channels 1), grey, or channels=3 (--channels 3), colour"
        )
    notes = [*layout.notes, *train.notes, *(test.notes if test else ())]
    notes += about_copies(train.images, train.paths)
    if test is not None:
        notes += about_copies(train.images, train.paths, test.images, test.paths)
    name = layout.root.resolve().name
    return ImageFolder(name=name, train=train, test=test, notes=tuple(notes))


def load_test(
    root: str | Path,
    *,
    size: int,
    channels: int | None = None,
    intensity: Intensity | None = None,
    progress: Progress | None = None,
) -> ImageSet:
    """Load the test images of a category, and their masks; those to train on are not needed.

    Arguments are those of `load_folder`. Without `intensity`, which is that of the images trained
    on, the test images decide.

    Returns:
        The images; its notes are all that must be known, and `unreadable` lists the files that
        could not be read.

    Raises:
        FileNotFoundError: If there are none.
        ValueError: If no image can be read, masks and images do not belong together, or grey and
            colour images are mixed.
    """
    layout = find_test(Path(root))
    total = sum(map(len, layout.test.values()))
    reader = Reader(
        size=size, channels=channels, intensity=intensity, total=total, progress=progress
    )
    test = _test_set(layout, reader)
    return replace(test, notes=(*layout.notes, *test.notes))


def load_images(
    paths: str | Path | Sequence[str | Path],
    *,
    size: int,
    channels: int | None = None,
    intensity: Intensity | None = None,
    progress: Progress | None = None,
) -> ImageSet:
    """Load image files of which nothing is known.

    Further arguments are those of `load_test`.

    Returns:
        The images; `unreadable` lists the files that could not be read.

    Raises:
        ValueError: If there is none, or none can be read, or grey and colour images are mixed.
    """
    files = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    if not files:
        raise ValueError("expected at least one image, got none")
    reader = Reader(
        size=size, channels=channels, intensity=intensity, total=len(files), progress=progress
    )
    return reader.read(files, "images")


def _test_set(layout: Layout, reader: Reader) -> ImageSet:
    """Read the test images, kind after kind, and their masks."""
    kinds = {path: kind for kind, paths in layout.test.items() for path in paths}
    found = reader.read(tuple(kinds), "test", kinds=kinds)
    return add_masks(found, layout.masks, reader.shown) if layout.masks else found
