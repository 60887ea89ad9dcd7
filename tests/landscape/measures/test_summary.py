"""Text and JSON of summaries."""

import pytest

from landscape import measures
from landscape import planes as directions
from landscape.measures.text import aligned, limits, number, plain


@pytest.mark.parametrize(
    ("value", "text", "json"),
    [(1.23456, "1.235", 1.23456), (float("nan"), "-", None), (float("-inf"), "-inf", "-inf")],
)
def test_numbers(value, text, json):
    assert number(value) == text
    assert plain(value) == json


def test_limits():
    assert limits(1, 2) == "[1, 2]"
    assert limits(float("nan"), 2) == ""


def test_tables_are_aligned():
    assert aligned([("a", "b", "c"), ("long", "1", "")], right=(1,)) == ["a     b  c", "long  1"]


@pytest.mark.parametrize("room", [measures, directions])
def test_all_public_names_exist(room):
    assert all(hasattr(room, name) for name in room.__all__)
    assert sorted(room.__all__) == list(room.__all__)
