"""What people call the folders of a category, and the file of a mask."""

import re

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
    "defectfree withoutdefect withoutdefects faultfree"
)
_ANOMALOUS_WORDS = _words(
    "bad ko ng nok notok notgood nogood nio abnormal abnormals anomaly anomalies anomalous defect "
    "defects defective fail failed fault faulty broken damaged reject rejected scrap"
)
_SOUND_WORDS = _words("good ok okay normal free healthy")
_NOT_WORDS = _words("not no non un def")
_PART_WORDS = {
    TRAIN: _words("train training trainset traindata"),
    TEST: _words("test testing tests testset testdata"),
    MASKS: _words(
        "groundtruth groundtruths gt mask masks testmask testmasks maskstest segmentation "
        "segmentations annotation annotations label labels"
    ),
}
_AFFIXES = r"(?:masks?|gt|ground[ _-]?truth|labels?|seg(?:mentation)?|anno(?:tation)?|defects?)"
_SUFFIX = re.compile(rf"[ ._-]{_AFFIXES}(?:[ ._-]?\d+)?$", re.IGNORECASE)
_PREFIX = re.compile(rf"^{_AFFIXES}[ ._-]", re.IGNORECASE)
_IMAGE = re.compile(r"[ ._-](?:image|img|rgb|color|colour)$", re.IGNORECASE)
_FILE = re.compile(r"\.(?:png|jpe?g|bmp|tiff?|pgm|ppm|webp|jp2|j2k)$", re.IGNORECASE)


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
    words = set(re.split(r"[ ._-]+|(?<=[a-z])(?=[A-Z])", name))
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


def image_stems(stem: str) -> tuple[str, ...]:
    """List the names that the image of a mask may have, without suffix, likely ones first.

    Args:
        stem: Name of the mask, without suffix. A name may itself end in `_mask`: the whole one is
            the last of the list.

    Returns:
        Names.

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


def _plain(name: str) -> str:
    """Return a name in small letters without separators."""
    return re.sub(r"[ ._-]", "", name.casefold())
