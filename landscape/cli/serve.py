"""A page on loopback for a surface that grows: the explorer of what is there, and how far it is."""

import contextlib
import json
import sys
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

from landscape.errors import LandscapeError

if TYPE_CHECKING:
    from landscape.surface import Surface

_HOST = "127.0.0.1"
_PATIENCE = 5.0  # seconds in which a browser that looks asks for the last page
_LONGEST = 60.0  # seconds that making it may take
_NOT_YET = (
    '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Not yet</title>'
    "<style>:root {{ color-scheme: light dark; font-family: system-ui }}</style><p>Not yet: {}"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Board:
    """What the page shows, put there by one thread and read by those that serve it.

    Args:
        title: What is watched.
        every: Seconds between two looks.
    """

    def __init__(self, title: str, every: float) -> None:
        self._title = title
        self._every = every
        self._lock, self._making = threading.Lock(), threading.Lock()
        self._surface: Surface | None = None
        self._state: dict[str, Any] = dict.fromkeys(("version", "headline", "place"), "")
        self._state |= {"share": None, "ended": False}
        self._page = ("", _NOT_YET.format("the file is being read"))  # a version, and its page
        self._fetched = ""  # the version that a browser has
        self._seen = -float("inf")  # when somebody looked last

    def put(self, surface: "Surface", headline: str, place: str, *, ended: bool) -> None:
        """Put up how a surface is now.

        Args:
            surface: Over planes.
            headline: How far it is.
            place: Where points come in, or why it is the end.
            ended: Whether this is the last look.
        """
        tried, refined = int((surface.status != 0).sum()), surface.refined
        errors = "" if refined is None else [*refined.error.tolist(), int(refined.done.sum())]
        share = tried / surface.status.size if refined is None else 1.0 if ended else None
        with self._lock:
            self._surface = surface
            self._state = {
                "version": f"{tried} {errors}",
                "headline": headline,
                "place": place,
                "share": share,
                "ended": ended,
            }

    def shell(self) -> str:
        """Return the page around the explorer's, which asks for news and loads that anew."""
        from landscape.figures.text import in_markup

        text = files("landscape.cli").joinpath("watch.html").read_text(encoding="utf-8")
        every = max(200, round(1000 * self._every))
        return Template(text).substitute(title=in_markup(self._title), every=every)

    def state(self) -> str:
        """Return the news as JSON."""
        with self._lock:
            self._seen = time.monotonic()
            return json.dumps(self._state)

    def page(self) -> tuple[str, str]:
        """Return a version, and the explorer of the surface as it is then, made once for each."""
        from landscape.figures import explore
        from landscape.figures.text import in_markup

        with self._making:
            with self._lock:
                version, surface = self._state["version"], self._surface
            if surface is not None and self._page[0] != version:
                try:
                    page = explore(surface, [self._title]).page
                except (LandscapeError, ValueError) as error:  # as of a surface without a value
                    page = _NOT_YET.format(in_markup(str(error)))
                self._page = version, page
            return self._page

    def fetched(self, version: str) -> None:
        """Take note of what a browser has."""
        self._fetched = version

    def wait(self) -> None:
        """Wait until a browser that looks has fetched the end, but not for long."""
        last = time.monotonic() + _LONGEST
        while self._fetched != self._state["version"] and time.monotonic() < last:
            looks = time.monotonic() < self._seen + self._every + _PATIENCE
            if not looks and not self._making.locked():
                return
            time.sleep(0.05)


@contextlib.contextmanager
def serving(board: Board, port: int | None) -> Iterator[str]:
    """Serve a board to this machine alone, until the block is left.

    Args:
        board: What is shown.
        port: Where; None takes a free one.

    Yields:
        The address.

    Raises:
        LandscapeError: If the port cannot be had.
    """
    try:
        server = _Server((_HOST, port or 0), _Handler)
    except OSError as error:
        raise LandscapeError(
            f"cannot serve on port {port} of {_HOST}: {error.strerror}",
            hint="without --port a free one is taken",
        ) from error
    server.board = board
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield f"http://{_HOST}:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    """A server whose visitors may go away whenever they like."""

    daemon_threads = True
    board: Board

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that has gone."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Gives the page, the explorer in it, and the news; all else is not there."""

    server: _Server
    timeout = 10.0
    server_version, sys_version = "landscape", ""

    def do_GET(self) -> None:
        """Answer a browser of this machine that asked for this machine."""
        port = self.server.server_port
        # A page from elsewhere may give its own name this machine's address, and then read all.
        if self.headers.get_all("Host") not in ([f"{_HOST}:{port}"], [f"localhost:{port}"]):
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST, "only this machine is served")
            return
        board = self.server.board
        match self.path.partition("?")[0]:
            case "/":
                self._give(board.shell(), "text/html")
            case "/surface":
                version, page = board.page()
                self._give(page, "text/html")
                board.fetched(version)
            case "/state":
                self._give(board.state(), "application/json")
            case _:
                self.send_error(HTTPStatus.NOT_FOUND)

    def _give(self, text: str, kind: str) -> None:
        """Send a whole text."""
        body = text.encode()
        self.send_response(HTTPStatus.OK)
        headers = {"Content-Type": f"{kind}; charset=utf-8", "Content-Length": str(len(body))}
        for name, value in (headers | _HEADERS).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Keep the terminal for the surface."""
