"""Progress for people: a bar on a terminal, a line now and then elsewhere; always on stderr."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from rich.console import Console

from landscape.cli.signals import raise_received, work_begins
from landscape.cli.terminal import shown, warn, width
from landscape.progress import Report, about, accuracy, bar, closing, duration, layer

_LINE_SECONDS = 30.0
_LINE_SHARE = 0.05


@contextmanager
def progress_reporter(label: str) -> Iterator[Report]:
    """Open a progress display: from here on a signal interrupts work, which is put away in order.

    Args:
        label: What is being done.

    Yields:
        A function to be called as report(done, total) or report(done, total, info). It raises
        KeyboardInterrupt where a signal came that has been swallowed since.
    """
    work_begins()
    label = shown(label)
    opened = _bar(label) if sys.stderr is not None and sys.stderr.isatty() else _lines(label)
    with opened as display:

        def report(done: int, total: int, info: Mapping[str, Any] | None = None) -> None:
            raise_received()
            display(done, total, info or {})

        yield report


def _bar(label: str) -> AbstractContextManager[Report]:
    """Report by a bar."""
    return bar(label, Console(stderr=True, width=width()))


@contextmanager
def _lines(label: str) -> Iterator[Report]:
    """Report by lines: the first, the last, and one per 30 seconds or 5 per cent between."""
    start = time.monotonic()
    last_time, last_share = start - _LINE_SECONDS, -1.0
    first: tuple[float, int] | None = None

    def report(done: int, total: int, info: Mapping[str, Any]) -> None:
        nonlocal last_time, last_share, first
        now, share = time.monotonic(), done / max(total, 1)
        first = first or (now, done)  # before it, processes were started
        # Whichever of the two comes later, so that short work prints few lines.
        far = share - last_share >= _LINE_SHARE or "error" in info
        due = now - last_time >= _LINE_SECONDS and far
        if not (due or done >= total):
            return
        last_time, last_share = now, share
        failed = f", {info['failed']} failed" if info.get("failed") else ""
        rate = (done - first[1]) / max(now - first[0], 1e-9)
        left = f", {duration((total - done) / rate)} left" if rate else about(info)
        if "error" in info:  # nobody knows how many points it will take
            left = accuracy(info) + ("" if rate else about(info))
        left = left if done < total else ""
        warn(f"{label}{layer(info)}: {done}/{total}{failed}{left}")
        if done >= total and "efficiency" in info:
            warn(closing(label, info))

    yield report
