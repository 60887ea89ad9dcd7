import errno
import json
import os
import re

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from landscape.errors import LandscapeError
from landscape.figures import draw_contour, draw_line, draw_surface, house_style, save_figure
from landscape.figures.save import known_of

METADATA = {"title": "Bowl", "seed": np.int64(3), "radius": 1.0, "config": {"steps": 51}}


def test_pdf_has_text_as_text_and_its_provenance(bowl, tmp_path):
    content = save_figure(
        draw_contour(bowl).figure, tmp_path / "f.pdf", metadata=METADATA
    ).read_bytes()

    assert b"/Subtype /Type0" in content or b"/CIDFontType2" in content  # TrueType, fonttype 42
    assert b"/Type3" not in content
    assert b"/Title (Bowl)" in content
    assert rb'"seed": 3' in content
    assert b"CreationDate" not in content


def test_png_and_svg_have_their_provenance(bowl, tmp_path):
    figure = draw_contour(bowl, title="editable").figure
    with Image.open(save_figure(figure, tmp_path / "f.png", metadata=METADATA)) as image:
        assert json.loads(image.text["Description"])["config"] == {"steps": 51}
        assert image.text["Title"] == "Bowl"
    vectors = save_figure(figure, tmp_path / "f.svg", metadata=METADATA).read_text()
    assert "&quot;seed&quot;: 3" in vectors or '"seed": 3' in vectors
    assert re.search(r"<text[^>]*>editable</text>", vectors)


@pytest.mark.parametrize("suffix", ["pdf", "png", "svg"])
def test_the_same_figure_gives_the_same_bytes(bowl, tmp_path, suffix):
    contents = [
        save_figure(draw_contour(bowl).figure, tmp_path / f"{k}.{suffix}").read_bytes()
        for k in range(2)
    ]

    assert contents[0] == contents[1]


def test_an_unknown_suffix_is_refused(bowl, tmp_path):
    with pytest.raises(LandscapeError, match=r"ending in \.pdf, \.png or \.svg, got 'f.jpeg'"):
        save_figure(draw_contour(bowl).figure, tmp_path / "f.jpeg")
    assert not list(tmp_path.iterdir())


def test_drawings_are_saved_as_their_figures(bowl, line, tmp_path):
    for number, drawing in enumerate((draw_contour(bowl), draw_line(line), draw_surface(bowl))):
        path = save_figure(drawing, tmp_path / f"{number}.PNG")
        told = known_of(drawing)
        same = save_figure(drawing.figure, tmp_path / "f.png", metadata=told)
        assert path.read_bytes() == same.read_bytes()


def test_an_error_names_the_file(bowl, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(LandscapeError, match=r"cannot write .*file/f\.svg: (Not a|File)"):
        save_figure(draw_contour(bowl), tmp_path / "file" / "f.svg")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(LandscapeError, match=r"cannot write .*f\.pdf: No space left on device"):
        save_figure(draw_contour(bowl), tmp_path / "f.pdf")


def test_folders_are_made_and_nothing_else_is_left(bowl, tmp_path):
    path = save_figure(draw_contour(bowl).figure, tmp_path / "new" / "f.png")

    assert list(path.parent.iterdir()) == [path]


def test_the_house_style_ends_with_its_block():
    before = dict(mpl.rcParams)
    with house_style():
        assert mpl.rcParams["pdf.fonttype"] == 42
        assert mpl.rcParams["svg.fonttype"] == "none"

    assert dict(mpl.rcParams) == before
