import html.parser
import re

import pytest

from landscape.errors import LandscapeError
from landscape.measures.tables import Table, written

_HOSTILE = "<script>alert(1)</script> & 50%_$x$ {a} #1 ~ ^ | \\ [a](http://b) `c` *d*"
_TABLE = Table(
    head=("statistic", "mean", "unit", ""),
    rows=[(_HOSTILE, "≥ -1.5e-05", "loss / parameter²", ""), ("[b]\nc", "2", "", "")],
    right=(1,),
)


class _Cells(html.parser.HTMLParser):
    """Collects cells as a browser would show them."""

    def __init__(self):
        super().__init__()
        self.tags, self.cells = set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag in {"td", "th"}:
            self.cells.append("")

    def handle_data(self, data):
        if self.cells:
            self.cells[-1] += data


def test_html_shows_what_names_hold_and_runs_nothing():
    parser = _Cells()
    parser.feed(written([_TABLE], style="html"))

    assert parser.tags == {"table", "thead", "tbody", "tr", "th", "td"}
    assert [cell.strip() for cell in parser.cells] == [
        *("statistic", "mean", "unit"),
        *(_HOSTILE, "≥ -1.5e-05", "loss / parameter²"),
        *("[b]\\nc", "2", ""),
    ]


def test_latex_escapes_its_own_characters_and_sets_numbers():
    lines = written([_TABLE], style="latex", before=["50 % of x_1."], after=["[1] |x|^0.6"])
    body = lines.split("\n")

    assert r"50 \% of x\_1." in lines
    assert body[2] == r"\begin{tabular}{lrl}"
    assert body[4] == r"statistic & mean & unit \\"
    assert r"$\geq$ $-$$1.5\times 10^{-5}$ & loss / parameter$^2$ \\" in body[6]
    assert r"\textbackslash{}" in body[6]
    assert body[7] == r"{}[b]\textbackslash{}nc & 2 &  \\"  # else a length after the line before
    assert lines.endswith(r"{\footnotesize [1] $|x|^{0.6}$}")
    # Every special character stands behind a backslash, or is part of what was written for one.
    free = re.sub(r"\\[a-z]+\{\}|\\.|\$[^$]*\$", "", body[6])
    assert not set(free) & set("%_#~^{}$")
    assert free.count("&") == 2


def test_markdown_keeps_cells_apart_and_makes_no_link():
    lines = written([_TABLE], style="markdown").split("\n")
    cells = re.split(r"(?<!\\)\|", lines[2])

    assert lines[1] == "| :-- | --: | :-- |"
    assert len(cells) == 5
    assert r"\<script\>" in cells[1]
    assert r"[a\](http" in cells[1]
    assert lines[3] == r"| [b]\\nc | 2 |  |"


def test_text_keeps_all_columns():
    assert written([_TABLE], style="text", before=["a"], after=["b"]).startswith("a\nstatistic")


def test_an_unknown_style_is_refused():
    with pytest.raises(LandscapeError, match="a style of text, markdown, latex, html, got 'rst'"):
        written([_TABLE], style="rst")
