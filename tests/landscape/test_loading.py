"""Problems by name: what is found, and what is said where it is not."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from landscape.errors import ProblemError
from landscape.loading import load_problem, split_spec

BUILD = (
    "import torch\nfrom landscape import Problem\n"
    "def loss(model, x):\n    return model(x).square().mean(1)\n"
    "def build(width=2, name='a'):\n"
    "    return Problem(torch.nn.Linear(width, 1), loss, [torch.zeros(3, width)])\n"
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Stand in an empty folder, with the module search path as it is now."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, body: str) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(body)
    return path


@pytest.mark.parametrize(
    ("spec", "location", "name"),
    [
        ("m.py", "m.py", "build"),
        ("m.py:make", "m.py", "make"),
        ("m.py:", "m.py", "build"),
        ("m.py::make", "m.py", "make"),
        ("a:b/m.py", "a:b/m.py", "build"),
        ("a:b/m.py:make", "a:b/m.py", "make"),
        (r"C:\Users\me\m.py:make", r"C:\Users\me\m.py", "make"),
        (r"C:\m.py", r"C:\m.py", "build"),
        ("C:/m.py", "C:/m.py", "build"),
        ("pkg.module:make", "pkg.module", "make"),
    ],
)
def test_the_last_colon_counts_if_a_name_follows(spec, location, name):
    assert split_spec(spec) == (location, name)


@pytest.mark.parametrize("name", ["a:b/m.py", "with space é/mein modell.py", "1st-model.py"])
def test_odd_names_of_files_are_found(name):
    write(name, BUILD)
    assert shlex.split(load_problem(f"{name}:build").spec) == [f"{name}:build"]
    problem = load_problem(name, {"width": "5", "name": "run 1"})
    assert problem.model.in_features == 5
    assert shlex.split(problem.spec) == [name, "width=5", "name=run 1"]


@pytest.mark.parametrize(
    ("spec", "message", "hint"),
    [
        (r"C:\x\m.py:build", r"no such file: C:\\x\\m\.py", ""),
        ("pkg/sub/m", "got 'pkg/sub/m'", "write pkg/sub/m.py:build"),
        ("./plain:build", r"got '\./plain'", "write ./plain.py:build"),
        (r"pkg\sub\m", "got", "a file's name ends in .py"),
        ("nb.ipynb:build", "got 'nb.ipynb'", "nbconvert --to script nb.ipynb"),
        ("pkg/sub", "got 'pkg/sub'", "pkg/sub is a folder"),
        ("no_such_package.module", "cannot import 'no_such_package.module'", "name a file"),
        (":build", "expected file.py:build or package.module:build", "name a file"),
        ("plain.py:Build", "has no function 'Build'", "build"),
    ],
)
def test_what_is_not_there_is_said_with_what_to_write(spec, message, hint):
    for name in ("plain.py", "pkg/sub/m.py"):
        write(name, BUILD)
    with pytest.raises(ProblemError, match=message) as caught:
        load_problem(spec)
    assert hint in caught.value.hint


def test_relative_imports_name_the_module():
    for name in ("pk/__init__.py", "pk/sub/__init__.py"):
        write(name, "")
    write("pk/sub/rel.py", "from . import other\n" + BUILD)
    with pytest.raises(ProblemError, match="relative import") as caught:
        load_problem("pk/sub/rel.py")
    assert f"in {Path.cwd()}, pk.sub.rel:build" in caught.value.hint


@pytest.mark.parametrize(
    "body",
    [
        "exit()",
        "import sys; sys.exit('training done')",
        "import argparse; argparse.ArgumentParser().parse_args(['--no'])",
        "raise GeneratorExit",
    ],
)
def test_what_ends_the_process_is_an_error(body):
    write("top.py", body)
    write("inside.py", f"def build():\n    {body}\n")
    for name in ("top.py", "inside.py"):
        with pytest.raises(
            ProblemError, match=r"ended the process: SystemExit|GeneratorExit"
        ) as caught:
            load_problem(name)
        assert "GeneratorExit" in str(caught.value) or "__main__" in caught.value.hint
    with pytest.raises(ProblemError, match="SystemExit"):
        load_problem("sys:exit")


def test_ctrl_c_and_our_own_errors_pass():
    write("stop.py", "def build():\n    raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        load_problem("stop.py")
    write("ours.py", "from landscape import ProblemError\nraise ProblemError('mine', hint='do')\n")
    with pytest.raises(ProblemError, match=r"^mine\nhint: do$") as caught:
        load_problem("ours.py")
    assert caught.value.hint == "do"


def test_files_beside_the_problem_do_not_stand_in_for_libraries(folder):
    for name in ("torch", "numpy", "json"):
        write(f"{name}.py", "raise RuntimeError('not this one')\n")
    write("beside.py", "VALUE = 3\n")
    write("own.py", "import beside, json\n" + BUILD)
    load_problem("own.py")
    assert sys.path[-1] == str(folder)
    code = "from landscape.loading import load_problem; load_problem('own.py'); import numpy.linalg"
    root = str(Path(__file__).parents[2])
    paths = os.pathsep.join(path for path in (root, *sys.path) if path not in {"", str(folder)})
    command = [sys.executable, "-P", "-c", code]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": paths}, cwd=folder)


def test_a_file_that_is_hidden_by_a_library_is_named(folder):
    write("json.py", "def special():\n    pass\n")
    write("own.py", "from json import special\n")
    with pytest.raises(ProblemError, match="ImportError: cannot import name 'special'") as caught:
        load_problem("own.py")
    assert f"{folder / 'json.py'} is not what import json finds" in caught.value.hint


def test_a_build_that_changes_the_folder_still_finds_itself(tmp_path):
    write("sub/other.txt", "")
    write(
        "moving.py",
        "import os\nos.chdir('sub')\n" + BUILD + "    FILE = __file__\nHERE = __file__\n",
    )
    load_problem("moving.py")
    assert Path(sys.modules["problem_moving"].HERE) == tmp_path / "moving.py"


def test_absurd_arguments_are_texts():
    write("plain.py", BUILD)
    assert load_problem("plain.py", {"name": "-" * 100_000 + "1"}).model.in_features == 2


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
def test_a_build_that_does_the_wrong_thing(body, arguments, message):
    with pytest.raises(ProblemError, match=message):
        load_problem(str(write("mine.py", body)), arguments)
