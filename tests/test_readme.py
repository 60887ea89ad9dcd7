"""Everything that the README and the pages of `docs` show is executed."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from lamp.cli.commands import app as lamp_app
from landscape.cli.commands import app as landscape_app
from landscape.cli.run import run
from landscape.loading import load_problem

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
ELSEWHERE = {"index.md", "recipes.md", "reading.md", "gallery.md"}  # run in docs/test_*.py
APPS = {"landscape": landscape_app, "lamp": lamp_app}


def blocks(language: str) -> list[str]:
    pages = [page.read_text() for page in PAGES if page.name not in ELSEWHERE]
    found = (re.findall(rf"```{language}\n(.*?)```", page, flags=re.S) for page in pages)
    return [block for blocks in found for block in blocks]


def commands() -> list[list[str]]:
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [shlex.split(line, comments=True) for line in lines]


SLURM = """
from distributed import LocalCluster

def SLURMCluster(*, cores, memory, walltime):
    return LocalCluster(n_workers=0, threads_per_worker=cores, dashboard_address=":0")
"""


RUN_ALL = """
import json, pathlib
for code in json.loads(pathlib.Path("shown.json").read_text()):
    exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})
"""


def tiles(folder: Path) -> None:
    """Make a tiny category in MVTec layout: grey noise, defective ones with a white square."""
    generator = np.random.default_rng(0)
    for kind, count in (("train/good", 30), ("test/good", 6), ("test/crack", 6)):
        (folder / kind).mkdir(parents=True)
        for index in range(count):
            pixels = generator.integers(90, 110, (32, 32), dtype=np.uint8)
            if kind.endswith("crack"):
                pixels[8:14, 8:14] = 255
            Image.fromarray(pixels).save(folder / kind / f"{index}.png")


def test_python_blocks_run(tmp_path):
    """Each in names of its own, all in one process, as torch takes seconds to import."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    # There is no SLURM here: a process of this machine is its job.
    (tmp_path / "dask_jobqueue.py").write_text(SLURM)
    shown = [code.replace("cluster.scale(100)", "cluster.scale(1)") for code in blocks("python")]
    assert len(shown) == 5
    (tmp_path / "shown.json").write_text(json.dumps(shown))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUN_ALL],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "contours.pdf").stat().st_size > 1000


def checkpoints(folder: Path) -> None:
    """Save two models of the classifier that the commands compare."""
    for name, epochs in (("a.pt", "1"), ("b.pt", "2")):
        problem = load_problem("examples/digits_classifier.py:build", {"epochs": epochs})
        torch.save(problem.model.state_dict(), folder / name)


def test_shell_commands_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    tiles(tmp_path / "tiles")
    exec(next(code for code in blocks("python") if code.startswith("# planks.py")), {})
    checkpoints(tmp_path)
    ours = [words for words in commands() if words[0] in APPS]
    shown = [words for words in ours if "--data-root" not in words]  # no data is here
    assert len(shown) == 21
    for words in shown:
        # The defaults take minutes, and processes seconds to start; one is not what is shown.
        short = ["--samples", "64"] if words[1] in {"train", "search"} else []
        short += ["--workers", "1"] if words[1] in {"compute", "search"} else []
        short += ["--steps", "5"] if words[1] == "barrier" else []
        if words[1] == "compute":
            short += ["--steps", "9", "--max-samples", "64"]
            short += [] if "--set" in words else ["--set", "epochs=3"]
        short += ["--size", "32", "--depth", "3"] if words[1] == "search" else []
        if "--samples" in words:
            words = words[: words.index("--samples")] + words[words.index("--samples") + 2 :]
        assert run(APPS[words[0]], [*words[1:], *short]) == 0, capsys.readouterr().err
    assert {"run.h5", "contours.pdf", "explorer.html", "scores.csv"} <= {
        path.name for path in tmp_path.iterdir()
    }
    assert (tmp_path / "reproduction" / "fig2" / "fig2.pdf").exists()
    for folder in ("pictures", "heatmaps"):
        assert (tmp_path / folder / "overview.png").stat().st_size > 1000
    assert (tmp_path / "search" / "chosen.safetensors").exists()


def test_commands_for_real_data_are_understood(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = next(words for words in commands() if "mnist" in words)
    assert run(lamp_app, words[1:]) == 1
    said = capsys.readouterr().err
    assert "no folder DIR\nhint: lamp data mnist --data-root DIR downloads it there" in said


def test_make_targets_and_plain_commands_are_the_same():
    makefile = (ROOT / "Makefile").read_text()
    for words in commands():
        if words[0] == "make":
            assert re.search(rf"^{words[1]}:", makefile, flags=re.MULTILINE)
        elif words[0].startswith(".venv/bin/"):
            plain = " ".join(words[1:])
            assert plain.replace("'", "").split(" -e ")[-1] in makefile.replace("'", "").replace(
                '"', ""
            )


def test_linked_files_exist():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert target.startswith("https://") or (page.parent / target).exists(), target
