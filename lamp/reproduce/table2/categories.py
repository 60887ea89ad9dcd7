"""Which categories in MVTec layout are present."""

from dataclasses import dataclass
from pathlib import Path

from lamp.data import NORMAL
from lamp.data.decode import decode
from lamp.data.layout import find_layout
from lamp.reproduce.paper import CATEGORIES


@dataclass(frozen=True, kw_only=True)
class Category:
    """A folder in MVTec layout.

    Args:
        name: Its name.
        folder: Where it is, relative to the root of the data.
        channels: 1 if its first image is grey, 3 if it is in colour.
    """

    name: str
    folder: str
    channels: int


def find_categories(root: Path | None) -> list[Category]:
    """List the categories under a folder: those of the paper in its order, then others.

    Args:
        root: Folder whose subfolders, or those of its `mvtec`, have `train/good` and `test`.

    Returns:
        At least one.

    Raises:
        ValueError: If no root is given, or a category has not both kinds of test images.
        FileNotFoundError: If there is none.
    """
    if root is None:
        raise ValueError(
            "expected --data-root, the folder that holds the categories of MVTec AD "
            "(<root>/mvtec/screw, ...), got none"
        )
    present = {
        folder.name: folder
        for parent in (root, root / "mvtec")
        if parent.is_dir()
        for folder in sorted(parent.iterdir())
        if (folder / "train" / NORMAL).is_dir() and (folder / "test").is_dir()
    }
    if not present:
        raise FileNotFoundError(
            f"expected at least one category in MVTec layout in {root / 'mvtec'} or {root}, such "
            f"as {root / 'mvtec' / 'screw' / 'train' / NORMAL}, got none"
        )
    names = [name for name in CATEGORIES if name in present]
    names += [name for name in present if name not in CATEGORIES]
    return [_category(present[name], root) for name in names]


def _category(folder: Path, root: Path) -> Category:
    """Describe a category; one image tells grey from colour."""
    layout = find_layout(folder)
    if NORMAL not in layout.test or len(layout.test) < 2:
        raise ValueError(
            f"expected normal and anomalous test images in {folder / 'test'}, which AUROC needs, "
            f"got {', '.join(layout.test) or 'none'}: complete the category or remove it"
        )
    return Category(
        name=folder.name,
        folder=folder.relative_to(root).as_posix(),
        channels=len(decode(layout.train[0]).pixels),
    )
