"""Surface files of a classifier trained in a second: planes, and lines."""

import pytest

from landscape.cli.commands import app
from landscape.cli.run import run
from tests.landscape.cli.example import EXAMPLE, QUICK


@pytest.fixture(scope="session")
def computed(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "run.h5"
    words = ["compute", f"{EXAMPLE}:build", "--planes", "3", "--out", str(path), *QUICK]
    assert run(app, words) == 0
    return path


@pytest.fixture(scope="session")
def lines(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "line.h5"
    words = ["compute", EXAMPLE, "--line", "--planes", "2", "--out", str(path), *QUICK]
    assert run(app, words) == 0
    return path
