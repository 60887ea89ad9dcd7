"""The images and folders in a folder, and what the names of folders say."""

import re
from collections.abc import Sequence
from pathlib import Path

from lamp.data.formats import SUFFIXES

NORMAL = "good"
"""The kind of normal images, whatever their folder is called."""

TRAIN, TEST, MASKS = "train", "test", "ground_truth"
"""The folders of a category, as MVTec AD calls them."""


def _words(text: str) -> frozenset[str]:
    """Split a text into words."""
    return frozenset(text.split())


_NORMAL_WORDS = _words(
    "good goods ok okay normal normals nominal healthy clean intact pass passed free flawless "
    "undamaged io iot gut nodefect nodefects noanomaly nonanomalous nondefect nondefective "
    "notdefective undefective undefected defectfree withoutdefect withoutdefects faultfree nofault "
    "nocrack noncracked uncracked conforming accepted negative negatives"
)
_ANOMALOUS_WORDS = _words(
    "bad ko ng nok notok notgood nogood nio abnormal abnormals anomaly anomalies anomalous defect "
    "defects defective fail failed fault faulty broken damaged reject rejected scrap positive "
    "positives nonconforming cracked"
)
_SOUND_WORDS = _words("good ok okay normal free healthy")
_NOT_WORDS = _words("not no non un def")
_PART_WORDS = {
    TRAIN: _words("train training trainset trainingset traindata trainingdata trainimages"),
    TEST: _words("test testing tests testset testingset testdata testingdata testimages"),
    MASKS: _words(
        "groundtruth groundtruths gt mask masks testmask testmasks maskstest segmentation "
        "segmentations annotation annotations label labels"
    ),
}
_SHOWN = 3  # names shown of a longer list


def images_in(folder: Path, notes: list[str]) -> tuple[Path, ...]:
    """List the images of one folder, sorted by name; if it has none, those one level deeper.

    Folders of masks in it do not count.
    Links that lead nowhere are listed by their name: reading them says where they lead.

    Args:
        folder: The folder.
        notes: What is passed over, or read from deeper folders, is added here. Hidden files are
            not mentioned.

    Returns:
        Paths with a suffix of `SUFFIXES`.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    images = images_here(folder, notes)
    inner = {path: _images(path) for path in folders_in(folder) if part_of(path.name) != MASKS}
    full = [path for path, found in inner.items() if found]
    if not images and full:
        images = tuple(image for path in full for image in inner[path])
        notes.append(
            f"{folder}: {count_text(len(images), 'image')} taken from the folders in it: "
            f"{listed([path.name for path in full])}"
        )
    elif full:
        notes.append(f"{folder}: passed over the folders in it: {_with_counts(inner, full)}")
    return images


def images_here(folder: Path, notes: list[str]) -> tuple[Path, ...]:
    """List the images directly in a folder, sorted; files of other types are added to the notes.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder {folder}")
    others = [p.name for p in _entries(folder) if not is_image(p) and not p.is_dir()]
    if others:
        notes.append(f"{folder}: passed over {listed(others)}, no {'/'.join(SUFFIXES)}")
    return _images(folder)


def folders_in(root: Path) -> tuple[Path, ...]:
    """List the folders in a folder, sorted by name; none if it does not exist."""
    return tuple(path for path in _entries(root) if path.is_dir()) if root.is_dir() else ()


def has_images(folder: Path) -> bool:
    """Tell whether there are images in a folder, or one level deeper."""
    return bool(_images(folder)) or any(_images(path) for path in folders_in(folder))


def is_image(path: Path) -> bool:
    """Tell by the name whether a file is an image."""
    return path.suffix.lower() in SUFFIXES


def no_images(folder: Path) -> str:
    """Say that there is no image in a folder, and what there is instead."""
    counts: dict[str, int] = {}
    for path in _entries(folder):
        kind = "folders" if path.is_dir() else path.suffix or "files without suffix"
        counts[kind] = counts.get(kind, 0) + 1
    there = listed([f"{number} {kind}" for kind, number in counts.items()])
    return (
        f"expected images ({'/'.join(SUFFIXES)}) in {folder}, got none"
        f"{f' (there are: {there})' if there else ''}"
    )


def listed(names: Sequence[str]) -> str:
    """Name the first few of a list.

    Example:
        >>> listed(["a", "b", "c", "d", "e"])
        'a, b, c and 2 more'
    """
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def count_text(number: int, what: str) -> str:
    """Write a number of things.

    Example:
        >>> count_text(1, "image"), count_text(2, "image")
        ('1 image', '2 images')
    """
    return f"{number} {what}{'s' * (number != 1)}"


def _images(folder: Path) -> tuple[Path, ...]:
    """List the images directly in a folder."""
    return tuple(p for p in _entries(folder) if is_image(p) and not p.is_dir())


def _entries(folder: Path) -> list[Path]:
    """List what is in a folder, without hidden files."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _with_counts(inner: dict[Path, tuple[Path, ...]], full: Sequence[Path]) -> str:
    """Name folders and how many images each has."""
    return listed([f"{path.name} ({count_text(len(inner[path]), 'image')})" for path in full])


def is_normal(name: str) -> bool:
    """Tell whether a folder's name says that its images are normal.

    Example:
        >>> [name for name in ("good", "OK", "No_Defect", "scratch") if is_normal(name)]
        ['good', 'OK', 'No_Defect']
    """
    return _plain(name) in _NORMAL_WORDS


def sounds_normal(name: str) -> bool:
    """Tell whether one word of a folder's name says so, and none says otherwise.

    Example:
        >>> [name for name in ("ok_front", "not ok", "good-bad") if sounds_normal(name)]
        ['ok_front']
    """
    words = set(re.split(r"[ ._\d-]+|(?<=[a-z])(?=[A-Z])", name))
    plain = {word.casefold() for word in words}
    return bool(plain & _SOUND_WORDS) and not plain & (_ANOMALOUS_WORDS | _NOT_WORDS)


def is_anomalous(name: str) -> bool:
    """Tell whether a folder's name says that its images are anomalous, whatever the defect."""
    return _plain(name) in _ANOMALOUS_WORDS


def part_of(name: str) -> str | None:
    """Return which part of a category a folder is: `train`, `test`, `ground_truth`, or None.

    Example:
        >>> part_of("Ground Truth"), part_of("masks"), part_of("validation")
        ('ground_truth', 'ground_truth', None)
    """
    return next((part for part, names in _PART_WORDS.items() if _plain(name) in names), None)


def _plain(name: str) -> str:
    """Return a name in small letters without separators."""
    return re.sub(r"[ ._-]", "", name.casefold())
