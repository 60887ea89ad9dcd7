"""Dask: the same values, whatever happens to the workers; what travels; errors in words."""

import contextlib
import json
import logging
import os
import signal
import time

import dask
import numpy as np
import pytest
import torch
from distributed import Client, LocalCluster
from torch import nn

from landscape.errors import LandscapeError
from landscape.loading import load_problem
from landscape.problem import Problem
from landscape.running import dask as cluster_module
from landscape.running import executors
from landscape.running.executors import connect
from landscape.sampling import compute
from landscape.surface import Status
from tests.landscape.problems import poisonous, regression, slow
from tests.landscape.running.jobs import assert_same

pytestmark = pytest.mark.cluster

GRID = {"planes": 2, "steps": 9}
BUILD = """
import torch
from landscape import Problem

def loss(model, x):
    return model(x)[:, 0].square()

def build(scale=1.0):
    torch.manual_seed(3)
    return Problem(torch.nn.Linear(3, 1), loss, [torch.eye(3) * scale])
"""


@pytest.fixture(scope="module")
def clusters():
    """Two processes of one thread; a task whose worker dies is given up at once, not after four.

    A cluster may give a worker up that died in the tests before: then there is a new one.
    """
    settings = {
        "distributed.scheduler.allowed-failures": 0,
        "distributed.admin.low-level-log-length": 0,
    }
    kind = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    found = []

    with contextlib.ExitStack() as stack:

        def whole():
            if found:
                with contextlib.suppress(TimeoutError):
                    found[-1].wait_for_workers(2, timeout=20)
                    return found[-1]
            stack.close()
            stack.enter_context(dask.config.set(settings))
            # distributed forgets a worker that joined and left when it closes the cluster
            stack.enter_context(contextlib.suppress(KeyError))
            cluster = stack.enter_context(LocalCluster(**kind, silence_logs=logging.ERROR))
            found.append(stack.enter_context(Client(cluster, set_as_default=False)))
            found[-1].wait_for_workers(2, timeout=60)
            return found[-1]

        yield whole


@pytest.fixture
def client(clusters):
    return clusters()


@pytest.fixture
def executor(client):
    return client.get_executor(pure=False, retries=2)


@pytest.fixture(scope="module")
def serial():
    return compute(regression(), workers=1, **GRID)


def kept(client) -> dict[str, int]:
    """Jobs that workers keep, in files and in memory."""

    def count(dask_worker):
        from pathlib import Path

        from landscape.running import worker as task

        files = list(Path(dask_worker.local_directory).glob("landscape-job-*"))
        return len(files) + len(task._evaluators._jobs)

    return client.run(count)


@pytest.mark.slow
def test_a_worker_killed_in_mid_run_changes_nothing(client, executor, serial, tmp_path):
    killed = []

    def kill(done, total, info):
        if not killed and done > total // 4:
            killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)

    surface = compute(slow(0.02), executor=executor, progress=kill, **GRID)
    assert killed
    assert_same(surface, serial)
    with contextlib.suppress(TimeoutError):  # the cluster may have given one up
        client.wait_for_workers(2, timeout=20)
    assert set(kept(client).values()) == {0}, "a finished job is forgotten"


