"""The gallery has every kind of picture, and its code makes them all."""

import re
import runpy
from pathlib import Path

import pytest

import landscape as ls

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "gallery.md").read_text()


def test_every_kind_of_picture_is_there():
    kinds = {name for name in ls.__all__ if name.startswith(("draw_", "animate_"))}
    drawn = set(re.findall(r"ls\.(\w+)\(", PAGE))
    assert kinds - drawn == {"draw_interactive"}  # of which `explore` shows more


@pytest.mark.slow
def test_its_code_makes_them_all(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(DOCS / "pictures.py"))["draw_gallery"](DOCS / "gallery.md")
    shown = re.findall(r"pictures/(\w+\.\w+)", PAGE)
    assert all(Path(name).stat().st_size > 5_000 for name in shown)
    assert len(shown) > 10
