"""The comparison with other tools is whole, and every yes of ours has a test that there is."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "peers.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, flags=re.DOTALL | re.MULTILINE))
SHOWN, MISTAKES = SECTIONS.pop("What shows it"), SECTIONS.pop("Mistakes that are tested for")


def rows(text: str) -> list[list[str]]:
    """Cells of a table, its head first."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:1] + lines[2:]]


def named(cell: str, folder: str = "") -> list[tuple[Path, str]]:
    """The tests in a cell, each a file and a function."""
    return [(ROOT / folder / file, name) for file, name in re.findall(r"`(\S+)::(\w+)`", cell)]


@cache
def functions(file: Path) -> set[str]:
    """Of the tests that a file defines."""
    defined = [n for n in ast.parse(file.read_text()).body if isinstance(n, ast.FunctionDef)]
    return {node.name for node in defined if node.name.startswith("test_")}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_cell_has_an_answer_and_every_note_a_cell(section):
    head, *body = rows(SECTIONS[section])
    columns = [row[0].strip("*") for row in rows(PAGE[: PAGE.index("**In short")])[1:]]
    assert head == ["", *columns]
    assert {len(row) for row in body} == {len(head)}
    answers = [re.fullmatch(r"(yes|partly|–|\?)(?: \((\d+)\))?", c) for r in body for c in r[1:]]
    assert all(answers)
    assert all(one[2] for one in answers if one[1] in {"partly", "?"})
    notes = re.findall(r"^(\d+)\. ", SECTIONS[section], flags=re.MULTILINE)
    first_seen = list(dict.fromkeys(one[2] for one in answers if one[2]))
    assert notes == [str(number + 1) for number in range(len(notes))]
    assert first_seen == notes


def test_every_yes_of_ours_has_a_test_that_there_is():
    claims = [r[0] for text in SECTIONS.values() for r in rows(text)[1:] if r[1][0] in "yp"]
    shown = {what: named(tests) for what, tests in rows(SHOWN)[1:]}
    assert list(shown) == claims
    for what, tests in shown.items():
        assert tests, what
        for file, name in tests:
            assert name in functions(file), f"{file}::{name}"


def test_every_mistake_that_is_tested_for_is_listed_and_no_other():
    folder = ROOT / "tests" / "conformance"
    listed = [test for row in rows(MISTAKES)[1:] for test in named(row[2], "tests/conformance")]
    files = set(folder.glob("test_*.py")) - {folder / "test_peers.py"}
    assert sorted(listed) == sorted((file, name) for file in files for name in functions(file))
