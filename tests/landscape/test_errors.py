"""Somebody else's error in one line."""

import pickle
import traceback

import pytest

from landscape.errors import LandscapeError, describe


class UnreadableError(Exception):
    def __str__(self):
        raise ValueError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (KeyError("x"), "KeyError: 'x'"),
        (ValueError(), "ValueError"),
        (SystemExit(2), "SystemExit: 2"),
        (ValueError("a\n  b\tc"), "ValueError: a b c"),
        (ValueError("\x1b[31mred\x1b[0m \x07bell\x00"), "ValueError: red bell"),
        (UnreadableError(), "UnreadableError: (its text cannot be read: ValueError)"),
    ],
)
def test_the_text_is_one_printable_line(error, text):
    assert describe(error) == text


def test_giant_texts_are_cut():
    text = describe(RuntimeError("x" * 50_000_000))
    assert len(text) < 500
    assert text.endswith("...")


def test_a_traceback_shows_the_hint():
    error = LandscapeError("no such file: run.h5", hint="compute it first")
    shown = "".join(traceback.format_exception(error))
    assert shown.endswith("LandscapeError: no such file: run.h5\nhint: compute it first\n")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.hint, again.__notes__) == (str(error), error.hint, error.__notes__)
