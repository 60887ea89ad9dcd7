"""Progress for people, without being asked: a bar on a terminal, a line in a notebook."""

import html
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Literal

from landscape.errors import LandscapeError, shown

if TYPE_CHECKING:
    from rich.console import Console

Report = Callable[..., None]
"""Called as report(done, total), and with a mapping of what else is known."""

_PATIENCE = 1.0  # seconds of work that nobody needs to be told of
_PAUSE = 0.2  # seconds between two pictures of a notebook


@contextmanager
def reporting(
    progress: Callable[..., Any] | Literal["auto"] | None, label: str
) -> Iterator[Callable[..., Any] | None]:
    """Choose who is told of the progress of work.

    Args:
        progress: A function of the user's; None for nobody; `"auto"` for whoever sits at a terminal
            or a notebook, where the work takes more than a second.
        label: What is being done.

    Yields:
        What to call as progress(done, total) or progress(done, total, info); None for nothing.

    Raises:
        LandscapeError: If it is something else.
    """
    if progress != "auto":
        if progress is not None and not callable(progress):
            raise LandscapeError(
                f"expected progress to be 'auto', None or a function, got {progress!r}"
            )
        yield progress
        return
    opened = _place()
    if opened is None:
        yield None
        return
    began = time.monotonic()
    display: Report | None = None
    with ExitStack() as stack:

        def report(done: int, total: int, info: Mapping[str, Any] | None = None) -> None:
            nonlocal display
            if display is None and time.monotonic() - began < _PATIENCE:
                return
            display = display or stack.enter_context(opened(label, began))
            display(done, total, info or {})

        yield report


def _place() -> Callable[[str, float], AbstractContextManager[Report]] | None:
    """Find where somebody looks: a notebook, or a terminal that standard error goes to."""
    if _in_notebook():
        return _line
    if sys.stderr is None or not sys.stderr.isatty():
        return None

    def on_terminal(label: str, _: float) -> AbstractContextManager[Report]:
        from rich.console import Console

        return bar(label, Console(stderr=True))

    return on_terminal


def _in_notebook() -> bool:
    """Tell whether this is a kernel of Jupyter, which has a front end that shows things."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


@contextmanager
def bar(label: str, console: "Console") -> Iterator[Report]:
    """Report by a bar.

    Args:
        label: What is being done.
        console: Of rich.

    Yields:
        The function to call.
    """
    from rich.markup import escape
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
    with Progress(*columns, console=console) as shown_bar:
        name = escape(label)
        task = shown_bar.add_task(name, total=None)
        first: int | None = None

        def report(done: int, total: int, info: Mapping[str, Any]) -> None:
            nonlocal first
            first = done if first is None else first
            failed = info.get("failed", 0)
            guess = about(info) if done == first < total else ""
            text = f"{name}{escape(layer(info))}{accuracy(info)}{guess}"
            text = f"{text} [red]{failed} failed" if failed else text
            # Of a refinement nobody knows how many points it will take.
            known = None if "error" in info and done < total else total
            shown_bar.update(task, completed=done, total=known, description=text)
            if done >= total and "efficiency" in info:
                shown_bar.console.print(closing(name, info))

        yield report


@contextmanager
def _line(label: str, began: float) -> Iterator[Report]:
    """Report in a notebook: a bar that moves while there is work, and a line of text after it."""
    from IPython.display import display

    last, first = 0.0, (time.monotonic(), 0)
    show: Any = display
    text, picture = label, show(_both("", label), raw=True, display_id=True)

    def report(done: int, total: int, info: Mapping[str, Any]) -> None:
        nonlocal text, last, first
        now, share = time.monotonic(), done / max(total, 1)
        guess = "" if first[1] else about(info)
        first = first if first[1] else (now, done)
        if "error" in info and done < total:  # nobody knows how many points it will take
            moving, text = "<progress></progress> ", f"{done:,} points{accuracy(info)}{guess}"
        else:
            left = _left(now - first[0], done - first[1], total - done)
            left = left or (guess if done < total else "")
            moving = f'<progress value="{share:.3f}"></progress> '
            text = f"{done:,} of {total:,}{left}"
        failed = f", {info['failed']} failed" if info.get("failed") else ""
        text = f"{label}{layer(info)}: {text}{failed}"
        if now - last >= _PAUSE:
            last = now
            picture.update(_both(moving, text), raw=True)

    try:
        yield report
    finally:
        picture.update(_both("", f"{text}, {time.monotonic() - began:.0f} s"), raw=True)


def _both(markup: str, text: str) -> dict[str, str]:
    """Return what front ends of every kind show."""
    return {"text/plain": text, "text/html": f"{markup}{html.escape(text)}"}


def _left(seconds: float, done: int, rest: int) -> str:
    """Estimate how long the rest will take; nothing where nothing is left, or known."""
    return f", {duration(seconds * rest / done)} left" if done > 0 and rest > 0 else ""


def layer(info: Mapping[str, Any]) -> str:
    """Tell which layer of several is being measured; nothing where it is all of them."""
    return f", {shown(info['layer'])}" if "layer" in info else ""


def accuracy(info: Mapping[str, Any]) -> str:
    """Tell how far a refinement is; nothing where there is none."""
    if "error" not in info or not math.isfinite(info["error"]):
        return ""
    return f", error {info['error']:.2g}, to be {info['tolerance']:g}"


def about(info: Mapping[str, Any]) -> str:
    """Tell how long all of it may take, before there is enough to see; nothing where unknown."""
    if "expected" not in info:
        return ""
    return f", about {duration(info['expected'] / max(info.get('workers', 1), 1))}"


def duration(seconds: float) -> str:
    """Write a time as people say it.

    Example:
        >>> duration(42.4), duration(1100), duration(9000)
        ('42 s', '18 min', '2.5 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def closing(label: str, info: Mapping[str, Any]) -> str:
    """Tell how well the workers were used."""
    workers = info["workers"]
    noun = "worker" if workers == 1 else "workers"
    return f"{label}: {workers} {noun}, evaluating {info['efficiency']:.0%} of the time"
