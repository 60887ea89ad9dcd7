"""A pool of worker processes with one thread each, which comes back after a worker has died."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Any

import loky
import torch

from landscape.errors import LandscapeError
from landscape.running.allocator import keep_freed_memory

_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # A worker has nothing when it starts and keeps a job from then on; loky takes more than 300 MB
    # for a leak and replaces the worker.
    "LOKY_MAX_MEMORY_LEAK_SIZE": "1e18",
}


class Pool(Executor):
    """Processes that are started once and serve many rounds.

    When a worker dies all tasks in flight raise `BrokenExecutor`, as in any pool of processes;
    the next one that is submitted starts a new pool.

    Args:
        count: Number of processes. They start at once, in the background: importing torch takes
            seconds, in which the parent can prepare.

    Raises:
        LandscapeError: If this process must not have children.
    """

    def __init__(self, count: int) -> None:
        if multiprocessing.current_process().daemon:
            raise LandscapeError(
                f"expected one worker in a daemonic process, which has no children, got {count}",
                hint="use workers=1 (--workers 1), or start that process with daemon=False",
            )
        self.count = count
        self._start()

    def _start(self) -> None:
        self._pool = loky.ProcessPoolExecutor(
            max_workers=self.count,
            env=_ENVIRONMENT,
            initializer=_become_worker,
            initargs=(os.getpid(),),
        )
        self._pool.submit(_import_torch)  # the first task starts all processes

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a function in a worker process."""
        try:
            future: Future[Any] = self._pool.submit(fn, *args, **kwargs)
        except BrokenExecutor:
            self.shutdown()
            self._start()
            future = self._pool.submit(fn, *args, **kwargs)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:  # noqa: ARG002
        """End the processes, whatever they are doing."""
        self._pool.shutdown(wait=wait, kill_workers=True)


def _become_worker(parent: int) -> None:
    """Leave Ctrl-C to the parent, end when it is gone, use one thread, keep freed memory."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    torch.set_num_threads(1)
    keep_freed_memory()


def _import_torch() -> None:
    """Do nothing: that this module was imported for it is enough."""
