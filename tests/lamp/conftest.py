"""A small category in MVTec layout, drawn anew for each test."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SIZE = 16


def texture(generator, defect=None):
    """A grey image of soft stripes, and a mask: a bright square where there is a defect."""
    wave = 0.5 + 0.2 * np.sin(np.arange(SIZE) * generator.uniform(0.5, 0.7))
    image = np.tile(wave, (SIZE, 1)) + generator.normal(0, 0.02, (SIZE, SIZE))
    mask = np.zeros((SIZE, SIZE), bool)
    if defect is not None:
        x, y = generator.integers(2, SIZE - 6, 2)
        mask[y : y + 4, x : x + 4] = True
        image[mask] = 1.0 if defect == "spot" else 0.0
    return (image.clip(0, 1) * 255).astype(np.uint8), mask


def write(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def write_category(root, *, train=24, good=6, each=4):
    """24 normal images to train on; test: 6 normal, 4 of each of two defects, all with masks."""
    generator = np.random.default_rng(0)
    for number in range(train):
        write(root / "train" / "good" / f"{number:03}.png", texture(generator)[0])
    for number in range(good):
        write(root / "test" / "good" / f"{number:03}.png", texture(generator)[0])
    for kind in ("hole", "spot"):
        for number in range(each):
            image, mask = texture(generator, kind)
            write(root / "test" / kind / f"{number:03}.png", image)
            name = f"{number:03}_mask.png"
            write(root / "ground_truth" / kind / name, mask.astype(np.uint8) * 255)
    return root


@pytest.fixture
def category(tmp_path):
    return write_category(tmp_path / "tiles")


@pytest.fixture(scope="session")
def shared_category(tmp_path_factory):
    """The same, for tests that change nothing in it."""
    return write_category(tmp_path_factory.mktemp("data") / "tiles")


@pytest.fixture
def real_mnist() -> Path:
    """A folder with the real MNIST: that of DATA_ROOT, or `shared/data` beside the repository."""
    root = Path(os.environ.get("DATA_ROOT", Path(__file__).parents[2].parent / "shared" / "data"))
    if not (root / "mnist").is_dir():
        pytest.skip(f"needs MNIST, which is not in {root}: DATA_ROOT=DIR names where it is")
    return root
