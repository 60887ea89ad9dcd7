"""What a figure for a paper holds: its file, its contours, its colours and its words."""

import json
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.text import Text

import landscape as ls
from landscape.figures.colormap import house_map
from landscape.figures.difference import difference_levels
from landscape.figures.levels import beside
from landscape.figures.style import contrast, inks_of, luminance
from landscape.measures.interpolate import sample
from landscape.measures.plane import plane_values
from landscape.measures.radii import level_radii

CONFIG = {"seed": 7, "normalize": "filter", "batchnorm": "frozen"}
SHAPES = {
    "bowl": lambda a, b: 1 + 9 * (a**2 + b**2),
    "valley": lambda a, b: 1 + 30 * (a - 0.3 * b) ** 2 + 0.5 * b**2,
    "waves": lambda a, b: 1.5 + 4 * (a**2 + b**2) + 0.4 * np.sin(5 * a) * np.cos(4 * b),
    "steep": lambda a, b: 0.02 * np.exp(6 * np.hypot(a, b)),
}


@pytest.fixture(scope="module")
def pair(make):
    """Two surfaces of one model, with their settings."""
    about = {"model": "ResNet", "samples": 100, "path": "/home/jo/a.h5", "config": CONFIG}
    made = [make(SHAPES[shape], steps=31) for shape in ("waves", "valley")]
    return [replace(one, metadata=about) for one in made]


def test_a_contour_pdf_embeds_fonts_keeps_text_and_is_as_large_as_asked(pair, tmp_path):
    drawing = ls.draw_contours([pair], columns=["plain", "skip"], width=5.25)
    path = ls.save_figure(drawing, tmp_path / "a.pdf")
    content = path.read_bytes()
    wide, high = drawing.figure.get_size_inches()
    assert wide == 5.25
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", content).groups()
    np.testing.assert_allclose([float(side) for side in box], [378, 72 * high], rtol=1e-6)
    assert b"/FontFile2" in content
    assert b"/ToUnicode" in content
    assert b"/Type3" not in content
    assert len(re.findall(rb"/Type /Page\b", content)) == 1


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler")
@pytest.mark.parametrize("preset", ["column", "slide"])
def test_text_can_be_selected_and_metadata_read_by_other_programs(pair, tmp_path, preset):
    drawing = ls.draw_contours([pair], columns=["plain", "skip"], preset=preset)
    path = ls.save_figure(drawing, tmp_path / "a.pdf")

    def read(*command):
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    text = read("pdftotext", str(path), "-")
    for words in ("plain", "skip", "α (filter norms)", "loss / ", "grid minimum", "−1"):
        assert words in text
    about = read("pdfinfo", str(path))
    assert f"Subject:         {drawing.caption}" in about
    told = json.loads(re.search(r"Keywords: +(.*)", about).group(1))
    assert told["files"] == [{**pair[0].metadata, "path": "a.h5"}]
    fonts = read("pdffonts", str(path)).splitlines()[2:]
    assert fonts
    assert all(re.search(r"TrueType.* yes +yes +yes ", line) for line in fonts)


def test_panels_have_equal_levels_and_colours(pair):
    panels = ls.draw_contours([pair]).panels
    first, second = (panel.artists["filled"] for panel in panels)
    assert list(first.levels) == list(second.levels)
    for value in first.levels:
        assert first.cmap(first.norm(value)) == second.cmap(second.norm(value))


@pytest.mark.parametrize("steps", [21, 51])
@pytest.mark.parametrize("shape", SHAPES)
def test_contours_lie_where_the_interpolant_has_their_level(make, shape, steps):
    surface = make(SHAPES[shape], steps=steps)
    (plane,) = plane_values(surface, "loss")
    spacing = float(np.diff(surface.alpha)[0])
    drawing = ls.draw_contour(surface)
    step = 1e-4

    def at(points):
        return sample(plane.alpha, plane.beta, plane.values, points)

    checked = 0
    for name in ("lines", "bold"):
        contours = drawing.artists[name]
        for level, lines in zip(contours.levels, contours.allsegs, strict=True):
            # Between the corners, too, where the lines are straight.
            dense = [np.concatenate([line, (line[1:] + line[:-1]) / 2]) for line in lines]
            inner = [line[np.abs(line).max(axis=1) < 1 - 2 * step] for line in dense]
            points = np.concatenate(inner)
            shifts = np.array([[step, 0], [0, step]])
            slopes = [(at(points + d) - at(points - d)) / (2 * step) for d in shifts]
            off = np.abs(at(points) - level * surface.center["loss"]) / np.hypot(*slopes)
            assert off.max() < 0.2 * spacing
            checked += len(points)
    assert checked > 300


