"""Every error becomes words and an exit code."""

import errno
import logging
import os
import re
import subprocess
import sys

import pytest

from landscape.cli import signals
from landscape.cli.run import make_app, run
from landscape.cli.terminal import OutputLostError


class _SpeechlessError(Exception):
    def __str__(self):
        raise ValueError


class _Base(BaseException):
    pass


def _oserror(number):
    return OSError(number, os.strerror(number))


def raise_it(error, monkeypatch, debug=None):
    def command():
        """Do it."""
        raise error

    monkeypatch.setenv("LANDSCAPE_DEBUG", debug or "0")
    return run(make_app("tool", "A tool.", (command,)), ["command"])


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (MemoryError(), 1, "out of memory\n"),
        (MemoryError("7 GB"), 1, "out of memory: 7 GB\n"),
        (RecursionError("too deep"), 1, "RecursionError: too deep\n"),
        (RuntimeError("inside torch"), 1, "RuntimeError: inside torch\n"),
        (TypeError("no dtype"), 1, "TypeError: no dtype\n"),
        (KeyError("key"), 1, "KeyError: 'key'\n"),
        (AssertionError(), 1, "AssertionError\n"),
        (_SpeechlessError(), 1, "_SpeechlessError: (no text)\n"),
        (_Base("x"), 1, "_Base: x\n"),
        (GeneratorExit(), 1, "GeneratorExit\n"),
        (SystemExit(), 1, "a program that was loaded ended itself: exit(0)\n"),
        (SystemExit(3), 1, "a program that was loaded ended itself: exit(3)\n"),
        (ValueError("said\nso"), 1, "said\\nso\n"),
        (FileNotFoundError(2, "No such file", "a\x1b.h5"), 1, "No such file: a\\x1b.h5\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (OutputLostError(_oserror(errno.ENOSPC)), 1, "cannot write the result to stdout: No space"),
    ],
)
def test_any_error_is_one_line_without_a_traceback(error, code, said, monkeypatch, capsys):
    assert raise_it(error, monkeypatch) == code
    captured = capsys.readouterr()
    assert captured.err.startswith(f"error: {said}")
    assert "Traceback" not in captured.err
    assert re.fullmatch(r"error: [^\n]*\n(hint: [^\n]*\n)?", captured.err)
    assert captured.out == ""


def test_a_traceback_can_be_asked_for(monkeypatch, capsys):
    assert raise_it(RuntimeError("x"), monkeypatch) == 1
    assert "hint: set LANDSCAPE_DEBUG=1 to see where" in capsys.readouterr().err
    assert raise_it(RuntimeError("x"), monkeypatch, debug="1") == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_a_closed_pipe_is_silent(monkeypatch, capsys):
    assert raise_it(OutputLostError(_oserror(errno.EPIPE)), monkeypatch) == 141
    assert capsys.readouterr().err == ""


def test_what_fails_after_a_signal_was_interrupted(monkeypatch, capsys):
    monkeypatch.setattr(signals, "_received", True)
    assert raise_it(RuntimeError("half made"), monkeypatch) == 130
    assert capsys.readouterr().err.startswith("error: interrupted\n")
    with pytest.raises(KeyboardInterrupt):
        signals.raise_received()


def test_log_messages_are_lines_like_all_others(monkeypatch, capsys):
    def command():
        """Warn."""
        logging.getLogger("landscape.x").warning("a\x1b[31m of %s", "b\nc")

    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    assert run(make_app("tool", "A tool.", (command,)), ["command"]) == 0
    assert capsys.readouterr().err == "WARNING: a\\x1b[31m of b\\nc\n"


CHILD = """
from landscape.cli.signals import raise_received, watch, work_begins, work_ends
import os, signal, sys, weakref
watch()
{body}
"""


def ended(body):
    return subprocess.run(
        [sys.executable, "-c", CHILD.format(body=body)],
        capture_output=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_before_the_work_ends_at_once(name):
    done = ended(
        f"try:\n    os.kill(os.getpid(), signal.{name})\nexcept BaseException: pass\nprint(1)"
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"error: interrupted\n")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_during_the_work_is_never_lost(name):
    body = f"""
class Thing: pass
work_begins()
thing = Thing()
keep = weakref.ref(thing, lambda _: os.kill(os.getpid(), signal.{name}))
del thing  # the interpreter ignores what its finalizers raise
try:
    raise_received()
except KeyboardInterrupt:
    sys.exit(5)
"""
    done = ended(body)
    assert (done.returncode, done.stderr) == (5, b"")


def test_a_second_signal_meets_no_words_half_said():
    body = """
work_begins()
try:
    os.kill(os.getpid(), signal.SIGINT)
except KeyboardInterrupt:
    work_ends()
    os.kill(os.getpid(), signal.SIGINT)
"""
    done = ended(body)
    assert (done.returncode, done.stderr) == (130, b"error: interrupted\n")


@pytest.mark.parametrize("delay", [0.01, 0.1, 0.3])
def test_a_signal_inside_an_import_leaves_no_traceback(delay):
    body = f"""
import threading
threading.Timer({delay}, os.kill, (os.getpid(), signal.SIGINT)).start()
import landscape.cli.commands, torch
print("imported")
threading.Event().wait()
"""
    done = ended(body)
    assert done.returncode == 130
    assert done.stderr == b"error: interrupted\n"


@pytest.mark.parametrize("package", ["landscape", "lamp"])
def test_a_package_is_a_program(package):
    words = [sys.executable, "-m", package, "nonsense"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert 'Unknown command "nonsense"' in done.stderr


QUICKLY = """
import sys
from {package}.cli.commands import app
from landscape.cli.run import run
for words in {lines!r}:
    assert run(app, words.split()) in (1, 2), words
    heavy = {{"torch", "scipy.stats", "matplotlib", "plotly", "sklearn"}} & set(sys.modules)
    assert not heavy, (words, heavy)
"""


@pytest.mark.parametrize(
    ("package", "lines"),
    [
        (
            "landscape",
            [
                *("nonsense", "compute no.py", "compute no.py --out x.h5"),
                *("compute no.py --out x.png", "info no.h5", "stats no.h5"),
                "plot no.h5 --out a.png",
            ],
        ),
        ("lamp", ["nonsense", "train", "train no --width 30000"]),
    ],
)
def test_errors_are_quick(package, lines):
    code = QUICKLY.format(package=package, lines=lines)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
