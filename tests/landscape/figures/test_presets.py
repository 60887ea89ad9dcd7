"""Every kind of figure in every preset: exact sizes, and no words upon each other."""

import itertools
import re
import shutil
import subprocess
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

import landscape as ls
from landscape.errors import LandscapeError
from landscape.figures.presets import PRESETS
from landscape.figures.style import house_style, inks_of, luminance
from landscape.measures import Layer, summarize
from tests.landscape.figures.kinds import connection, points, surface

SIZES = {
    "column": (3.5, None),
    "page": (7.16, None),
    "slide": (40 / 3, 7.5),
    "dark": (None, None),
}


@pytest.fixture(scope="module")
def kinds(bowl, estimated, accuracy, line):
    """How to draw one figure of each kind, with long names."""
    about = {"name": "features.0.conv", "kind": "Conv2d", "parameters": 10, "failed": 0}
    layers = [Layer(summary=summarize(one), **about) for one in (bowl, estimated)]
    walked = surface([*points(), *points("a_run_with_a_long_name", turn=0.8, off=0.1)])
    splits = replace(
        connection(policies=("frozen", "batch")),
        barriers=tuple(
            one
            for metric, sign in (("loss", 1.0), ("accuracy", -1.0))
            for one in connection(metric, ("frozen", "batch"), sign=sign).barriers
        ),
    )
    names = ["resnet20_skip_epoch299", "resnet20_noskip_epoch299"]
    pair = [bowl, estimated]
    change = ls.difference_map(bowl, estimated, names=names)
    return {
        "contour": lambda **size: ls.draw_contour(estimated, title=names[0], **size),
        "accuracy": lambda **size: ls.draw_contour(accuracy, metric="accuracy", **size),
        "contours": lambda **size: ls.draw_contours([pair], columns=names, **size),
        "matrix": lambda **size: ls.draw_contours(
            [pair, pair], rows=["SGD", "Adam"], columns=names, **size
        ),
        "surface": lambda **size: ls.draw_surface(estimated, title=names[0], **size),
        "surfaces": lambda **size: ls.draw_surfaces(pair, titles=names, **size),
        "line": lambda **size: ls.draw_line(line, label="three planes", **size),
        "comparison": lambda **size: ls.draw_comparison(pair, names=names, **size),
        "lines": lambda **size: ls.draw_comparison([line, line], names=names, **size),
        "difference": lambda **size: ls.draw_difference(change, **size),
        "barrier": lambda **size: ls.draw_barrier(splits, **size),
        "barriers": lambda **size: ls.draw_barriers(splits, ["loss", "accuracy"], **size),
        "layers": lambda **size: ls.draw_layers(layers, **size),
        "trajectory": lambda **size: ls.draw_trajectory(walked, title=names[0], **size),
    }


KINDS = (
    *("contour", "accuracy", "contours", "matrix", "surface", "surfaces", "line", "comparison"),
    *("lines", "difference", "barrier", "barriers", "layers", "trajectory"),
)


@pytest.mark.parametrize("kind", KINDS)
def test_words_do_not_touch_and_lie_inside_of_the_figure(kinds, kind):
    for preset in PRESETS:
        drawing = kinds[kind](preset=preset)
        figure = drawing.figure
        words = _words(figure)
        assert words
        for text, box in words:
            inside = figure.bbox.padded(1.5)
            assert inside.containsx(box.x0), (preset, text)
            assert inside.containsx(box.x1), (preset, text)
            assert inside.containsy(box.y0), (preset, text)
            assert inside.containsy(box.y1), (preset, text)
        for (one, box), (two, other) in itertools.combinations(words, 2):
            # Boxes have room above and below their letters.
            assert not box.padded(-1).overlaps(other.padded(-1)), (preset, one, two)


def _words(figure):
    """Find all words beside the data, with their boxes."""
    return [(text.get_text(), box) for text, box in _texts(figure)]


def _texts(figure):
    with house_style():
        figure.draw_without_rendering()
    found = []
    for text in figure.findobj(Text):
        if not text.get_visible() or not text.get_text().strip():
            continue
        box = text.get_window_extent()
        axes = text.axes
        if axes is not None and not axes.get_visible():
            continue
        flat = axes is not None and axes.name != "3d"
        if flat and text in axes.texts and axes.bbox.padded(2).contains(*box.p0):
            continue  # on the data: placed by tests of their own
        if text.get_rotation() % 90:  # along an axis of a box
            continue
        if box.width > 1 and _shown(text, figure):
            found.append((text, box))
    return found