@pytest.mark.parametrize("shape", SHAPES)
def test_the_printed_radius_is_that_of_the_drawn_contour(make, shape):
    surface = make(SHAPES[shape], steps=41)
    drawing = ls.draw_contour(surface)
    printed = drawing.artists["radius"].get_text().split("$ ")[-1]
    line = np.concatenate(drawing.artists["bold"].allsegs[0])
    inside = np.abs(line).max(axis=1) < 1 - 1e-9
    if printed.startswith(">"):
        assert not inside.all()
        return
    assert inside.all()
    rays = np.linspace(0, 2 * np.pi, 360, endpoint=False)  # over the gap of its label, too
    angles = np.arctan2(line[:, 1], line[:, 0])
    mean = np.interp(rays, angles, np.hypot(*line.T), period=2 * np.pi).mean()
    assert float(printed) == pytest.approx(mean, abs=0.006)
    (plane,) = plane_values(surface, "loss")
    assert level_radii(plane, 2 * plane.center)["radius_mean"].value == pytest.approx(mean, 0.01)


def lightness(color):
    """L* of CIELAB, from 0 to 100."""
    y = luminance(color)
    return 116 * np.cbrt(y) - 16 if y > (6 / 29) ** 3 else y * (29 / 3) ** 3


def test_maps_are_monotone_in_the_lightness_of_cielab(make, bowl, accuracy):
    steps = np.diff([lightness(color) for color in house_map()(np.linspace(0, 1, 256))])
    assert steps.min() > 0
    for surface, metric, sign in ((bowl, "loss", 1), (accuracy, "accuracy", -1)):
        levels = ls.figures.levels_for(surface, metric=metric)
        colors = levels.colormap(np.arange(levels.colormap.N))
        assert (sign * np.diff([lightness(color) for color in colors]) > 2).all()
    other = make(lambda a, b: 1 + 20 * (a**2 + 0.2 * b**2), steps=41)
    change = difference_levels([ls.difference_map(bowl, other, names=("a", "b"))])
    light = [lightness(color) for color in change.colormap(np.arange(change.colormap.N))]
    middle = len(light) // 2
    assert (np.diff(light[: middle + 1]) > 2).all()
    assert (np.diff(light[middle:]) < -2).all()


@pytest.mark.parametrize("preset", ["column", "dark"])
@pytest.mark.parametrize("shape", SHAPES)
def test_words_have_contrast(make, shape, preset):
    surface = make(SHAPES[shape], steps=31)
    levels = ls.figures.levels_for(surface)
    drawing = ls.draw_contour(surface, levels=levels, title="title", preset=preset)
    figure, labels = drawing.figure, 0
    for text in drawing.figure.findobj(Text):
        if not text.get_text() or text not in drawing.axes.texts or text.get_text() == "title":
            continue
        if text in {drawing.artists["radius"]}:
            continue
        value = float(text.get_text().rstrip("×"))
        ink, casing = text.get_color(), text.get_path_effects()
        bands = [casing[0]._gc["foreground"]] if casing else beside(levels, value)
        assert min(contrast(ink, band) for band in bands) >= 4.5
        labels += 1
    assert labels
    paper = figure.get_facecolor()
    for ax in figure.axes:
        for text in (ax.title, ax.xaxis.label, ax.yaxis.label, *ax.get_xticklabels()):
            assert contrast(text.get_color(), paper) >= 4.5
    assert contrast(drawing.artists["radius"].get_color(), paper) >= 4.5
    assert all(contrast(text.get_color(), paper) >= 4.5 for text in figure.texts)
    assert contrast(inks_of(figure).grey, paper) >= 4.5