@pytest.mark.slow
def test_a_point_that_kills_workers_takes_two_of_them_and_no_more():
    """With Dask's own settings, by which a task is tried on four workers."""
    pids = []

    def note(done, total, info):
        pids.extend(client.run(os.getpid, on_error="ignore").values())

    with (
        contextlib.suppress(KeyError),
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        start = time.monotonic()
        surface = compute(
            poisonous(0.15),
            executor=client.get_executor(pure=False, retries=2),
            progress=note,
            planes=1,
            steps=49,
            line=True,
            seed=1,
            radius=0.86,
        )
        seconds = time.monotonic() - start
        client.wait_for_workers(2, timeout=60)  # they come back: none died while it started
    assert [int(s) for s in surface.status.ravel()].count(Status.FAILED) == 1
    assert surface.measured.sum() == 48
    assert len(set(pids)) <= 4, "two at first, and one for each death"
    assert seconds < 100


@pytest.mark.slow
def test_without_a_worker_the_run_ends_after_some_time_unless_told_to_wait(monkeypatch, caplog):
    monkeypatch.setenv("LANDSCAPE_PATIENCE", "2.5")
    with (
        LocalCluster(n_workers=0, dashboard_address=":0", silence_logs=logging.CRITICAL) as cluster,
        Client(cluster, set_as_default=False) as client,
        pytest.raises(LandscapeError, match="no Dask worker has been there for 2 s") as caught,
    ):
        compute(regression(), executor=client.get_executor(pure=False), **GRID)
    assert "LANDSCAPE_PATIENCE=SECONDS" in caught.value.hint
    assert "no Dask worker is there; waiting 2 s for one" in caplog.text


def test_a_poison_point_fails_alone(executor):
    surface = compute(poisonous(0.3), executor=executor, planes=1, steps=3, line=True, seed=1)
    assert [int(s) for s in surface.status.ravel()].count(Status.FAILED) == 1
    assert surface.measured.sum() == 2


def test_a_job_is_sent_once_to_each_worker_and_tasks_are_small(client, executor, monkeypatch):
    sent, tasks = [], []
    run, submit = client.run, client.submit

    def counting_run(function, *args, workers=None, **kwargs):
        if function is cluster_module._receive:
            sent.append((len(args[1]), sorted(workers)))
        return run(function, *args, workers=workers, **kwargs)

    def counting_submit(function, *args, **kwargs):
        import cloudpickle

        tasks.append(len(cloudpickle.dumps((function, args))))
        return submit(function, *args, **kwargs)

    monkeypatch.setattr(client, "run", counting_run)
    monkeypatch.setattr(client, "submit", counting_submit)
    compute(regression(4_000), executor=executor, **GRID)
    ((size, workers),) = sent
    assert workers == sorted(client.nthreads())
    assert size > 4_000 * 3 * 4
    assert len(tasks) > 1  # how many depends on the time that one takes
    assert max(tasks) < 2000


@pytest.mark.slow
def test_a_worker_that_joins_later_is_sent_the_job_too(client, executor, serial, monkeypatch):
    monkeypatch.setattr(cluster_module, "_COUNT_SECONDS", 0.0)
    joined = []

    def grow(done, total, info):
        if len(joined) == 3:
            client.cluster.scale(3)
            client.wait_for_workers(3, timeout=60)
        joined.append(info["workers"])

    try:
        surface = compute(slow(0.05), executor=executor, progress=grow, **GRID)
    finally:
        client.cluster.scale(2)
    assert_same(surface, serial)
    assert (joined[0], joined[-1]) == (2, 3)


def test_a_loss_that_differs_on_workers_is_refused(executor):
    parent = os.getpid()

    def loss(model, x):
        return model(x)[:, 0].square() + (os.getpid() != parent)

    problem = Problem(nn.Linear(2, 1), loss, [torch.eye(2)])
    with pytest.raises(LandscapeError, match="in a worker process but"):
        compute(problem, executor=executor, planes=1, steps=3)


def test_code_that_workers_do_not_have_is_told(executor, tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text(BUILD)
    monkeypatch.syspath_prepend(tmp_path)
    problem = load_problem("only_here:build")
    with pytest.raises(LandscapeError, match=r"cannot load the problem: .*only_here") as caught:
        compute(problem, executor=executor, planes=1, steps=3)
    assert "install the module on all workers" in caught.value.hint


def test_a_number_of_workers_beside_a_cluster_is_refused(executor):
    with pytest.raises(LandscapeError, match="no number of workers beside a Dask cluster, got 2"):
        compute(regression(), executor=executor, workers=2, **GRID)


def test_addresses_and_scheduler_files(client, serial, tmp_path):
    address = client.scheduler.address
    (tmp_path / "scheduler.json").write_text(json.dumps({"address": address}))
    for where in (address, str(tmp_path / "scheduler.json")):
        with connect(where) as executor:
            assert_same(compute(regression(), executor=executor, **GRID), serial)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("nowhere.json", "expected the address of a Dask scheduler or its scheduler file"),
        ("tcp://127.0.0.1:9", "no Dask scheduler answers at tcp://127.0.0.1:9"),
    ],
)
def test_wrong_addresses(address, message, monkeypatch):
    monkeypatch.setattr(executors, "_CONNECT_SECONDS", 1)
    with pytest.raises(LandscapeError, match=message) as caught, connect(address):
        pass
    assert "tcp://host:8786" in caught.value.hint or "dask scheduler" in caught.value.hint


@pytest.mark.slow
def test_a_cluster_that_goes_away_is_told_and_nothing_is_lost(tmp_path):
    path = tmp_path / "run.h5"
    cluster = LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL
    )
    client = Client(cluster, set_as_default=False)
    stored = []

    def close(done, total, info):
        stored.append(done)
        if len(stored) == 2:
            cluster.close()

    with pytest.raises(LandscapeError, match="gone") as caught:
        compute(
            slow(0.05), executor=client.get_executor(), progress=close, path=path, planes=1, steps=9
        )
    client.close()
    assert "goes on where it stopped" in caught.value.hint
    again = compute(slow(0.05), path=path, workers=1, planes=1, steps=9)
    assert again.measured.all()
    np.testing.assert_array_equal(
        again.loss, compute(regression(), workers=1, planes=1, steps=9).loss
    )
