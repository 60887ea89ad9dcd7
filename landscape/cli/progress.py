"""Progress for people: a bar on a terminal, a line now and then elsewhere; always on stderr."""

import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape

from landscape.cli.signals import raise_received, work_begins
from landscape.cli.terminal import shown, warn, width

Report = Callable[..., None]
"""Called as report(done, total), and with what else is known of computing a surface."""

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


@contextmanager
def _bar(label: str) -> Iterator[Report]:
    """Report by a bar."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True, width=width())) as bar:
        name = escape(label)
        task = bar.add_task(name, total=None)

        def report(done: int, total: int, info: Mapping[str, Any]) -> None:
            failed = info.get("failed", 0)
            text = f"{name}{escape(_layer(info))}{_accuracy(info)}"
            text = f"{text} [red]{failed} failed" if failed else text
            bar.update(task, completed=done, total=total, description=text)
            if done >= total and "efficiency" in info:
                bar.console.print(_closing(name, info))

        yield report


def _layer(info: Mapping[str, Any]) -> str:
    """Tell which layer of several is being measured; nothing where it is all of them."""
    return f", {shown(info['layer'])}" if "layer" in info else ""


def _accuracy(info: Mapping[str, Any]) -> str:
    """Tell how far a refinement is; nothing where there is none."""
    if "error" not in info or not math.isfinite(info["error"]):
        return ""
    return f", error {info['error']:.2g}, to be {info['tolerance']:g}"


def _closing(label: str, info: Mapping[str, Any]) -> str:
    """Tell how well the workers were used."""
    workers = info["workers"]
    noun = "worker" if workers == 1 else "workers"
    return f"{label}: {workers} {noun}, evaluating {info['efficiency']:.0%} of the time"


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
        left = f", {(total - done) / rate:.0f} s left" if rate and done < total else ""
        if "error" in info:  # nobody knows how many points it will take
            left = _accuracy(info) if done < total else ""
        warn(f"{label}{_layer(info)}: {done}/{total}{failed}{left}")
        if done >= total and "efficiency" in info:
            warn(_closing(label, info))

    yield report
