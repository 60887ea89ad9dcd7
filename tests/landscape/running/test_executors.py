"""The same values wherever points are evaluated; workers that die; rounds; shared memory."""

import contextlib
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor

import psutil
import pytest
import torch

from landscape.errors import LandscapeError
from landscape.running.executors import work_on
from landscape.running.job import write_job
from landscape.running.pool import Pool
from landscape.running.worker import JobAddress, evaluate_chunk
from landscape.sampling import compute
from landscape.surface import Status
from tests.landscape.problems import deadly, poisonous, regression, slow
from tests.landscape.running.jobs import assert_same, make_job

GRID = {"planes": 2, "steps": 9}


@pytest.fixture(scope="module")
def serial():
    return compute(regression(), workers=1, **GRID)


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def spawn(count: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, spawn])
def test_any_executor_gives_the_same_values_and_stays_open(kind, serial, threads, monkeypatch):
    infos = []
    monkeypatch.setenv("OMP_NUM_THREADS", "2")  # for processes
    torch.set_num_threads(2)
    with kind(2) as executor:
        before = executor.submit(torch.get_num_threads).result()
        surface = compute(
            regression(), executor=executor, progress=lambda *a: infos.append(a[2]), **GRID
        )
        futures = [executor.submit(torch.get_num_threads) for _ in range(8)]
        assert {future.result() for future in futures} == {before}
    assert_same(surface, serial)
    assert infos[-1]["workers"] == 2
    assert 0 < infos[-1]["efficiency"] <= 1


def test_an_executor_whose_worker_dies_is_given_up_with_advice(tmp_path):
    path = tmp_path / "run.h5"
    problem = deadly(regression(), tmp_path)
    with (
        spawn(2) as executor,
        pytest.raises(LandscapeError, match="which breaks the executor") as caught,
    ):
        compute(problem, executor=executor, path=path, **GRID)
    assert "finished points are kept" in caught.value.hint
    with ThreadPoolExecutor(2) as executor:
        assert compute(problem, executor=executor, path=path, **GRID).measured.all()


def test_what_is_no_executor_is_said():
    with pytest.raises(LandscapeError, match="executor to be a Executor or None, got 2"):
        compute(regression(), executor=2, **GRID)


def test_a_worker_killed_in_mid_run_changes_nothing(serial, caplog):
    killed = []

    def kill(done, total, info):
        workers = []
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):  # it ended meanwhile
                workers += [child] if "LokyProcess" in " ".join(child.cmdline()) else []
        if not killed and done > total // 4 and workers:
            killed.append(workers[0].pid)
            os.kill(workers[0].pid, signal.SIGKILL)

    with caplog.at_level(logging.WARNING, logger="landscape"):
        surface = compute(slow(0.02), workers=2, progress=kill, **GRID)
    assert killed
    assert "a worker process died; its points run again" in caplog.text
    assert_same(surface, serial)


def test_a_pool_serves_many_rounds_with_the_same_processes():
    job = make_job(slow(0.01), planes=2, steps=5)
    rounds = [[(0, 0, i) for i in range(5)], [(1, 1, 1)], [], [(0, j, 2) for j in range(1, 5)]]
    with Pool(2) as pool, work_on(pool, job, workers=None, seconds=0.01) as workers:
        seen = set()
        for points in rounds:
            finished = list(workers.run(points))
            assert sorted(p for chunk, _ in finished for p in chunk) == sorted(points)
            seen.add(frozenset(pool.submit(os.getpid).result() for _ in range(20)))
        assert len(frozenset.union(*seen)) <= 2
        assert workers.points == 10
        workers.run(rounds[0]).close()  # a caller that has had enough
        assert len(list(workers.run(rounds[1]))) == 1


def test_a_worker_that_keeps_much_data_is_not_replaced():
    def keep():
        import sys

        sys.kept = bytearray(400_000_000)
        return os.getpid()

    with Pool(1) as pool:
        first = pool.submit(keep).result()
        time.sleep(1.2)  # loky looks once a second
        assert {pool.submit(os.getpid).result() for _ in range(3)} == {first}


class Recorder(Executor):
    """Keeps the chunks that it is given, and runs them at once."""

    def __init__(self):
        self.chunks = []

    def submit(self, fn, /, *args, **kwargs):
        self.chunks.append(args[-1])
        future = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def test_a_small_round_of_quick_points_is_shared_evenly():
    job = make_job(regression(), planes=1, steps=3)
    recorder = Recorder()
    with work_on(recorder, job, workers=2, seconds=1e-4) as workers:
        list(workers.run([(0, j, i) for j in range(3) for i in range(3)][:8]))
    assert [len(chunk) for chunk in recorder.chunks] == [4, 4]


@pytest.mark.slow
def test_a_poison_point_in_a_large_chunk_fails_alone(tmp_path):
    surface = compute(
        poisonous(0.3), path=tmp_path / "run.h5", planes=1, steps=3, line=True, workers=2, seed=1
    )
    assert [int(s) for s in surface.status.ravel()].count(Status.FAILED) == 1
    assert surface.measured.sum() == 2


def test_workers_refuse_other_versions_and_folders_they_cannot_see(tmp_path):
    job = make_job(regression(), planes=1, steps=3)
    write_job(tmp_path / "job", job)
    address = JobAddress("other", str(tmp_path / "job"))
    other = JobAddress("other", address.file, {**address.versions, "torch": "1.0"})
    with pytest.raises(LandscapeError, match=r"with torch 1\.0, as here, got 2\."):
        evaluate_chunk(other, [(0, 0, 0)])
    with pytest.raises(LandscapeError, match="cannot read /nowhere/job") as caught:
        evaluate_chunk(JobAddress("gone", "/nowhere/job"), [(0, 0, 0)])
    assert "set TMPDIR to a folder that all machines share" in caught.value.hint


@pytest.mark.slow
def test_workers_end_with_their_parent(tmp_path):
    script = (
        "import os, sys, time\n"
        "from landscape.running.pool import Pool\n"
        "pool = Pool(1)\n"
        "print(pool.submit(os.getpid).result(), flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    end = time.monotonic() + 20
    while psutil.pid_exists(worker) and time.monotonic() < end:
        time.sleep(0.2)
    assert not psutil.pid_exists(worker)
