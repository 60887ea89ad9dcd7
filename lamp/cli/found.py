"""The images that a user points at: files, a folder of them, or a category in MVTec layout."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from lamp.data import NORMAL, ImageSet, images_in, load_folder, load_images, load_test
from lamp.data.folder import Progress


@dataclass(frozen=True, eq=False)
class Found:
    """Images to score.

    Args:
        images: The images.
        root: What their names are relative to.
        normal: Normal images beside them, for baselines; None if there are none or none wanted.
    """

    images: ImageSet
    root: Path
    normal: Tensor | None = None

    @property
    def names(self) -> list[str]:
        """Paths as they are shown and written."""
        paths = self.images.paths
        return [str(p.relative_to(self.root) if p.is_relative_to(self.root) else p) for p in paths]


def find_images(
    paths: Sequence[Path],
    *,
    size: int,
    channels: int,
    normal: bool,
    progress: Progress | None = None,
) -> Found:
    """Load what is to be scored.

    Args:
        paths: A category in MVTec layout, whose test images are meant; or a folder with images
            in it; or files.
        size: Side in pixels.
        channels: 1 or 3; images of the other kind are converted.
        normal: Whether to load the normal images of a category, too, if there are any.
        progress: Called as progress(images read, images in all).

    Returns:
        The images.

    Raises:
        FileNotFoundError: If there are no images where they were expected; it says where.
    """
    if len(paths) == 1 and any((paths[0] / part).is_dir() for part in ("train", "test")):
        return _category(paths[0], size, channels, normal=normal, progress=progress)
    notes: list[str] = []
    files: list[Path] = []
    for path in paths:
        files += images_in(path, notes) if path.is_dir() else [path]
    if not files:
        raise FileNotFoundError(
            f"expected images in {', '.join(map(str, paths))}, got none: give files, a folder with "
            "images in it, or a category in MVTec layout (train/good, test/<kind>)"
        )
    images = load_images(files, size=size, channels=channels, progress=progress)
    root = paths[0] if len(paths) == 1 and paths[0].is_dir() else Path()
    return Found(replace(images, notes=(*notes, *images.notes)), root)


def _category(
    root: Path, size: int, channels: int, *, normal: bool, progress: Progress | None
) -> Found:
    """Load the test images of a category and, if wanted and there, its normal images."""
    if not (normal and (root / "train" / NORMAL).is_dir() and (root / "test").is_dir()):
        return Found(load_test(root, size=size, channels=channels, progress=progress), root)
    folder = load_folder(root, size=size, channels=channels, progress=progress)
    test = folder.test or load_test(
        root, size=size, channels=channels
    )  # which says what is missing
    return Found(replace(test, notes=folder.notes), root, folder.train.images)