def _shown(text, figure):
    """Leave out the labels of ticks that are beyond their axes."""
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            for tick in axis.get_major_ticks():
                if text in {tick.label1, tick.label2} and ax.name != "3d":
                    low, high = sorted(axis.get_view_interval())
                    slack = 1e-6 * (high - low)
                    return low - slack <= tick.get_loc() <= high + slack
    return True


@pytest.mark.parametrize("preset", PRESETS)
def test_files_are_exactly_as_large_as_the_preset(bowl, tmp_path, preset):
    drawing = ls.draw_contour(bowl, preset=preset)
    wide, high = SIZES[preset]
    own = drawing.figure.get_size_inches()
    wide, high = wide or 3.5, high or own[1]

    pdf = ls.save_figure(drawing, tmp_path / "a.pdf").read_bytes()
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", pdf)
    np.testing.assert_allclose([float(side) / 72 for side in box.groups()], [wide, high], rtol=1e-6)
    svg = ls.save_figure(drawing, tmp_path / "a.svg").read_text()
    sides = re.search(r'<svg[^>]* width="([\d.]+)pt" height="([\d.]+)pt"', svg).groups()
    np.testing.assert_allclose([float(side) / 72 for side in sides], [wide, high], rtol=1e-5)
    with Image.open(ls.save_figure(drawing, tmp_path / "a.png")) as image:
        np.testing.assert_allclose(image.size, [300 * wide, 300 * high], atol=1)
        np.testing.assert_allclose(image.info["dpi"], 300, atol=0.1)
    assert {size.get_fontsize() for size in drawing.figure.findobj(Text)} <= {6.5, 7.0, 8.0, 8.5}


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler")
def test_text_on_a_slide_is_large_and_on_paper_has_eight_points(bowl, tmp_path):
    heights = {}
    for preset in ("column", "slide"):
        path = ls.save_figure(ls.draw_contour(bowl, preset=preset), tmp_path / f"{preset}.pdf")
        command = ["pdftotext", "-bbox", str(path), "-"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        low, high = re.search(
            r'yMin="([\d.]+)" [^>]*yMax="([\d.]+)">filter?norms|'
            r'yMin="([\d.]+)" [^>]*yMax="([\d.]+)">norms',
            text,
        ).groups()[-2:]
        heights[preset] = float(high) - float(low)
    assert heights["slide"] / heights["column"] == pytest.approx(18 / 8, rel=0.01)


@pytest.mark.parametrize("width", [0, -1, 101, float("nan")])
def test_a_width_that_is_none_is_refused(bowl, width):
    with pytest.raises(LandscapeError, match="expected a width in inches, up to 100"):
        ls.draw_contour(bowl, width=width)


def test_a_width_is_taken_in_place_of_the_presets(bowl, tmp_path):
    slide = ls.draw_contour(bowl, preset="slide", width=10)
    pdf = ls.save_figure(slide, tmp_path / "a.pdf").read_bytes()
    assert b"/MediaBox [ 0 0 720 405 ]" in pdf
    assert ls.draw_contour(bowl, preset="dark", width=5).figure.get_size_inches()[0] == 5
    with pytest.raises(LandscapeError, match="got 'poster"):
        ls.draw_contour(bowl, preset="poster")
    with pytest.raises(
        LandscapeError, match=r"room for panels of 0.5 inches.*1 x 6 on 3.5"
    ) as info:
        ls.draw_contours([[bowl] * 6], preset="column")
    assert "wider" in info.value.hint


def test_dark_figures_have_light_words_and_so_do_dark_axes_of_a_user(bowl, line):
    drawing = ls.draw_contours([[bowl, None]], preset="dark")
    figure = drawing.figure
    beside = [text for text, _ in _texts(figure)]
    assert all(contrast(text.get_color(), figure.get_facecolor()) >= 4.5 for text in beside)
    with mpl.rc_context({"axes.facecolor": "black", "figure.facecolor": "black"}):
        ax = Figure().add_subplot()
    assert contrast(ls.draw_line(line, ax).artists["mean"].get_color(), "black") > 4.5
    assert inks_of(ax).paper == "#14171c"


def contrast(one, other):
    """As WCAG 2.2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
