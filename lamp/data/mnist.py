"""MNIST from its four IDX files (LeCun et al. 1998), and their download, which only asks when told.

The format: http://yann.lecun.com/exdb/mnist/
"""

import gzip
import hashlib
import math
import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import requests
import torch
from numpy.typing import NDArray
from requests.exceptions import RequestException
from torch import Tensor

from lamp.data.tasks import LabelledImages
from landscape.files import replacing

SIZE = 32  # 28 + 2 x 2 pixels of background: four halvings, down to 2 x 2

TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
# SHA-256 of the official files, which both mirrors serve byte for byte.
HASHES: Mapping[str, str] = {
    f"{TRAIN_IMAGES}.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    f"{TRAIN_LABELS}.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    f"{TEST_IMAGES}.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    f"{TEST_LABELS}.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
# SHA-256 of the same files unpacked, by which one that was packed anew is known.
CONTENTS: Mapping[str, str] = {
    TRAIN_IMAGES: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    TRAIN_LABELS: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    TEST_IMAGES: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    TEST_LABELS: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
_SECONDS = 30  # patience with a mirror that does not answer
_MOST_PACKED = 16 << 20  # bytes; the largest of the four has 9.9 million
_MOST_BYTES = 1 << 30  # unpacked; EMNIST, the largest set in this format, has 0.55 billion
_CLASSES = 10


def load_mnist(root: str | Path) -> LabelledImages:
    """Load MNIST from a folder, padded from 28 x 28 to 32 x 32 pixels.

    Args:
        root: Folder with the four files, or with a folder `mnist` that has them; each as
            distributed (`.gz`) or unpacked.

    Returns:
        60,000 training and 10,000 test images of shape (N, 1, 32, 32), scaled to [0, 1].

    Raises:
        FileNotFoundError: If the folder or a file is missing.
        ValueError: If a file is damaged, labels are no digits, or images and labels are not equally
            many.
    """
    folder = _folder(Path(root))
    train_images, train_labels = _pair(folder, TRAIN_IMAGES, TRAIN_LABELS)
    test_images, test_labels = _pair(folder, TEST_IMAGES, TEST_LABELS)
    return LabelledImages(
        name="mnist",
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
    )


def download_mnist(
    root: str | Path,
    *,
    mirrors: Sequence[str] = MIRRORS,
    hashes: Mapping[str, str] = HASHES,
) -> Path:
    """Download the four files of MNIST (11.6 MB) to `root/mnist`; those already there are kept.

    Args:
        root: Folder for data sets, made if it is missing.
        mirrors: Addresses of folders, tried in order for each file.
        hashes: File names and the SHA-256 that each must have.

    Returns:
        The folder of the files.

    Raises:
        ConnectionError: If no mirror gave a file with the right checksum; it names them all.
        ValueError: If a file that is there is damaged, or not one of MNIST.
    """
    folder = Path(root) / "mnist"
    for name, sha256 in hashes.items():
        path = _existing(folder, Path(name).stem)
        if path is None:
            _fetch(name, sha256, folder, mirrors)
        else:  # packed anew or unpacked it is as good; never replaced
            _check(path, sha256)
    return folder


def read_idx(path: str | Path, *, dimensions: int) -> NDArray[np.uint8]:
    """Read one IDX file of unsigned bytes, packed (`.gz`) or not.

    Args:
        path: The file.
        dimensions: Expected number of dimensions: 3 for images, 1 for labels.

    Returns:
        The array, of as many dimensions.

    Raises:
        ValueError: If it is no such file, is cut short, goes on after its end, or is larger than
            any of its kind.
    """
    path = Path(path)
    opener: Any = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as file:
            return _read_idx(path, file, dimensions)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} is truncated or no gzip file ({error}); {_REMEDY}") from error


def _read_idx(path: Path, file: BinaryIO, dimensions: int) -> NDArray[np.uint8]:
    """Read the header of an IDX file, and no more bytes than it announces."""
    header = file.read(4 + 4 * dimensions)
    magic, expected = header[:4].hex(), f"000008{dimensions:02x}"
    if magic != expected or len(header) < 4 + 4 * dimensions:
        raise ValueError(
            f"{path} is no IDX file of {dimensions}-dimensional bytes: expected it to begin with "
            f"{expected}, got {magic or 'nothing'}; {_REMEDY}"
        )
    shape = struct.unpack(f">{dimensions}I", header[4:])
    count, announced = math.prod(shape), " x ".join(map(str, shape))  # of any size in Python
    if count > _MOST_BYTES:
        raise ValueError(
            f"{path} announces {announced} bytes, more than {_MOST_BYTES >> 20} MiB: it is damaged "
            f"or made to fill the memory; {_REMEDY}"
        )
    content = file.read(count + 1)
    if len(content) != count:
        held = f"more than {count}" if len(content) > count else len(content)
        raise ValueError(f"{path} announces {announced} bytes and holds {held}; {_REMEDY}")
    return np.frombuffer(content, np.uint8).reshape(shape)


_REMEDY = "remove it and run `lamp data mnist --data-root DIR`"


def _folder(root: Path) -> Path:
    """Return the folder that holds the files: `root/mnist` before `root`."""
    for folder in (root / "mnist", root):
        if any(_existing(folder, Path(name).stem) for name in HASHES):
            return folder
    if not root.is_dir():
        raise FileNotFoundError(
            f"no folder {root}; run `lamp data mnist --data-root {root}` to download MNIST there"
        )
    raise FileNotFoundError(
        f"no MNIST files in {root / 'mnist'} or {root}; "
        f"run `lamp data mnist --data-root {root}` to download them"
    )


def _existing(folder: Path, stem: str) -> Path | None:
    """Return the path of a file, packed or not, if there is one."""
    return next((p for p in (folder / f"{stem}.gz", folder / stem) if p.is_file()), None)


def _pair(folder: Path, image_stem: str, label_stem: str) -> tuple[Tensor, Tensor]:
    """Read the images and labels of one part and check that they are equally many."""
    paths = {stem: _existing(folder, stem) for stem in (image_stem, label_stem)}
    for stem, path in paths.items():
        if path is None:
            raise FileNotFoundError(
                f"no file {stem}.gz in {folder}; run `lamp data mnist --data-root DIR`, "
                "which puts the four files in DIR/mnist"
            )
    pixels = read_idx(paths[image_stem] or "", dimensions=3)
    labels = read_idx(paths[label_stem] or "", dimensions=1)
    if len(pixels) != len(labels):
        raise ValueError(
            f"{folder} has {len(pixels)} images in {image_stem} and {len(labels)} labels in "
            f"{label_stem}: they are not of one set"
        )
    if labels.size and labels.max() >= _CLASSES:
        raise ValueError(
            f"expected labels from 0 to {_CLASSES - 1}, got {labels.max()} in "
            f"{paths[label_stem]}; {_REMEDY}"
        )
    if max(pixels.shape[1:]) > SIZE:
        raise ValueError(
            f"expected images of at most {SIZE} x {SIZE} pixels, got {pixels.shape} in "
            f"{paths[image_stem]}"
        )
    return _padded(pixels), torch.from_numpy(labels.astype(np.int64))


def _padded(pixels: NDArray[np.uint8]) -> Tensor:
    """Scale bytes (N, H, W) to [0, 1] in the middle of black squares, (N, 1, SIZE, SIZE)."""
    count, height, width = pixels.shape
    top, left = (SIZE - height) // 2, (SIZE - width) // 2
    images = torch.zeros(count, 1, SIZE, SIZE)
    images[:, 0, top : top + height, left : left + width] = torch.tensor(pixels)
    return images.div_(255)


def _check(path: Path, sha256: str) -> None:
    """Raise a ValueError if a file that is there is not the official one, packed or not."""
    packed = path.read_bytes()
    read_idx(path, dimensions=3 if "images" in path.name else 1)  # names what is damaged
    if hashlib.sha256(packed).hexdigest() == sha256:
        return
    content = gzip.decompress(packed) if path.suffix == ".gz" else packed
    if hashlib.sha256(content).hexdigest() != CONTENTS[path.name.removesuffix(".gz")]:
        raise ValueError(
            f"{path} is not the file of MNIST: its contents have another checksum; {_REMEDY}"
        )


def _fetch(name: str, sha256: str, folder: Path, mirrors: Sequence[str]) -> None:
    """Fetch one file from the first mirror that has it right."""
    failures = []
    for mirror in mirrors:
        url = f"{mirror.rstrip('/')}/{name}"
        try:
            content = _download(url)
        except RequestException as error:
            failures.append(f"{url}: {type(error).__name__}")
            continue
        if len(content) > _MOST_PACKED:
            failures.append(f"{url}: more than {_MOST_PACKED >> 20} MiB")
        elif hashlib.sha256(content).hexdigest() != sha256:
            failures.append(f"{url}: wrong checksum")
        else:
            with replacing(folder / name) as temporary:
                temporary.write_bytes(content)
            return
    raise ConnectionError(f"could not download {name} ({'; '.join(failures) or 'no mirror given'})")


def _download(url: str) -> bytes:
    """Download a file into memory, not much more than the largest that is expected."""
    parts: list[bytes] = []
    with requests.get(url, stream=True, timeout=_SECONDS) as answer:
        answer.raise_for_status()
        for part in answer.iter_content(1 << 16):
            parts.append(part)
            if sum(map(len, parts)) > _MOST_PACKED:
                break
    return b"".join(parts)
