"""Which mask belongs to which image, by their names."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from lamp.data.formats import SUFFIXES
from lamp.data.listing import (
    MASKS,
    NORMAL,
    count_text,
    folders_in,
    images_here,
    is_normal,
    listed,
    part_of,
    sounds_normal,
)

Masks = dict[Path, tuple[Path, ...]]
Names = dict[str, list[Path]]
"""Images by the names that masks may call them."""

_LOOSE = "/"  # begins no name of a file
_AFFIXES = r"(?:masks?|gt|ground[ _-]?truth|labels?|seg(?:mentation)?|anno(?:tation)?|defects?)"
_SUFFIX = re.compile(rf"[ ._-]{_AFFIXES}(?:[ ._-]?\d+)?$", re.IGNORECASE)
_PREFIX = re.compile(rf"^{_AFFIXES}[ ._-]", re.IGNORECASE)
_IMAGE = re.compile(r"[ ._-](?:image|img|rgb|color|colour)$", re.IGNORECASE)
_FILE = re.compile(r"\.(?:png|jpe?g|bmp|tiff?|pgm|ppm|webp|jp2|j2k)$", re.IGNORECASE)


def match_masks(
    folder: Path, test: Path, images: Mapping[str, Sequence[Path]], notes: list[str]
) -> Masks:
    """Match masks with test images: `<defect>/<stem>_mask.png` and what others call them.

    Also found: masks of all defects in one folder; a folder of masks for each image, as in MVTec
    LOCO; several masks of an image (`<stem>_mask_1.png`). Masks of normal images do not count.

    Args:
        folder: Folder of the masks.
        test: Folder of the test images, for what is said.
        images: Test images by kind.
        notes: What is passed over is added here.

    Raises:
        ValueError: If a mask has no image, or several.
    """
    masks: Masks = {}
    anomalous = [path for kind, paths in images.items() if kind != NORMAL for path in paths]
    defects, normal = _by_name(anomalous), _by_name(images.get(NORMAL, ()))
    by_name = {_loose(kind): kind for kind in images}
    for inner in folders_in(folder):
        kind = inner.name if inner.name in images else by_name.get(_loose(inner.name))
        if kind == NORMAL or is_normal(inner.name) or (kind is None and sounds_normal(inner.name)):
            continue
        if kind is not None:
            _pair_kind(masks, inner, images[kind], test / kind, notes)
        elif _image_of(inner.name, defects):
            files = [(inner.name, path) for path in images_here(inner, notes)]
            _pair(masks, files, defects, test)
        else:
            _pair_kind(masks, inner, (), test / inner.name, notes)
    loose = [(path.stem, path) for path in images_here(folder, notes)]
    wanted = [
        (name, path)
        for name, path in loose
        if _image_of(name, defects) or not _image_of(name, normal)
    ]
    _pair(masks, wanted, defects, test)
    return masks


def take_masks_out(images: Sequence[Path], notes: list[str]) -> tuple[tuple[Path, ...], Masks]:
    """Tell images from masks that lie beside them (`000.png` and `000_mask.png`), and note it."""
    masks: Masks = {}
    names = _by_name(images)
    for path in images:
        for image in _image_of(path.stem, names) if is_mask_name(path.stem) else ():
            if image != path:
                masks[image] = (*masks.get(image, ()), path)
    taken = {mask for files in masks.values() for mask in files}
    if taken:
        notes.append(
            f"{images[0].parent}: {count_text(len(taken), 'file')} named like masks of images "
            f"beside them ({listed(sorted(path.name for path in taken))}) are taken as such"
        )
    return tuple(path for path in images if path not in taken), masks


def masks_inside(folder: Path, images: Sequence[Path], notes: list[str]) -> Masks:
    """Match images with masks in folders inside theirs (`masks`, `gt`), and note it.

    Raises:
        ValueError: If a mask has no image, or several.
    """
    masks: Masks = {}
    for inner in folders_in(folder):
        if part_of(inner.name) == MASKS:
            notes.append(f"{inner}: taken for masks of the images in {folder.name}")
            files = [(path.stem, path) for path in images_here(inner, notes)]
            _pair(masks, files, _by_name(images), folder)
    return masks


def without_masks(images: Mapping[str, Sequence[Path]], masks: Mapping[Path, object]) -> list[str]:
    """Say which anomalous images have no mask although others have."""
    notes = []
    for kind, paths in images.items():
        missing = [path.name for path in paths if path not in masks]
        if masks and missing and kind != NORMAL:
            notes.append(
                f"{len(missing)} of {len(paths)} images of {kind!r} have no mask "
                f"({listed(missing)}): left out of the metrics of pixels"
            )
    return notes


def _pair_kind(
    masks: Masks, folder: Path, images: Sequence[Path], where: Path, notes: list[str]
) -> None:
    """Add the masks of one defect, in its folder and in folders in it."""
    names = _by_name(images)
    _pair(masks, [(path.stem, path) for path in images_here(folder, notes)], names, where)
    for inner in folders_in(folder):
        files = images_here(inner, notes)
        beside = [path for path in images if path.parent.name == inner.name]
        if beside:  # images are one level deeper as well
            own = [(path.stem, path) for path in files]
            _pair(masks, own, _by_name(beside), where / inner.name)
        else:  # the folder is of one image, as in MVTec LOCO
            _pair(masks, [(inner.name, path) for path in files], names, where)


def _pair(masks: Masks, files: Sequence[tuple[str, Path]], images: Names, where: Path) -> None:
    """Add masks to those of their images."""
    for name, mask in files:
        found = _image_of(name, images)
        if not found:
            raise ValueError(
                f"mask {mask} has no image: expected {where / image_stems(name)[0]}.* "
                f"({'/'.join(SUFFIXES)}); add the image or remove the mask"
            )
        if len(found) > 1:
            names = listed([f"{path.parent.name}/{path.name}" for path in found])
            raise ValueError(f"expected one image for one mask, got {names} for {mask}")
        masks[found[0]] = (*masks.get(found[0], ()), mask)


def _by_name(images: Sequence[Path]) -> Names:
    """Index images by the names that masks may call them, exact ones and others."""
    names: Names = {}
    for path in images:
        for stem in own_stems(path.stem):
            for key in (stem, _LOOSE + _loose(stem)):
                names.setdefault(key, []).append(path)
    return names


def _image_of(name: str, images: Names) -> list[Path]:
    """Find the images that a mask may belong to by its name, the same letters before others."""
    for stem in image_stems(name):
        found = images.get(stem) or images.get(_LOOSE + _loose(stem))
        if found:
            return found
    return []


def _loose(name: str) -> str:
    """Return a name in small letters, with accents as one archive or another writes them."""
    return unicodedata.normalize("NFC", name).casefold()


def image_stems(stem: str) -> tuple[str, ...]:
    """List the names that the image of a mask may have, without suffix, likely ones first.

    A name may itself end in `_mask`: the whole one is the last of the list.

    Example:
        >>> image_stems("000_mask"), image_stems("mask_000"), image_stems("000.png_mask")
        (('000', '000_mask'), ('000', 'mask_000'), ('000', '000.png_mask'))
    """
    bare = _FILE.sub("", _PREFIX.sub("", _SUFFIX.sub("", _FILE.sub("", stem))))
    return tuple(dict.fromkeys(name for name in (bare, stem) if name))


def is_mask_name(stem: str) -> bool:
    """Tell whether a name, without suffix, is that of a mask.

    Example:
        >>> is_mask_name("000_mask"), is_mask_name("mask"), is_mask_name("000")
        (True, False, False)
    """
    return len(image_stems(stem)) > 1


def own_stems(stem: str) -> tuple[str, ...]:
    """List the names by which a mask may call an image: its own, and it without `_image`.

    Example:
        >>> own_stems("000"), own_stems("000_Image")
        (('000',), ('000_Image', '000'))
    """
    return tuple(dict.fromkeys((stem, _IMAGE.sub("", stem))))
