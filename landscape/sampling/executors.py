"""Run chunks of points on worker processes, and survive workers that die."""

import contextlib
import functools
import logging
import os
import shutil
import signal
import tempfile
import threading
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import psutil
import torch
from loky import ProcessPoolExecutor
from loky.process_executor import TerminatedWorkerError

from landscape.errors import LandscapeError
from landscape.sampling.evaluator import Evaluator, PointValues, read_job, read_plane
from landscape.surface.writer import Point

logger = logging.getLogger("landscape")

Chunk = Sequence[Point]
Finished = tuple[Chunk, list[PointValues]]

_DEATH = "the worker process died; it may have run out of memory"
_DEATHS_AT_MOST = 3
_FOLDER = "landscape-job"
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

_evaluator: tuple[str, Evaluator] | None = None


@contextlib.contextmanager
def job_folder() -> Iterator[Path]:
    """Make a folder for a job, and remove those that killed processes have left.

    Yields:
        The folder, which is removed at the end.
    """
    for old in Path(tempfile.gettempdir()).glob(f"{_FOLDER}-*-*"):
        owner = old.name.split("-")[2]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{_FOLDER}-{os.getpid()}-") as folder:
        yield Path(folder)


def run_in_process(evaluator: Evaluator, chunks: Sequence[Chunk]) -> Generator[Finished]:
    """Evaluate chunks one after the other in this process.

    Args:
        evaluator: Evaluates points.
        chunks: Points to evaluate.

    Yields:
        Each chunk with its values.
    """
    for chunk in chunks:
        yield chunk, evaluator.run(chunk)


def run_on_workers(folder: Path, chunks: Sequence[Chunk], *, workers: int) -> Generator[Finished]:
    """Evaluate chunks on worker processes with one thread each.

    When a worker dies, the chunks that were in flight run again one at a time; one that kills its
    worker again is cut in halves, so that a single poison point fails alone.

    Args:
        folder: Where `write_job` wrote the job.
        chunks: Points to evaluate.
        workers: Number of processes.

    Yields:
        Each chunk, in order of completion, with its values.

    Raises:
        LandscapeError: If workers die at every point they are given.
    """
    waiting = deque(chunks)
    suspects: deque[Chunk] = deque()
    deaths = 0
    worked = False
    while waiting or suspects:
        alone = bool(suspects)
        source = deque([suspects.popleft()]) if alone else waiting
        for chunk, values in _run_pool(folder, source, 1 if alone else workers):
            if values is not None:
                worked = True
                yield chunk, values
            elif not alone:
                suspects.append(chunk)
            elif len(chunk) > 1:
                half = len(chunk) // 2
                suspects.extendleft([chunk[half:], chunk[:half]])
            else:
                deaths += 1
                yield chunk, [_DEATH]
                if deaths >= _DEATHS_AT_MOST and not worked:
                    raise LandscapeError(
                        f"worker processes died at the first {deaths} points, at every one",
                        hint="use fewer workers, smaller batches or fewer samples (--max-samples)",
                    )


def _run_pool(
    folder: Path, waiting: deque[Chunk], workers: int
) -> Iterator[tuple[Chunk, list[PointValues] | None]]:
    """Run chunks until all are done or the pool breaks; None marks a chunk that was in flight."""
    environment = dict.fromkeys(_THREAD_VARIABLES, "1")
    pool = ProcessPoolExecutor(max_workers=workers, env=environment)
    flying: dict[Future[Any], Chunk] = {}
    broken = False
    try:
        while waiting or flying:
            while waiting and len(flying) < 2 * workers and not broken:
                chunk = waiting.popleft()
                try:
                    flying[pool.submit(_run_chunk, str(folder), chunk, os.getpid())] = chunk
                except (BrokenProcessPool, TerminatedWorkerError):
                    waiting.appendleft(chunk)
                    broken = True
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                chunk = flying.pop(future)
                try:
                    values = future.result()
                except (BrokenProcessPool, TerminatedWorkerError):
                    broken, values = True, None
                yield chunk, values
            if broken and not flying:
                logger.warning("a worker process died; its points run again")
                return
    finally:
        pool.shutdown(wait=True, kill_workers=True)


def _run_chunk(folder: str, chunk: Chunk, parent: int) -> list[PointValues]:
    """Evaluate a chunk in a worker process, which keeps the evaluator for the next one."""
    global _evaluator
    if _evaluator is None or _evaluator[0] != folder:
        _become_worker(parent)
        planes = functools.partial(read_plane, Path(folder))
        _evaluator = (folder, Evaluator(read_job(Path(folder)), planes))
    return _evaluator[1].run(chunk)


def _become_worker(parent: int) -> None:
    """Use one thread, leave Ctrl-C to the parent, and end when the parent is gone."""
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
