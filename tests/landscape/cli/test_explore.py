"""landscape explore: one page of one file or several."""

import json
import re

from landscape.cli.commands import app
from landscape.cli.run import run


def titles(page):
    text = re.search(r'id="data">(.*?)</script>', page.read_text()).group(1)
    return [one["title"] for one in json.loads(text)["surfaces"]]


def test_explore_writes_one_page(computed, tmp_path, capsys):
    out = tmp_path / "e.html"

    assert run(app, ["explore", str(computed), "--out", str(out)]) == 0
    assert titles(out) == ["run"]
    assert capsys.readouterr().out.splitlines()[-1].endswith("e.html")
    words = ["explore", *[str(computed)] * 2, "--out", str(out), "--title=L2", "--title=L1"]
    assert run(app, words) == 0
    assert titles(out) == ["L2", "L1"]


def test_what_has_no_page_is_refused(computed, lines, tmp_path, capsys):
    out = ["--out", str(tmp_path / "e.html")]
    refused = [
        ([str(lines), *out], "expected a surface over planes, got a line"),
        ([str(computed), "--out", "e.png"], "ending in .html, got 'e.png'"),
        ([str(tmp_path / "none.h5"), *out], "no such file or folder"),
        ([str(computed), *out, "--title=a", "--title=b"], "one --title for each file, got 2 for 1"),
    ]
    for words, said in refused:
        assert run(app, ["explore", *words]) == 1
        assert said in capsys.readouterr().err
