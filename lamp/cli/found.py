"""The images that a user points at: files, a folder of them, or a category in MVTec layout."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from lamp.data import ImageSet, load_folder, load_test
from lamp.data.intensity import Intensity
from lamp.data.layout import has_normal, is_category
from lamp.data.reader import Progress
from lamp.detection.inputs import load_files


@dataclass(frozen=True, eq=False)
class Found:
    """Images to score.

    Args:
        images: The images; its `unreadable` lists the files that could not be read.
        root: What their names are relative to.
        normal: Normal images beside them, for baselines; None if there are none or none wanted.
    """

    images: ImageSet
    root: Path
    normal: Tensor | None = None

    @property
    def names(self) -> list[str]:
        """Paths as they are shown and written."""
        return [self.name_of(path) for path in self.images.paths]

    def name_of(self, path: Path) -> str:
        """Return the path of a file, read or unreadable, as it is shown and written."""
        return str(path.relative_to(self.root) if path.is_relative_to(self.root) else path)


def find_images(
    paths: Sequence[Path],
    *,
    size: int,
    channels: int,
    normal: bool,
    intensity: Intensity | None = None,
    progress: Progress | None = None,
) -> Found:
    """Load what is to be scored: of a category the test images, and its normal ones if wanted.

    Args:
        paths: A category in MVTec layout, whose test images are meant; or a folder with images
            in it; or files.
        size: Side in pixels.
        channels: 1 or 3; images of the other kind are converted.
        normal: Whether to load the normal images of a category, too, if there are any.
        intensity: Black and white of files of more than 8 bits, as the detector keeps them.
        progress: Called as progress(files read, files in all).

    Returns:
        The images.

    Raises:
        FileNotFoundError: If there are no images where they were expected; it says where.
        ValueError: If none of them can be read.
    """
    if len(paths) != 1 or not is_category(paths[0]):
        root = paths[0] if len(paths) == 1 and paths[0].is_dir() else Path()
        return Found(load_files(paths, size, channels, intensity, progress), root)
    root, notes = paths[0], tuple[str, ...]()
    load: Any = {"size": size, "channels": channels, "intensity": intensity, "progress": progress}
    if normal and has_normal(root):
        try:
            folder = load_folder(root, **load)
        except (ValueError, OSError) as error:  # of the test images, it comes again below
            notes = (f"no baselines, which learn from the images to train on: {error}",)
        else:
            if folder.test is not None:
                return Found(replace(folder.test, notes=folder.notes), root, folder.train.images)
    test = load_test(root, **load)
    return Found(replace(test, notes=(*notes, *test.notes)), root)
