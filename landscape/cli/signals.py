"""Ctrl-C and SIGTERM: at once where nothing is at stake, in order where work is going on."""

import contextlib
import os
import signal
import sys
from typing import Any

INTERRUPTED = 130

_received = False
_working = False


def watch() -> None:
    """Take over both signals. Until `work_begins` they end the process at once.

    An exception would be no good meanwhile: raised inside an import, it leaves modules half made.
    SLURM, docker and timeout send SIGTERM and mean the same as Ctrl-C.
    """
    sys.unraisablehook = _unraisable
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _handle)


def work_begins() -> None:
    """From here on a signal raises KeyboardInterrupt, so that files and processes are put away."""
    global _working
    _working = True


def work_ends() -> None:
    """From here on a signal ends the process at once again: only words are left to be said."""
    global _working
    _working = False


def was_received() -> bool:
    """Tell whether a signal has come."""
    return _received


def raise_received() -> None:
    """Raise again what was swallowed: by a finalizer, or by `except` clauses of other people.

    Raises:
        KeyboardInterrupt: If a signal has come.
    """
    if _received:
        raise KeyboardInterrupt


def _handle(*_: object) -> None:
    """End the process, or raise KeyboardInterrupt."""
    global _received
    _received = True
    if _working:
        raise KeyboardInterrupt
    with contextlib.suppress(OSError):
        os.write(2, b"error: interrupted\n")
    os._exit(INTERRUPTED)


def _unraisable(problem: Any) -> None:
    """Say nothing of an interrupt that a finalizer swallowed: `raise_received` repeats it."""
    if not (_received and problem.exc_type is KeyboardInterrupt):
        sys.__unraisablehook__(problem)
