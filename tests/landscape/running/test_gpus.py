"""Which process takes which GPU; the claims are files and need none."""

import os
import subprocess
import sys

import pytest
import torch

from landscape.running.gpus import claim, take_gpu
from tests.landscape.problems import regression
from tests.landscape.running.test_executors import make_job


def test_a_process_keeps_its_claim_and_others_take_the_next(tmp_path):
    assert claim(tmp_path, 3) == claim(tmp_path, 3) == 0
    (tmp_path / "gpu-0").write_text(str(os.getppid()))  # another living process
    assert claim(tmp_path, 3) == 1
    (tmp_path / "gpu-1").write_text(str(os.getppid()))
    assert claim(tmp_path, 2) in {0, 1}, "more processes than GPUs share"


def test_the_claim_of_a_dead_process_is_free(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        text=True,
        check=True,
    )
    (tmp_path / "gpu-0").write_text(done.stdout.strip())
    assert claim(tmp_path, 2) == 0


@pytest.mark.parametrize(("device", "expected"), [("cuda", 1), ("cpu", None)])
def test_only_jobs_for_cuda_take_one_of_several(tmp_path, monkeypatch, device, expected):
    taken = []
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    (tmp_path / "gpu-0").write_text(str(os.getppid()))
    job = make_job(regression(), planes=1, steps=3)
    take_gpu(type(job)(**{**vars(job), "device": device}), tmp_path)
    assert taken == ([] if expected is None else [expected])


@pytest.mark.gpu
@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two CUDA devices")
def test_two_workers_use_two_gpus_and_find_the_values_of_one():
    from landscape.sampling import compute

    settings = {"planes": 1, "steps": 9, "device": "cuda"}
    one, two = (compute(regression(), workers=count, **settings) for count in (1, 2))
    torch.testing.assert_close(torch.tensor(two.loss), torch.tensor(one.loss))
