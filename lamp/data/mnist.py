"""MNIST from its four IDX files (LeCun et al. 1998), and their download, which only asks when told.

The format: http://yann.lecun.com/exdb/mnist/
"""

import gzip
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pooch
import torch
from numpy.typing import NDArray
from requests.exceptions import RequestException
from torch import Tensor

from lamp.data.split import LabelledImages

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
_SECONDS = 30  # patience with a mirror that does not answer


def load_mnist(root: str | Path) -> LabelledImages:
    """Load MNIST from a folder, padded from 28 x 28 to 32 x 32 pixels.

    Args:
        root: Folder with the four files, or with a folder `mnist` that has them; each as
            distributed (`.gz`) or unpacked.

    Returns:
        60,000 training and 10,000 test images of shape (N, 1, 32, 32), scaled to [0, 1].

    Raises:
        FileNotFoundError: If the folder or a file is missing.
        ValueError: If a file is damaged, or images and labels are not equally many.
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
        ValueError: If a file that is there is damaged.
    """
    folder = Path(root) / "mnist"
    for name, sha256 in hashes.items():
        path = _existing(folder, Path(name).stem)
        if path is None:
            _fetch(name, sha256, folder, mirrors)
        else:  # packed anew or unpacked it is as good; never replaced
            read_idx(path, dimensions=3 if "images" in name else 1)
    return folder


def read_idx(path: str | Path, *, dimensions: int) -> NDArray[np.uint8]:
    """Read one IDX file of unsigned bytes, packed (`.gz`) or not.

    Args:
        path: The file.
        dimensions: Expected number of dimensions: 3 for images, 1 for labels.

    Returns:
        The array, of as many dimensions.

    Raises:
        ValueError: If it is no such file, or is cut short, or goes on after its end.
    """
    path = Path(path)
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} is truncated or no gzip file ({error}); {_REMEDY}") from error
    header = 4 + 4 * dimensions
    magic, expected = content[:4].hex(), f"000008{dimensions:02x}"
    if magic != expected or len(content) < header:
        raise ValueError(
            f"{path} is no IDX file of {dimensions}-dimensional bytes: expected it to begin with "
            f"{expected}, got {magic or 'nothing'}; {_REMEDY}"
        )
    shape = tuple(np.frombuffer(content, ">u4", dimensions, offset=4).tolist())
    array = np.frombuffer(content, np.uint8, offset=header)
    if array.size != np.prod(shape, dtype=np.int64):
        raise ValueError(
            f"{path} announces {' x '.join(map(str, shape))} bytes and holds {array.size}; "
            f"{_REMEDY}"
        )
    return array.reshape(shape)


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
    if max(pixels.shape[1:]) > SIZE:
        raise ValueError(f"expected images of at most {SIZE} x {SIZE} pixels, got {pixels.shape}")
    return _padded(pixels), torch.from_numpy(labels.astype(np.int64))


def _padded(pixels: NDArray[np.uint8]) -> Tensor:
    """Scale bytes (N, H, W) to [0, 1] in the middle of black squares, (N, 1, SIZE, SIZE)."""
    count, height, width = pixels.shape
    top, left = (SIZE - height) // 2, (SIZE - width) // 2
    images = torch.zeros(count, 1, SIZE, SIZE)
    images[:, 0, top : top + height, left : left + width] = torch.tensor(pixels)
    return images.div_(255)


def _fetch(name: str, sha256: str, folder: Path, mirrors: Sequence[str]) -> None:
    """Fetch one file from the first mirror that has it right."""
    failures = []
    for mirror in mirrors:
        url = f"{mirror.rstrip('/')}/{name}"
        downloader = pooch.HTTPDownloader(timeout=_SECONDS)
        try:
            pooch.retrieve(url, f"sha256:{sha256}", name, folder, downloader=downloader)
        except RequestException as error:
            failures.append(f"{url}: {type(error).__name__}")
        except ValueError:  # pooch's word for a wrong checksum; it has removed the file
            failures.append(f"{url}: wrong checksum")
        else:
            return
    raise ConnectionError(f"could not download {name} ({'; '.join(failures) or 'no mirror given'})")
