"""The one door to the terminal: results on stdout, all else on stderr, and neither ends the work.

A pipe may close, a disk fill up, a console know no Greek. What cannot be written is dropped; only
where the text itself was the result does a command end for it.
"""

import codecs
import errno
import io
import json
import os
import re
import select
import shutil
import sys
from typing import Any, TextIO

from landscape.errors import escaped, shown

__all__ = [
    "OutputLostError",
    "one_line",
    "print_json",
    "print_result",
    "say",
    "shown",
    "steady_streams",
    "warn",
    "width",
]

_WIDTHS = 40, 200  # columns: text is unreadable in fewer, and rich takes minutes for 1 or 10^9
_LONGEST = 4000  # characters of a message; a third party's may be megabytes
_IN_LETTERS = {
    "ε": "epsilon",
    "α": "alpha",
    "β": "beta",
    "δ": "delta",
    "η": "eta",
    "θ": "theta",
    "λ": "lambda",
    "σ": "sigma",
    "²": "^2",
    "³": "^3",
    "±": "+/-",
    "≤": "<=",
    "≥": ">=",
    "≈": "~",
    "×": "x",
    "·": "*",
    "√": "sqrt",
    "∞": "inf",
    "−": "-",
    "–": "-",
    "—": "-",
    "…": "...",
    "’": "'",
    "“": '"',
    "”": '"',
    "→": "->",
    "★": "*",
    "•": "*",
    "█": "#",
    "━": "-",
}


class OutputLostError(Exception):
    """A result could not be written to stdout; `broken_pipe` where nobody reads it any more."""

    def __init__(self, reason: OSError) -> None:
        super().__init__(f"cannot write the result to stdout: {reason.strerror}")
        self.broken_pipe = reason.errno == errno.EPIPE


class _Steady(io.RawIOBase):
    """Bytes to a stream that may fail: what it refuses is dropped, and the reason kept."""

    def __init__(self, raw: Any, failure: OSError | None = None) -> None:
        self._raw = raw
        self.failure = failure

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self._raw.fileno())

    def isatty(self) -> bool:
        return self.failure is None and bool(self._raw.isatty())

    def write(self, data: Any) -> int:
        while self.failure is None:
            try:
                written = self._raw.write(data)
            except OSError as error:
                self.failure = error
                break
            if written is not None:
                return int(written)
            select.select([], [self._raw], [])  # not blocking, and full: wait for its reader
        return len(data)


def steady_streams() -> None:
    """Replace stdout and stderr of this process by ones that never raise."""
    # A file opened later must not get the number of a standard stream, to which C code and child
    # processes write.
    for descriptor in (0, 1, 2):
        if not _is_open(descriptor):
            # Takes the lowest number that is free: this one. Workers inherit it, too.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    out, err = _steady(sys.stdout, 1), _steady(sys.stderr, 2)
    vars(sys).update(stdout=out, __stdout__=out, stderr=err, __stderr__=err)


def say(text: str) -> None:
    """Print a line on stdout about a result that is in a file."""
    _write(sys.stdout, text)


def warn(text: str) -> None:
    """Print a line on stderr."""
    _write(sys.stderr, text)


def print_result(text: str) -> None:
    """Print a result on stdout.

    Args:
        text: Lines.

    Raises:
        OutputLostError: If it could not be written: it is nowhere else.
    """
    failure = _write(sys.stdout, text)
    if failure is not None:
        raise OutputLostError(failure)


def print_json(value: Any) -> None:
    """Print a result as JSON on stdout; NaN and infinities become null."""
    print_result(json.dumps(_finite(value), indent=2))


def one_line(text: str) -> str:
    r"""Write a message in one printable line of bounded length.

    Line breaks that lay a message out, after punctuation or before an indent, become spaces.

    Example:
        >>> print(one_line("missing keys:\n\tweight, bias\n"))
        missing keys: weight, bias
        >>> print(one_line("no such file: a\nb.h5"))
        no such file: a\nb.h5
    """
    whole = text[: 2 * _LONGEST].strip()
    line = shown(re.sub(r"(?<=[.:;,!?)])\s*\n\s*|\n\s+|\t", " ", whole))
    return line if len(line) <= _LONGEST else line[:_LONGEST] + " ..."


def width() -> int:
    """Return how many columns to write in, whatever the environment or the terminal claims."""
    low, high = _WIDTHS
    try:
        columns = shutil.get_terminal_size().columns
    except (ValueError, OverflowError):
        columns = high
    return min(max(columns, low), high)


def _steady(stream: TextIO | None, descriptor: int) -> TextIO:
    """Make a steady stream of one of Python's, which is None where it was closed at the start."""
    if stream is None:
        closed = OSError(errno.EBADF, os.strerror(errno.EBADF))
        raw: Any = _Steady(io.FileIO(descriptor, "w", closefd=False), closed)
        return io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors="in_letters")
    if not isinstance(stream, io.TextIOWrapper):  # a notebook's or a test's own
        return stream
    encoding, lines, through = stream.encoding, stream.line_buffering, stream.write_through
    buffer: Any = stream.detach()
    raw = _Steady(buffer.detach() if isinstance(buffer, io.BufferedWriter) else buffer)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=encoding,
        errors="in_letters",
        line_buffering=lines,
        write_through=through,
    )


def _is_open(descriptor: int) -> bool:
    """Tell whether a file descriptor is in use."""
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _write(stream: TextIO | None, text: str) -> OSError | None:
    """Write a line; return why it could not be written."""
    if stream is None:
        return OSError(errno.EBADF, os.strerror(errno.EBADF))
    try:
        safe = "".join(char if char in "\n\t" else shown(char) for char in text)
        stream.write(_spelled(safe, stream.encoding or "utf-8") + "\n")
        stream.flush()
    except OSError as error:
        return error
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    return raw.failure if isinstance(raw, _Steady) else None


def _spelled(text: str, encoding: str) -> str:
    """Spell what an encoding has not; the gaps between columns give way for longer words."""
    spelled, longer = [], 0
    for part in re.split(r"(\n|  +)", text):
        if part.startswith("  "):
            gap = max(2, len(part) - longer)
            longer -= len(part) - gap
            spelled.append(" " * gap)
        else:
            word = part.encode(encoding, "in_letters").decode(encoding)
            longer = 0 if part == "\n" else longer + len(word) - len(part)
            spelled.append(word)
    return "".join(spelled)


def _in_letters(error: UnicodeError) -> tuple[str, int]:
    """Spell what a console cannot show: symbols of the field in letters, the rest escaped."""
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end]
    return "".join(_IN_LETTERS.get(char) or escaped(char) for char in text), error.end


codecs.register_error("in_letters", _in_letters)


def _finite(value: Any) -> Any:
    """Replace numbers that JSON does not know by null."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, float) and value - value != 0:
        return None
    return value
