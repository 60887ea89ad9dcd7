"""Spread work over processes with one thread each; what a death interrupts is called again."""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from contextlib import contextmanager
from typing import TypeVar

import loky
import torch

from landscape.errors import LandscapeError
from landscape.running.pool import Pool

logger = logging.getLogger("lamp")

Item = TypeVar("Item")
Result = TypeVar("Result")

_DEATHS_AT_MOST = 3


def spread(
    function: Callable[[Item], Result], items: Sequence[Item], *, workers: int | None = None
) -> Iterator[tuple[Item, Result]]:
    """Call a function for every item on processes with one thread each.

    When a process dies, what was running is called again, which must go on from where it was. One
    worker, or one item, needs no other process.

    Args:
        function: To be called, as a rule in another process.
        items: What to call it with; the first are started first.
        workers: Number of processes; None: one for each core.

    Yields:
        Items with their results, in order of completion.

    Raises:
        LandscapeError: If processes die again and again.
    """
    workers = workers or int(loky.cpu_count())
    if workers == 1 or len(items) < 2:  # no process would be faster
        with _one_thread():
            yield from ((item, function(item)) for item in items)
        return
    waiting = list(items)
    deaths = 0
    with Pool(min(workers, len(waiting))) as pool:
        flying: dict[Future[Result], Item] = {}
        while waiting or flying:
            while waiting and len(flying) < pool.count:
                item = waiting.pop(0)
                flying[pool.submit(function, item)] = item
            broken = []
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                item = flying.pop(future)
                try:
                    result = future.result()
                except BrokenExecutor:
                    broken.append(item)
                else:
                    yield item, result
            if broken:
                deaths += 1
                logger.warning("a worker process died; what it did is taken up again")
                if deaths > _DEATHS_AT_MOST:
                    raise LandscapeError(
                        f"worker processes died {deaths} times; they may have run out of memory",
                        hint="use fewer workers; what is finished is kept",
                    )
                waiting = [*broken, *waiting]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute with one thread for a while, as worker processes do: the last bits depend on it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
