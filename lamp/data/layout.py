"""Where the images and masks of a category are: the folders of MVTec AD, names only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lamp.data.decode import SUFFIXES

NORMAL = "good"
"""Name of the folders of normal images."""

_SHOWN = 3  # names shown of a longer list


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The files of a category (Bergmann et al., CVPR 2019).

    Args:
        root: The folder.
        train: Normal images to train on, from `train/good`.
        test: Test images by kind: `good`, and the defects, from `test/<kind>`.
        masks: Test image to its mask, from `ground_truth/<defect>/<stem>_mask.png`.
        notes: What was passed over.
    """

    root: Path
    train: tuple[Path, ...]
    test: Mapping[str, tuple[Path, ...]]
    masks: Mapping[Path, Path]
    notes: tuple[str, ...]


def find_layout(root: Path, *, train: bool = True) -> Layout:
    """List the files of a folder in MVTec layout.

    Masks may be missing, as may the test images. Files of other types are passed over and noted.

    Args:
        root: `<root>/{train/good, test/<kind>, ground_truth/<defect>}`.
        train: Whether the images to train on are wanted; they must be there then.

    Returns:
        Sorted paths.

    Raises:
        FileNotFoundError: If the folder or its normal images are missing.
        ValueError: If a mask has no image.
    """
    notes: list[str] = []
    normal = _train_images(root, notes) if train else ()
    folders = _folders(root / "test")
    test = {folder.name: images_in(folder, notes) for folder in folders}
    for folder in folders:
        if not test[folder.name]:
            raise FileNotFoundError(_no_images(folder))
    masks: dict[Path, Path] = {}
    for folder in _folders(root / "ground_truth"):
        if folder.name != NORMAL:
            masks |= _masks(folder, root / "test" / folder.name, test.get(folder.name, ()), notes)
    notes += _without_masks(test, masks)
    return Layout(root=root, train=normal, test=test, masks=masks, notes=tuple(notes))


def images_in(folder: Path, notes: list[str]) -> tuple[Path, ...]:
    """List the images of one folder, sorted by name.

    Args:
        folder: The folder; what is in folders below it does not count.
        notes: What is passed over is added here. Hidden files are not mentioned.

    Returns:
        Paths with a suffix of `SUFFIXES`.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder {folder}")
    entries = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    images = tuple(path for path in entries if path.is_file() and is_image(path))
    others = [path.name for path in entries if path not in set(images)]
    if others:
        notes.append(f"{folder}: passed over {_listed(others)}, no {'/'.join(SUFFIXES)}")
    return images


def is_image(path: Path) -> bool:
    """Tell by the name whether a file is an image."""
    return path.suffix.lower() in SUFFIXES


def _train_images(root: Path, notes: list[str]) -> tuple[Path, ...]:
    """List the normal images, or say where they were expected."""
    if not root.is_dir():
        raise FileNotFoundError(f"no folder {root}")
    folder = root / "train" / NORMAL
    if not folder.is_dir():
        inside = [path.name for path in _folders(root) if (path / "train" / NORMAL).is_dir()]
        remedy = f"{root} holds the categories {_listed(inside)}: give one of them, such as "
        remedy += str(root / inside[0]) if inside else ""
        raise FileNotFoundError(
            f"expected normal images in {folder}, got no such folder; "
            + (remedy if inside else "put the images to train on there (MVTec layout)")
        )
    images = images_in(folder, notes)
    if not images:
        raise FileNotFoundError(_no_images(folder))
    return images


def _masks(
    folder: Path, image_folder: Path, images: Sequence[Path], notes: list[str]
) -> dict[Path, Path]:
    """Match the masks of one defect with its images by their stems."""
    by_stem: dict[str, list[Path]] = {}
    for image in images:
        by_stem.setdefault(image.stem, []).append(image)
    masks: dict[Path, Path] = {}
    for mask in images_in(folder, notes):
        # A stem may itself end in _mask: the whole one is looked for as well.
        stem = mask.stem.removesuffix("_mask")
        found = by_stem.get(stem) or by_stem.get(mask.stem) or []
        if not found:
            raise ValueError(
                f"mask {mask} has no image: expected {image_folder / stem}.* "
                f"({'/'.join(SUFFIXES)}); add the image or remove the mask"
            )
        if len(found) > 1 or found[0] in masks:
            names = _listed([path.name for path in found])
            raise ValueError(f"expected one image for one mask, got {names} for {mask}")
        masks[found[0]] = mask
    return masks


def _without_masks(test: Mapping[str, tuple[Path, ...]], masks: Mapping[Path, Path]) -> list[str]:
    """Say which anomalous images have no mask although others have."""
    notes = []
    for kind, images in test.items():
        missing = [path.name for path in images if path not in masks]
        if masks and missing and kind != NORMAL:
            notes.append(
                f"{len(missing)} of {len(images)} images of {kind!r} have no mask "
                f"({_listed(missing)}): left out of the metrics of pixels"
            )
    return notes


def _folders(root: Path) -> list[Path]:
    """List the folders in a folder, none if it does not exist, normal images first."""
    found = [p for p in root.iterdir() if p.is_dir()] if root.is_dir() else []
    visible = [path for path in found if not path.name.startswith(".")]
    return sorted(visible, key=lambda path: (path.name != NORMAL, path.name))


def _no_images(folder: Path) -> str:
    """Say that a folder is empty."""
    return f"expected images ({'/'.join(SUFFIXES)}) in {folder}, got none"


def _listed(names: Sequence[str]) -> str:
    """Name the first few of a list."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
