"""landscape plot: what is drawn, how wide, and with which levels and names."""

import pytest
from PIL import Image

from landscape import figures
from landscape.cli.commands import app
from landscape.cli.run import run
from tests.landscape.figures.words import texts


@pytest.mark.parametrize("name", ["a.pdf", "a.png", "a.svg"])
@pytest.mark.parametrize("kind", ["contour", "surface"])
def test_plot_writes_files_for_papers(computed, tmp_path, name, kind):
    out = tmp_path / name
    assert run(app, ["plot", str(computed), str(computed), "--kind", kind, "--out", str(out)]) == 0
    start = out.read_bytes()[:5]
    assert start in (b"%PDF-", b"\x89PNG\r", b"<?xml")


def test_plot_writes_an_interactive_page(computed, tmp_path):
    for files in ([computed], [computed, computed]):
        out = tmp_path / f"{len(files)}.html"
        words = ["plot", *map(str, files), "--kind", "surface", "--out", str(out)]
        assert run(app, words) == 0
        assert "Plotly.newPlot" in out.read_text()


def test_wrong_kinds_of_figures(computed, tmp_path, capsys):
    page = ["plot", str(computed), "--out", str(tmp_path / "a.html")]
    assert run(app, [*page, "--kind", "contour"]) == 1
    assert "an .html file shows a 3-D surface, not a contour" in capsys.readouterr().err
    assert run(app, ["plot", str(computed), "--out", str(tmp_path / "a.tif")]) == 1
    assert "ending in .pdf, .png, .svg, .html or .gif, got 'a.tif'" in capsys.readouterr().err
    moving = ["plot", str(computed), f"--out={tmp_path}/a.gif"]
    assert run(app, [*moving, "--kind=contour"]) == 1
    assert "a .gif file shows a trajectory, not a contour" in capsys.readouterr().err
    for words in ([], ["--kind=trajectory"]):
        assert run(app, [*moving, *words]) == 1
        assert "expected the path of an optimizer on the surface, got" in capsys.readouterr().err


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """Draw with some options and return the figure."""
    made = []
    save = figures.save_figure

    def keep(drawing, path, **options):
        made.append(drawing.figure)
        return save(drawing, path, **options)

    def draw(*words):
        assert run(app, ["plot", *map(str, words), "--out", str(tmp_path / "a.png")]) == 0
        return made[-1]

    monkeypatch.setattr(figures, "save_figure", keep)
    return draw


def test_without_a_kind_the_file_decides(computed, lines, drawn, tmp_path):
    assert "β" in " ".join(texts(drawn(computed)))
    assert "β" not in " ".join(texts(drawn(lines)))
    page = tmp_path / "a.html"
    assert run(app, ["plot", str(computed), "--out", str(page)]) == 0
    assert "Plotly.newPlot" in page.read_text()


@pytest.mark.parametrize("kind", ["contour", "surface", "line"])
@pytest.mark.parametrize(("width", "inches"), [("column", 3.5), ("page", 7.16), ("5", 5.0)])
def test_the_width_is_that_asked_for(computed, drawn, kind, width, inches):
    wide, high = drawn(computed, "--kind", kind, "--width", width).get_size_inches()
    assert wide == pytest.approx(inches)
    if kind == "line":  # as `draw_line` has it, not a column blown up
        assert high == pytest.approx(min(0.68 * inches, 2.8))


def test_a_preset_decides_about_size_and_background(computed, drawn, tmp_path):
    assert tuple(drawn(computed, "--preset", "slide").get_size_inches() * 9 / 4) == (40 / 3, 7.5)
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (4000, 2250)
    dark = drawn(computed, computed, "--preset", "dark")
    assert dark.get_size_inches()[0] == 7.16
    assert sum(dark.get_facecolor()[:3]) < 0.5


def test_a_caption_is_printed_where_asked_for_and_in_the_file_in_any_case(
    computed, lines, drawn, tmp_path, capsys
):
    drawn(computed)
    assert len(capsys.readouterr().out.splitlines()) == 1
    with Image.open(tmp_path / "a.png") as image:
        below = image.text["Comment"]
    drawn(computed, "--caption")
    assert capsys.readouterr().out.splitlines()[1] == below
    assert "seed" in below
    drawn(lines, lines, "--caption", "--title", "one", "--title", "two")
    assert "Contours" not in capsys.readouterr().out


def test_one_panel_is_a_column_and_several_are_a_page(computed, drawn, tmp_path):
    drawn(computed)
    with Image.open(tmp_path / "a.png") as image:
        assert image.width == 3.5 * 300
    assert drawn(computed, computed).get_size_inches()[0] == pytest.approx(7.16)


