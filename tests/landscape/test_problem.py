"""What a user may bring, and what is said about what they may not."""

from pathlib import Path

import pytest
import torch
from torch import nn

from landscape.errors import ProblemError
from landscape.loading import load_problem
from landscape.problem import Problem


def mean_square(model, batch):
    return model(batch).square().mean(1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("net", mean_square, []), "expected model to be an nn.Module, got str"),
        ((nn.Linear(2, 1), 3, []), r"expected loss to be a function loss\(model, batch\), got int"),
        ((nn.Linear(2, 1), mean_square, torch.zeros(4, 2)), r"got one tensor of shape \(4, 2\)"),
        ((nn.Linear(2, 1), mean_square, 7), "expected batches to be iterable, got int"),
        ((nn.Linear(2, 1), mean_square, iter([])), "can be read more than once"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ProblemError, match=message):
        Problem(*arguments)


def write(folder: Path, body: str) -> str:
    path = folder / "mine.py"
    path.write_text(
        "import torch\nfrom landscape import Problem\n"
        "def loss(model, x):\n    return model(x).square().mean(1)\n" + body
    )
    return str(path)


def test_loads_a_file_with_arguments(tmp_path):
    spec = write(
        tmp_path,
        "def build(width=2, name='a'):\n"
        "    assert name == 'run-1'\n"
        "    return Problem(torch.nn.Linear(width, 1), loss, [torch.zeros(3, width)])\n",
    )
    problem = load_problem(spec, {"width": "5", "name": "run-1"})
    assert problem.model.in_features == 5
    assert problem.spec == spec


@pytest.mark.parametrize(
    ("body", "arguments", "message"),
    [
        (
            "def build():\n    return 3\n",
            {},
            r"expected build\(\) to return a landscape.Problem, got int",
        ),
        ("def other():\n    pass\n", {}, "has no function 'build'"),
        ("def build():\n    raise KeyError('x')\n", {}, r"build\(\) raised KeyError: 'x'"),
        (
            "def build(n):\n    pass\n",
            {},
            r"cannot call build\(\): missing a required argument: 'n'",
        ),
        ("def build():\n    pass\n", {"m": "1"}, "got an unexpected keyword argument 'm'"),
        ("1 / 0\n", {}, "raised ZeroDivisionError"),
    ],
)
def test_a_build_that_does_the_wrong_thing(tmp_path, body, arguments, message):
    with pytest.raises(ProblemError, match=message):
        load_problem(write(tmp_path, body), arguments)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("nowhere.py:build", "no such file: nowhere.py"),
        ("no_such_package.module:build", "cannot import 'no_such_package.module'"),
        (":build", "expected file.py:build or package.module:build"),
    ],
)
def test_a_problem_that_is_not_there(spec, message):
    with pytest.raises(ProblemError, match=message):
        load_problem(spec)
