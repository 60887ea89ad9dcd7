"""Jobs in files: what they weigh, and whose folder is removed."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest
import torch
from torch import nn

from landscape.planes import Plane
from landscape.problem import Problem
from landscape.running.job import job_folder, read_job, write_job
from tests.landscape.problems import regression
from tests.landscape.running.jobs import make_job

OWNER = """
import sys
from landscape.running.job import job_folder
with job_folder() as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def shared(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def owner(folder: Path) -> tuple[subprocess.Popen, Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def make_old(folder: Path) -> None:
    os.utime(folder / "owner.lock", (0, 0))


def test_a_folder_is_removed_when_its_owner_is_gone_and_not_before(shared, monkeypatch):
    process, folder = owner(shared)
    make_old(folder)
    # As from another container: no process number that is known here says anything.
    monkeypatch.setattr(psutil, "pid_exists", lambda pid: False)
    with job_folder() as own:
        assert own != folder
    assert folder.is_dir(), "its owner lives"
    process.kill()
    process.communicate()
    with job_folder():
        pass
    assert not folder.exists()
    assert not list(shared.iterdir())


def test_a_young_folder_may_not_be_locked_yet(shared):
    (shared / "landscape-job-new").mkdir()
    (shared / "landscape-job-new" / "owner.lock").touch()
    with job_folder():
        pass
    assert (shared / "landscape-job-new").is_dir()


def test_a_job_maps_its_tensors_and_leaves_out_what_is_not_used(tmp_path):
    big = torch.randn(1000, 500)
    problem = Problem(nn.Linear(500, 1), lambda m, x: m(x)[:, 0].square(), list(big[:64].split(16)))
    job = make_job(problem, planes=1, steps=3)
    write_job(tmp_path / "job", job)
    assert (tmp_path / "job").stat().st_size < 64 * 500 * 4 * 1.3
    read = read_job(tmp_path / "job")
    assert torch.equal(torch.cat(list(read.data.batches)), big[:64])
    mapped = {m.path for m in psutil.Process().memory_maps()}
    assert str(tmp_path / "job") in mapped
    read.data.batches[0].zero_()  # a private page: neither the file nor others see it
    assert torch.equal(read_job(tmp_path / "job").data.batches[0], big[:16])
    first, again = job.plane(0), read.plane(0)
    assert torch.equal(first.directions[0]["weight"], again.directions[0]["weight"])


def test_random_planes_travel_as_a_seed_and_given_ones_once(tmp_path):
    model = nn.Linear(300, 300, bias=False)
    problem = Problem(model, lambda m, x: m(x)[:, 0].square(), [torch.ones(2, 300)])
    job = make_job(problem, planes=5, steps=3)
    write_job(tmp_path / "random", job)
    size = model.weight.nbytes
    assert (tmp_path / "random").stat().st_size < 1.1 * size
    weight = model.weight.detach()
    planes = [
        Plane({"weight": weight}, ({"weight": weight + i}, {"weight": -weight})) for i in range(3)
    ]
    write_job(tmp_path / "given", type(job)(**{**vars(job), "planes": planes}))
    assert (tmp_path / "given").stat().st_size < 7.1 * size, "one center and two directions each"
    found = read_job(tmp_path / "given").plane(2)
    assert torch.equal(found.directions[0]["weight"], weight + 2)
    assert torch.equal(found.center["weight"], weight)


def test_a_job_knows_its_parents_default_device():
    job = make_job(regression(), planes=1, steps=3)
    assert job.torch_device == "cpu"
