"""`landscape watch`: a surface while another process computes it."""

import contextlib
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from landscape.cli.paths import check_inputs
from landscape.cli.signals import work_begins
from landscape.cli.terminal import say, shown, width
from landscape.errors import LandscapeError, SurfaceFileError

if TYPE_CHECKING:
    from landscape.cli.growth import Growth
    from landscape.cli.serve import Board
    from landscape.surface import Surface

_BETWEEN_LINES = 30.0  # seconds, where no terminal shows a picture
_PATIENCE = 5  # looks at a file that cannot be read: whoever writes it may be making it anew


def watch(
    surface: Path,
    /,
    *,
    every: Annotated[float, Parameter(validator=Number(gte=0.1, lte=3600))] = 1.0,
    plane: int | None = None,
    page: Annotated[bool, Parameter(negative=())] = False,
    port: Annotated[int | None, Parameter(validator=Number(gte=1, lte=65535))] = None,
) -> None:
    """Watch a surface grow while `landscape compute`, or a script, writes its file.

    Points measured, time left or estimated error, where points come in, and a coarse picture of
    the surface. It only reads the file, and ends when that is done or nobody writes to it; Ctrl-C
    ends it, and not what is computing.

    Args:
        surface: A surface file.
        every: Seconds between two looks.
        plane: Which plane to show; by default the one that got points last.
        page: Show it in a browser of this machine instead: the page of `landscape explore`, made
            anew while points come in. Prints the address.
        port: Of that page; by default a free one.

    Raises:
        LandscapeError: If there is no such plane, or options do not go together.
    """
    check_inputs([surface])
    if plane is not None and page:
        raise LandscapeError("--plane has no effect on a page", hint="it lets choose: leave it out")
    if port is not None and not page:
        raise LandscapeError("expected --port with --page")

    from landscape.cli.growth import Growth

    if page:
        _serve(surface, Growth(), every=every, port=port)
        return
    terminal = sys.stdout is not None and sys.stdout.isatty()
    work_begins()
    with contextlib.suppress(KeyboardInterrupt):  # the usual way to stop looking
        (_paint if terminal else _tell)(surface, Growth(), every=every, plane=plane)


def _serve(path: Path, growth: "Growth", *, every: float, port: int | None) -> None:
    """Show it in a page, and say it in lines, too."""
    from landscape.cli.serve import Board, serving
    from landscape.surface import load

    if load(path).is_line:
        raise LandscapeError(
            "expected a surface over planes, got a line", hint="watch it without --page"
        )
    work_begins()
    board = Board(shown(path.name), every)
    with serving(board, port) as address:
        say(f"{address} shows it on this machine; Ctrl-C ends that")
        _tell(path, growth, every=every, plane=None, board=board)
        board.wait()
    say(f"to keep: landscape explore {shown(path)} --out explorer.html")


def _tell(
    path: Path, growth: "Growth", *, every: float, plane: int | None, board: "Board | None" = None
) -> None:
    """Say it in lines, one now and then; to a page, if there is one, at each look."""
    from landscape.cli.growth import headline, place, title

    told = -math.inf
    for found, now, ended in _looks(path, growth, every):
        if board is not None:
            where = ended or place(found, growth, now)
            board.put(found, headline(found, growth), where, ended=bool(ended))
        number = _plane(found, growth, plane)
        if ended or now - told >= _BETWEEN_LINES:
            told = now
            where = place(found, growth, now)
            say(f"{title(path, found, number)}: {headline(found, growth)}; {where}".rstrip("; "))
        if ended:
            say(ended)


def _paint(path: Path, growth: "Growth", *, every: float, plane: int | None) -> None:
    """Show it in one place."""
    from rich.console import Console, Group
    from rich.live import Live
    from rich.text import Text

    from landscape.cli.growth import headline, picture, place, title

    console = Console(width=width())
    paints = console.color_system is not None and "utf" in console.encoding.lower()
    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
        for found, now, ended in _looks(path, growth, every):
            number = _plane(found, growth, plane)
            lines = [title(path, found, number), headline(found, growth)]
            lines.append(ended or place(found, growth, now))
            room = console.height - len(lines) - 2, console.width - 1
            painted = picture(found, growth, plane=number, room=room) if paints else None
            texts = [Text(line, no_wrap=True, overflow="ellipsis") for line in lines]
            live.update(Group(*texts, *([painted] if painted else [])), refresh=True)


def _looks(path: Path, growth: "Growth", every: float) -> Iterator[tuple["Surface", float, str]]:
    """Look at a file until it is done, or nobody writes to it.

    Yields:
        The surface, the time in seconds, and in the end why it is the end.
    """
    from landscape.surface import load

    first = True  # when nobody is replacing it: what cannot be read is no surface
    while True:
        # Asked before: who writes the last point, then lets go, is not missed.
        written = path.resolve().with_name(f"{path.resolve().name}.lock").exists()
        found = load(path) if first else _load(path, every)
        first = False
        now = time.monotonic()
        growth.look(found, now)
        ended = "done" if found.is_complete else ""
        if not ended and not written:
            ended = "not done, and nobody writes to it: repeat the command to go on"
        yield found, now, ended
        if ended:
            return
        time.sleep(every)


def _load(path: Path, every: float) -> "Surface":
    """Read a file that somebody may be replacing."""
    from landscape.surface import load

    for _ in range(_PATIENCE):
        try:
            return load(path)
        except SurfaceFileError:
            time.sleep(min(every, 0.5))
    return load(path)


def _plane(surface: "Surface", growth: "Growth", asked: int | None) -> int:
    """Choose which plane to show."""
    if asked is None:
        return 0 if growth.last is None else growth.last[1]
    if not 0 <= asked < surface.planes:
        raise LandscapeError(f"expected a plane from 0 to {surface.planes - 1}, got {asked}")
    return asked
