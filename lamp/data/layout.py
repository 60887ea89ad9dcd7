"""Where the images of a category are: the folders of MVTec AD, and what others call them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lamp.data.listing import (
    MASKS,
    NORMAL,
    TEST,
    TRAIN,
    count_text,
    folders_in,
    has_images,
    images_here,
    images_in,
    is_anomalous,
    is_normal,
    listed,
    no_images,
    part_of,
    sounds_normal,
)
from lamp.data.matching import Masks, masks_inside, match_masks, take_masks_out, without_masks


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The files of a category (Bergmann et al., CVPR 2019).

    Args:
        root: The folder.
        train: Normal images to train on, from `train/good`.
        test: Test images by kind: `good`, and the defects, from `test/<kind>`.
        masks: Test image to the files of its mask, from `ground_truth/<defect>/<stem>_mask.png`.
        notes: What was passed over, and which folders were taken for which.
    """

    root: Path
    train: tuple[Path, ...]
    test: Mapping[str, tuple[Path, ...]]
    masks: Mapping[Path, tuple[Path, ...]]
    notes: tuple[str, ...]


def find_layout(root: Path, *, train: bool = True) -> Layout:
    """List the files of a folder in MVTec layout, or of a folder of normal images, sorted.

    Masks may be missing, as may the test images. Folders by other names (`Good`, `OK`, `Train`,
    `masks`) are found and noted; those that are not understood are named.

    Args:
        root: `<root>/{train/good, test/<kind>, ground_truth/<defect>}`; or, to train, a folder
            with normal images, or with a folder of them.
        train: Whether the images to train on are wanted; they must be there then.

    Raises:
        FileNotFoundError: If the folder or its normal images are missing.
        ValueError: If a mask has no image, or several folders may be the normal ones.
    """
    notes: list[str] = []
    parts = _parts(root, notes)
    normal: tuple[Path, ...] = ()
    if train:
        folder = parts.get(TRAIN)
        normal = _only_images(root, parts, notes) if folder is None else _train(folder, notes)
    test: dict[str, tuple[Path, ...]] = {}
    beside: dict[Path, tuple[Path, ...]] = {}
    if TEST in parts:
        test, beside = _test(parts[TEST], parts.get(TRAIN), notes)
        for folder in folders_in(parts[TEST]):
            if part_of(folder.name) == MASKS and parts.setdefault(MASKS, folder) == folder:
                notes.append(f"{folder}: taken for the folder {MASKS}")
    masks = beside
    if MASKS in parts and test:
        masks = {**beside, **match_masks(parts[MASKS], parts.get(TEST, root / TEST), test, notes)}
    notes += without_masks(test, masks)
    return Layout(root=root, train=normal, test=test, masks=masks, notes=tuple(notes))


def is_category(root: Path) -> bool:
    """Tell whether a folder has images to train on or to test on, in folders that say so."""
    return any(part_of(path.name) in (TRAIN, TEST) for path in folders_in(root))


def find_files(paths: Sequence[Path], notes: list[str]) -> list[Path]:
    """List files, and the images in folders.

    Args:
        paths: Both in any order.
        notes: What was passed over is added to them.

    Returns:
        Files.

    Raises:
        FileNotFoundError: If there is no such folder, or no image in any.
    """
    files: list[Path] = []
    for path in paths:
        files += take_masks_out(images_in(path, notes), notes)[0] if path.is_dir() else [path]
    if paths and not files:
        raise FileNotFoundError(
            f"{'; '.join(map(no_images, paths))}: give files, a folder with images in it, or the "
            "test images of a category in MVTec layout (train/good, test/<kind>)"
        )
    return files


def find_test(root: Path) -> Layout:
    """List the test images of a category, and their masks.

    Args:
        root: As of `find_layout`.

    Returns:
        The layout, without images to train on.

    Raises:
        FileNotFoundError: If there are no test images.
    """
    layout = find_layout(root, train=False)
    if not layout.test:
        raise FileNotFoundError(
            f"expected test images in {layout.root / 'test' / '<kind>'}, got no folder there: "
            "add it, or give files or a folder of images"
        )
    return layout


def has_normal(root: Path) -> bool:
    """Tell whether a category has images to train on."""
    return any(part_of(path.name) == TRAIN and has_images(path) for path in folders_in(root))


def _parts(root: Path, notes: list[str]) -> dict[str, Path]:
    """Find the folders of a category, an exact name before another."""
    parts: dict[str, Path] = {}
    others = []
    inside = sorted(folders_in(root), key=lambda path: (path.name != part_of(path.name), path.name))
    for folder in inside:
        part = part_of(folder.name)
        if part is None or part in parts:
            others.append(folder.name)
            continue
        parts[part] = folder
        if folder.name != part:
            notes.append(f"{folder}: taken for the folder {part}")
    if others and (TRAIN in parts or TEST in parts):
        notes.append(
            f"{root}: not read: {listed(sorted(others))} (of the folders in it, those that count "
            f"are {TRAIN}, {TEST} and {MASKS})"
        )
    return parts