def test_levels_are_those_asked_for(computed, drawn):
    shown = texts(drawn(computed, "--levels", "0.5,1,2.5"))
    assert {"0.5", "1", "2.5"} <= set(shown)
    shown = texts(drawn(computed, "--levels", "1.25,2,2.5", "--units", "ratio"))
    assert {"1.25×", "2×", "2.5×"} <= set(shown)


def test_titles_stand_in_place_of_file_names(computed, lines, drawn):
    assert "run" in texts(drawn(computed))
    figure = drawn(computed, computed, "--title", "with skips", "--title", "without")
    assert {"with skips", "without"} <= set(texts(figure))
    figure = drawn(lines, lines, "--label", "with", "--label", "without", "--log")
    named = {"with (2 planes, interval too wide)", "without (2 planes, interval too wide)"}
    assert named <= set(texts(figure))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--plane", "3"], "expected --plane from 0 to 2 for"),
        (["--plane", "-1"], "run.h5, got -1"),
        (["--levels", "1,x"], "expected --levels to be numbers separated by commas, got '1,x'"),
        (["--levels", "2,1"], "ascending levels, got 2, 1"),
        (["--kind", "line", "--levels", "1,2"], "--levels has no effect on a line"),
        (["--kind", "line", "--plane", "0"], "--plane has no effect on a line"),
        (["--log"], "--log has no effect on contours"),
        (["--width", "3cm"], "column, page, or inches from 1 to 100, got '3cm'"),
        (["--width", "nan"], "got 'nan'"),
        (["--title", "a", "--title", "b"], "one --title for each file, got 2 for 1"),
        (["--metric", "acc"], "acc"),
    ],
)
def test_wrong_options(computed, words, said, tmp_path, capsys):
    assert run(app, ["plot", str(computed), "--out", str(tmp_path / "a.png"), *words]) == 1
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_options_without_effect_on_a_page(computed, tmp_path, capsys):
    out = tmp_path / "a.html"
    assert run(app, ["plot", str(computed), "--out", str(out), "--width", "5"]) == 1
    assert "--width has no effect on a page" in capsys.readouterr().err
    assert not out.exists()
    assert run(app, ["plot", str(computed), "--out", str(out), "--plane", "1"]) == 0
    assert '"active":1' in out.read_text()


SPLITS = """
import torch
from landscape import Problem

def loss(model, batch):
    found = model(batch)
    return {"loss": (found ** 2).mean(1), "accuracy": (found[:, 0] > found[:, 1]).float()}

def build():
    torch.manual_seed(0)
    return Problem(torch.nn.Linear(2, 2), loss, [torch.eye(2)], splits={"test": [torch.ones(1, 2)]})
"""


@pytest.fixture
def split(tmp_path):
    (tmp_path / "splits.py").write_text(SPLITS)
    path = tmp_path / "splits.h5"
    words = ["--steps=5", "--planes=3", "--workers=1", f"--out={path}"]
    assert run(app, ["compute", f"{tmp_path}/splits.py", *words]) == 0
    return path


def test_metrics_with_commas_stand_side_by_side(split, drawn, tmp_path, capsys):
    words = texts(drawn(split, "--metric", "loss,test_loss"))
    assert {"loss", "test loss", "loss / loss at the center"} <= set(words)
    assert split.stem not in words
    words = texts(drawn(split, split, "--metric=loss,test_loss", "--title=a", "--title=b"))
    assert {"a", "b", "loss", "test loss"} <= set(words)
    words = texts(drawn(split, "--metric=accuracy,test_accuracy", "--kind=surface", "--title=a"))
    assert {"a, accuracy", "a, test accuracy", "accuracy"} <= set(words)
    words = texts(drawn(split, "--metric=loss,test_loss", "--kind=line"))
    assert {"loss", "test loss"} <= {word.partition(" (3 planes")[0] for word in words}
    page = tmp_path / "a.html"
    metrics = ["--metric", "loss,test_loss", "--out", str(page)]
    assert run(app, ["plot", str(split), *metrics]) == 0
    assert "test loss" in page.read_text()
    capsys.readouterr()
    mixed = ["plot", str(split), "--metric=loss,accuracy", "--out", str(tmp_path / "b.png")]
    assert run(app, mixed) == 1
    assert "error: expected metrics of one kind, got loss and accuracy" in capsys.readouterr().err
    assert run(app, ["plot", str(split), *metrics[:2], "--out", str(tmp_path / "b.gif")]) == 1
    assert "expected one file and metric for a trajectory, got 2" in capsys.readouterr().err
