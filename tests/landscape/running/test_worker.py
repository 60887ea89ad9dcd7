"""What a worker process does: which GPU it takes, and what it takes over from its parent."""

import contextlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from landscape.errors import LandscapeError, ProblemError
from landscape.problem import Problem
from landscape.running.evaluator import Evaluator
from landscape.running.job import write_job
from landscape.running.pool import Pool
from landscape.running.worker import JobAddress, claim_gpu, evaluate_chunk
from landscape.sampling import compute
from tests.landscape.problems import regression
from tests.landscape.running.jobs import make_job

CLAIM = """
import sys
from pathlib import Path
from landscape.running.worker import claim_gpu
print(claim_gpu(Path(sys.argv[1]), 2), flush=True)
sys.stdin.read()
"""


def test_workers_take_one_gpu_each_as_long_as_they_live(tmp_path):
    other = subprocess.Popen(
        [sys.executable, "-c", CLAIM, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "0\n"
    assert claim_gpu(tmp_path, 2) == 1
    assert claim_gpu(tmp_path, 1) == 0, "more processes than GPUs share"
    other.kill()
    other.communicate()
    assert claim_gpu(tmp_path, 2) == 0, "the claim of a dead process is free"


@pytest.mark.parametrize(("device", "asked", "taken"), [("cuda", 1, [0]), ("cuda:1", 0, [])])
def test_only_a_job_that_leaves_it_open_takes_one_of_several(
    tmp_path, monkeypatch, device, asked, taken
):
    found, questions = [], []
    monkeypatch.setattr(torch.cuda, "device_count", lambda: questions.append(1) or 2)
    monkeypatch.setattr(torch.cuda, "set_device", found.append)
    write_job(tmp_path / "job", replace(make_job(regression(), planes=1, steps=3), device=device))
    with contextlib.suppress(ProblemError):  # where there is no CUDA
        evaluate_chunk(JobAddress(device, str(tmp_path / "job")), [(0, 0, 0)])
    assert (len(questions), found) == (asked, taken)


def test_workers_compute_in_the_parents_default_dtype():
    before = torch.get_default_dtype()

    def loss(model, x):
        return model(x)[:, 0].square() * torch.tensor(1 / 3)

    model = nn.Linear(3, 1, dtype=torch.float64)
    nn.init.constant_(model.weight, 0.7)
    nn.init.zeros_(model.bias)
    problem = Problem(model, loss, [torch.eye(3, dtype=torch.float64)])
    torch.set_default_dtype(torch.float64)
    try:
        job = make_job(problem, planes=1, steps=3)
        expected = compute(problem, planes=1, steps=3, workers=1).loss[0]
    finally:
        torch.set_default_dtype(before)
    assert job.tuning.default_dtype == "float64"
    points = [(0, j, i) for j in range(3) for i in range(3)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("landscape.running.worker._read", lambda file: job)
        found = evaluate_chunk(JobAddress("here"), points)
    assert torch.get_default_dtype() == before
    assert [values["loss"] for values in found.values] == expected.ravel().tolist()
    assert expected[1, 1] == pytest.approx(0.49 / 3, rel=1e-15)


def test_a_default_device_reaches_workers_and_goes_again():
    job = make_job(regression(), planes=1, steps=3)
    seen = []

    def loss(model, x):
        seen.append(torch.empty(0).device.type)
        return model(x).square().mean(1)

    problem = Problem(job.problem.model, loss, [])
    job = replace(job, problem=problem, torch_device="meta")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("landscape.running.worker._read", lambda file: job)
        evaluate_chunk(JobAddress("meta"), [(0, 1, 1)])
    assert set(seen) == {"meta"}
    assert torch.empty(0).device.type == "cpu"


def test_a_daemonic_process_is_told_to_use_one_worker(monkeypatch):
    class Daemonic:
        daemon = True

    monkeypatch.setattr("multiprocessing.current_process", Daemonic)
    with pytest.raises(LandscapeError, match="in a daemonic process") as caught:
        Pool(2)
    assert "workers=1" in caught.value.hint


@pytest.mark.gpu
@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two CUDA devices")
def test_two_workers_use_two_gpus_and_find_the_values_of_one():
    settings = {"planes": 1, "steps": 9, "device": "cuda"}
    one, two = (compute(regression(), workers=count, **settings) for count in (1, 2))
    torch.testing.assert_close(torch.tensor(two.loss), torch.tensor(one.loss))


@pytest.mark.slow
def test_a_worker_holds_four_models_and_no_more(tmp_path):
    """The model, the center and two directions, while planes are drawn, too."""
    script = """
import resource, sys
import torch
from landscape.running.worker import JobAddress, evaluate_chunk
torch.nn.Linear(2000, 2000)(torch.ones(4, 2000))  # what products need
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before = peak()
for plane in range(2):
    found = evaluate_chunk(JobAddress("job", sys.argv[1]), [(plane, 0, 0), (plane, 2, 1)])
assert all(isinstance(values, dict) for values in found.values), found
print(peak() - before)
"""
    model = nn.Linear(4000, 4000, bias=False)
    problem = Problem(model, lambda m, x: m(x).square().mean(1), [torch.ones(4, 4000)])
    write_job(tmp_path / "job", make_job(problem, planes=2, steps=3))
    command = [sys.executable, "-c", script, str(tmp_path / "job")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert float(done.stdout) / model.weight.nbytes < 4.6


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_worker_lets_go_of_the_jobs_file_and_ties_stay(tmp_path):
    model = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Tanh(), nn.Linear(3, 3, bias=False))
    model[2].weight = nn.Parameter(model[0].weight.t())  # another parameter in the same memory
    model.register_buffer("step", torch.tensor(3))
    problem = Problem(model, lambda m, x: m(x).square().mean(1), [torch.ones(4, 3)])
    job, file = make_job(problem, planes=2, steps=3), tmp_path / "job"
    write_job(file, job)
    points = [(0, 0, 0), (1, 2, 1)]
    found = evaluate_chunk(JobAddress("mapped", str(file)), points)
    assert found.values == Evaluator(job).run(points).values
    assert str(file) not in Path("/proc/self/maps").read_text()