def _train(folder: Path, notes: list[str]) -> tuple[Path, ...]:
    """List the images to train on, all of them normal."""
    inside = _kinds(folder)
    normal = _trained_on(inside)
    if not inside and has_images(folder):
        notes.append(f"{folder}: its images are taken as normal; there is no folder {NORMAL} in it")
        return _some_images(folder, notes)[0]
    if not normal:
        there = listed([path.name for path in inside])
        raise FileNotFoundError(
            f"expected normal images in {folder / NORMAL}, got no such folder"
            + (f" but {there}; rename the folder of normal images to {NORMAL}" if there else "")
            + ("" if there else "; put the images to train on there (MVTec layout)")
        )
    others = [path.name for path in inside if path not in normal]
    if others:
        notes.append(f"{folder}: not trained on: {listed(others)}")
    _note_loose(folder, notes)
    _note_names(normal, notes)
    return tuple(image for path in normal for image in _some_images(path, notes)[0])


def _test(
    folder: Path, train: Path | None, notes: list[str]
) -> tuple[dict[str, tuple[Path, ...]], dict[Path, tuple[Path, ...]]]:
    """List the test images by kind, normal ones first, and masks that lie beside them."""
    kinds = _kinds(folder)
    trained_on = {path.name for path in _trained_on(_kinds(train))} if train else set()
    normal = _normal_ones(kinds) or [path for path in kinds if path.name in trained_on]
    inside = sorted(kinds, key=lambda path: (path not in normal, path.name))
    test: dict[str, tuple[Path, ...]] = {}
    masks: dict[Path, tuple[Path, ...]] = {}
    for path in inside:
        kind = NORMAL if path in normal else path.name
        images, found = _some_images(path, notes)
        test[kind] = (*test.get(kind, ()), *images)
        masks |= {} if kind == NORMAL else found
    _note_names(normal, notes)
    doubtful = [p.name for p in inside if p not in normal and sounds_normal(p.name)]
    if doubtful:
        notes.append(f"{folder}: {listed(doubtful)} counts as anomalous, beside {NORMAL}")
    if inside and not normal and not all(is_anomalous(path.name) for path in inside):
        notes.append(
            f"{folder}: no folder is called {NORMAL}, so that all images count as anomalous "
            f"({listed([path.name for path in inside])}): rename the one of normal images"
        )
    _note_loose(folder, notes)
    return test, masks


def _only_images(root: Path, parts: Mapping[str, Path], notes: list[str]) -> tuple[Path, ...]:
    """List the normal images of a folder that has no folder `train`."""
    if not root.is_dir():
        raise FileNotFoundError(f"no folder {root}")
    inside = folders_in(root)
    normal = _normal_ones(inside)
    if TEST not in parts and normal:
        others = [path.name for path in inside if path not in normal]
        names = listed([path.name for path in normal])
        notes.append(f"{root}: no folder {TRAIN}: the images in {names} are taken as normal")
        if others:
            notes.append(f"{root}: not read: {listed(others)}")
        return tuple(image for path in normal for image in _some_images(path, notes)[0])
    categories = [path.name for path in inside if has_normal(path)]
    if TEST not in parts and not categories and has_images(root):
        if any(is_anomalous(path.name) for path in inside if has_images(path)):
            raise FileNotFoundError(
                f"expected normal images in {root / TRAIN / NORMAL}, got no such folder but "
                f"{listed([path.name for path in inside])}: rename the one of normal images to "
                f"{NORMAL}"
            )
        images, _ = _some_images(root, notes)
        notes.append(f"{root}: no folder {TRAIN}: all its images are taken as normal")
        return images
    remedy = "put the images to train on there (MVTec layout)"
    if categories:
        remedy = f"{root} holds the categories {listed(categories)}: give one of them, such as "
        remedy += str(root / categories[0])
    raise FileNotFoundError(
        f"expected normal images in {root / TRAIN / NORMAL}, got no such folder; {remedy}"
    )


def _kinds(folder: Path) -> list[Path]:
    """List the folders that say by their names of what kind images are."""
    return [path for path in folders_in(folder) if part_of(path.name) != MASKS]


def _trained_on(folders: Sequence[Path]) -> list[Path]:
    """Choose the folders to train on: the normal ones, or the only one if it may be normal."""
    only = len(folders) == 1 and not is_anomalous(folders[0].name)
    return _normal_ones(folders) or (list(folders) if only else [])


def _normal_ones(folders: Sequence[Path]) -> list[Path]:
    """Choose the folders of normal images: by the whole name, or else by a word of it."""
    surely = [path for path in folders if is_normal(path.name)]
    return surely or [path for path in folders if sounds_normal(path.name)]


def _some_images(folder: Path, notes: list[str]) -> tuple[tuple[Path, ...], Masks]:
    """List the images of a folder that must have some, and masks beside or below them."""
    images = images_in(folder, notes)
    if not images:
        raise FileNotFoundError(no_images(folder))
    images, masks = take_masks_out(images, notes)
    return images, masks | masks_inside(folder, images, notes)


def _note_loose(folder: Path, notes: list[str]) -> None:
    """Say which images are beside the folders that tell what images are."""
    loose = images_here(folder, [])
    if loose:
        notes.append(
            f"{folder}: not read: {count_text(len(loose), 'image')} in no folder that says what "
            f"they are ({listed([path.name for path in loose])})"
        )


def _note_names(normal: Sequence[Path], notes: list[str]) -> None:
    """Say which folders count as normal although they are not called `good`."""
    notes += [f"{path}: taken as normal, as {NORMAL}" for path in normal if path.name != NORMAL]
