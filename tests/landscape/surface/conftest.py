"""A new surface file."""

from pathlib import Path

import pytest

from landscape.surface.create import create
from tests.landscape.surface.files import blueprint


@pytest.fixture
def path(tmp_path) -> Path:
    target: Path = tmp_path / "run.h5"
    create(target, blueprint())
    return target
