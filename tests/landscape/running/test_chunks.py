"""How points are cut into chunks, and how those that kill workers are found."""

import concurrent.futures
import logging
import math
from concurrent.futures import Future

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landscape.errors import LandscapeError
from landscape.running import chunks
from landscape.running.chunks import Workers, chunk_size
from landscape.running.evaluator import Evaluated

POINTS = [(plane, row, column) for plane in range(2) for row in range(7) for column in range(7)]


def answering(function):
    """Workers whose chunks are answered at once by a function, or by what it raises."""

    def submit(chunk):
        future = Future()
        try:
            future.set_result(function(chunk))
        except Exception as error:
            future.set_exception(error)
        return future

    return submit


def evaluated(chunk, seconds=0.1, drawing=0.0):
    return Evaluated([{"loss": 1.0} for _ in chunk], seconds * len(chunk), drawing)


@given(st.integers(1, 10**5), st.integers(2, 300), st.floats(1e-6, 1e3))
def test_chunks_leave_something_for_every_worker(points, workers, seconds):
    size = chunk_size(points, workers, seconds)
    assert 1 <= size <= math.ceil(points / workers)
    assert size == 1 or size * seconds <= 0.5


def test_a_chunk_is_worth_the_drawing_of_its_plane():
    assert chunk_size(1000, 2, 0.1) == 5
    assert chunk_size(1000, 2, 0.1, drawing=2.0) == 20
    assert chunk_size(10, 2, 0.1, drawing=2.0) == 5, "but every worker gets something"


@given(st.lists(st.tuples(st.integers(0, 3), st.just(0), st.just(0)), max_size=40))
def test_chunks_lie_in_one_plane_and_lose_no_point(points):
    found = []
    workers = Workers(
        answering(lambda chunk: found.append(chunk) or evaluated(chunk, 1e-3)),
        count=lambda: 2,
        seconds=1e-3,
    )
    list(workers.run(points))
    assert [point for chunk in found for point in chunk] == points
    assert all(len({plane for plane, _, _ in chunk}) == 1 for chunk in found)


def test_drawing_counts_against_efficiency(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(chunks.time, "perf_counter", lambda: clock[0])

    def work(chunk):
        clock[0] += 0.2 * len(chunk)
        return evaluated(chunk, 0.1, drawing=0.1 * len(chunk))

    workers = Workers(answering(work), count=lambda: 1, seconds=0.1, ahead=1)
    list(workers.run(POINTS))
    assert workers.efficiency == pytest.approx(0.5, rel=0.02)
    assert workers.seconds == pytest.approx(0.1)


def test_a_poison_point_costs_two_deaths():
    deaths, poison = [], (1, 3, 4)

    def work(chunk):
        if poison in chunk:
            deaths.append(chunk)
            raise concurrent.futures.BrokenExecutor
        return evaluated(chunk)

    workers = Workers(answering(work), count=lambda: 2, seconds=0.1)
    finished = dict(
        pair for chunk, values in workers.run(POINTS) for pair in zip(chunk, values, strict=True)
    )
    assert sorted(finished) == POINTS
    assert [point for point, value in finished.items() if isinstance(value, str)] == [poison]
    assert len(deaths) == 2
    assert deaths[1] == [poison]


def test_workers_that_die_at_every_point_are_given_up():
    def work(chunk):
        raise concurrent.futures.BrokenExecutor

    workers = Workers(answering(work), count=lambda: 2, seconds=1.0)
    with pytest.raises(LandscapeError, match="died at the first 3 points, at every one"):
        list(workers.run(POINTS))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ImportError("no module"), "a worker cannot work: ImportError: no module"),
        (concurrent.futures.CancelledError(), "dropped a task"),
    ],
)
def test_an_error_in_a_worker_and_a_dropped_task_are_told_in_words(error, message):
    def work(chunk):
        raise error

    workers = Workers(answering(work), count=lambda: 1, seconds=1.0)
    with pytest.raises(LandscapeError, match=message):
        list(workers.run([(0, 0, 0)]))


def test_points_that_hang_are_named_now_and_then(monkeypatch, caplog):
    monkeypatch.setattr(chunks, "_QUIET_SECONDS", 0.05)
    monkeypatch.setattr(chunks, "_POLL_SECONDS", 0.01)
    futures = []

    def submit(chunk):
        futures.append((chunk, Future()))
        return futures[-1][1]

    asked = []

    def count():
        asked.append(1)
        if len(asked) == 60:
            for chunk, future in futures:
                future.set_result(evaluated(chunk))
        return 1

    workers = Workers(submit, count=count, seconds=10.0)
    with caplog.at_level(logging.WARNING, logger="landscape"):
        list(workers.run([(2, 3, 4), (2, 3, 5)]))
    told = [record.getMessage() for record in caplog.records]
    assert 1 <= len(told) <= 6, "twice as long each time"
    assert "in work are those from (plane 2, beta 3, alpha 4) on" in told[0]
