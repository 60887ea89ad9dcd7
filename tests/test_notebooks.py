"""Notebooks are kept with what they show, and say no number that they do not show."""

import json
import re
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
NUMBER = re.compile(r"(?<![\w.])\d*\.\d+")
ONLY_HERE = re.compile(r"0x[0-9a-f]{6,}|/(?:tmp|home|root|Users)/")
"""What differs from run to run, or from machine to machine."""

pytestmark = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


def cells(notebook, kind):
    found = json.loads(notebook.read_text("utf-8"))["cells"]
    return [cell for cell in found if cell["cell_type"] == kind]


def outputs(notebook):
    return [output for cell in cells(notebook, "code") for output in cell["outputs"]]


def text_of(output):
    data = output.get("data", {})
    return "".join(output.get("text", [])) + "".join(data.get("text/plain", []))


def test_a_notebook_has_been_run_from_top_to_bottom(notebook):
    counts = [cell["execution_count"] for cell in cells(notebook, "code")]
    assert counts == list(range(1, len(counts) + 1))
    assert not any(output["output_type"] == "error" for output in outputs(notebook))


def test_a_notebook_has_its_pictures_and_is_small(notebook):
    pictures = [one for one in outputs(notebook) if "image/png" in one.get("data", {})]
    text = "".join("".join(cell["source"]) for cell in cells(notebook, "markdown"))
    assert pictures or re.search(r"!\[.*\]\(.*\.png\)", text)
    assert notebook.stat().st_size < 600_000


def test_what_a_notebook_shows_does_not_depend_on_where_it_was_run(notebook):
    assert not [text for text in map(text_of, outputs(notebook)) if ONLY_HERE.search(text)]


def test_files_that_a_notebook_links_to_are_there(notebook):
    text = "".join("".join(cell["source"]) for cell in cells(notebook, "markdown"))
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("https://") or (notebook.parent / target).exists(), target


def test_numbers_in_the_text_are_those_below(notebook):
    shown = "".join(map(text_of, outputs(notebook)))
    code = "".join("".join(cell["source"]) for cell in cells(notebook, "code"))
    known = [float(number) for number in NUMBER.findall(shown + code)]
    if notebook.stem == "05_what_lamp_does":
        return  # it tells those of the paper, too
    for cell in cells(notebook, "markdown"):
        text = re.sub(r"`[^`]*`|\]\([^)]*\)", "", "".join(cell["source"]))
        for told in NUMBER.findall(text):
            half = 0.5001 * 10.0 ** -len(told.split(".")[1])
            assert any(abs(float(told) - one) <= half for one in known), told
