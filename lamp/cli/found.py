"""The images that a user points at: files, a folder of them, or a category in MVTec layout."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from lamp.data import ImageSet, images_in, load_folder, load_images
from lamp.data.folder import Progress


@dataclass(frozen=True, eq=False)
class Found:
    """Images to score.

    Args:
        images: The images.
        root: What their names are relative to.
        normal: Normal images beside them, for baselines; None if there are none.
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
    paths: Sequence[Path], *, size: int, channels: int, progress: Progress | None = None
) -> Found:
    """Load what is to be scored.

    Args:
        paths: A category in MVTec layout, whose test images are meant; or a folder with images
            in it; or files.
        size: Side in pixels.
        channels: 1 or 3; images of the other kind are converted.
        progress: Called as progress(images read, images in all).

    Returns:
        The images.

    Raises:
        FileNotFoundError: If there are no images where they were expected; it says where.
    """
    if len(paths) == 1 and any((paths[0] / part).is_dir() for part in ("train", "test")):
        folder = load_folder(paths[0], size=size, channels=channels, progress=progress)
        if folder.test is None:
            raise FileNotFoundError(
                f"expected test images in {paths[0] / 'test' / '<kind>'}, got no folder 'test': "
                "add it, or give files or a folder of images to score"
            )
        test = replace(folder.test, notes=folder.notes)
        return Found(test, paths[0], folder.train.images)
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
