"""A detector trained in seconds, and the words that train it."""

import pytest

from lamp.cli.commands import app
from landscape.cli.run import run

TINY = [
    *("--size", "16", "--depth", "2", "--width", "4", "--kernel-size", "3"),
    *("--batch-size", "8", "--samples"),
]


@pytest.fixture(scope="session")
def tiny():
    """Options of a detector of 16 x 16 pixels; pairs of a flag and its value."""
    return [*TINY, "256"]


@pytest.fixture(scope="session")
def trained(tmp_path_factory, shared_category):
    path = tmp_path_factory.mktemp("train") / "model.safetensors"
    words = ["train", str(shared_category), "--out", str(path), *TINY, "2048"]
    assert run(app, [*words, "--held-out", "0.2"]) == 0
    return path
