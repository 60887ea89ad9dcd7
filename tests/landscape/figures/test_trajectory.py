"""Figures of paths: lines through projections, hollow dots off the plane, true values beside it."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from landscape import (
    LandscapeError,
    animate_trajectory,
    draw_contour,
    draw_line,
    draw_surface,
    draw_trajectory,
)
from landscape.figures import animation
from landscape.figures.style import PAPER
from landscape.measures.trajectory import about_paths, path_table
from tests.landscape.figures.kinds import points, surface
from tests.landscape.figures.words import texts
from tests.landscape.measures.surfaces import bowl, make


def test_contours_have_a_line_through_all_checkpoints_and_hollow_dots_off_the_plane():
    drawing = draw_contour(surface(points(off=0.1)))
    assert drawing.artists["path sgd"].get_xdata().tolist() == [0.8, 0.4, 0.1, 0]
    hollow = [to_hex(color) == PAPER for color in drawing.artists["dots sgd"].get_facecolors()]
    assert hollow == [False, False, True, False]
    assert any("path up to 12% of its extent off the plane" in note for note in drawing.notes)
    assert "step 0" in {text.get_text() for text in drawing.axes.texts}
    assert not any(name.startswith("place") for name in drawing.artists)
    assert drawing.axes.get_xlabel() == "α (PC 1, 90 %, parameter distance)"


def test_a_path_on_the_plane_needs_no_warning():
    drawing = draw_contour(surface(points()))
    assert not any("off the plane" in note for note in drawing.notes)
    hollow = [to_hex(color) == PAPER for color in drawing.artists["dots sgd"].get_facecolors()]
    assert not any(hollow)


def test_beside_the_map_stand_own_and_projected_values_and_distances():
    drawing = draw_trajectory(surface(points(off=0.05)), title="run")
    own, projected, off = (drawing.artists[f"{what} sgd"] for what in ("own", "projected", "off"))
    np.testing.assert_allclose(own.get_ydata(), [1.64, 1.16, 1.06, 1])
    np.testing.assert_allclose(projected.get_ydata(), [1.64, 1.16, 1.01, 1])
    assert own.get_xdata().tolist() == [0, 10, 20, 30]
    np.testing.assert_allclose(off.get_ydata(), [0, 0, 100 * 0.05 / 0.8, 0])
    assert off.axes.get_xlim() == own.axes.get_xlim()  # one step stands below the other
    assert {"run", "checkpoints", "projected"} <= set(texts(drawing.figure))
    assert "a random walk has 81 % and 9 % in its components" in texts(drawing.figure)
    assert "bold: the loss doubles" in texts(drawing.figure)
    assert any("not a finding by itself" in note for note in drawing.notes)


def test_several_paths_have_colours_of_their_own_and_their_names():
    places = [*points("sgd"), *points("adam", turn=0.8)]
    drawing = draw_trajectory(surface(places, walk=None))
    colors = {name: drawing.artists[f"path {name}"].get_color() for name in ("sgd", "adam")}
    assert colors["sgd"] != colors["adam"]
    for name, color in colors.items():
        assert drawing.artists[f"own {name}"].get_color() == color
        assert drawing.artists[f"off {name}"].get_color() == color
    words = texts(drawing.figure)
    assert {"sgd", "adam", "projected"} <= set(words)
    assert not any("random walk" in word for word in words)


@pytest.mark.parametrize("width", [3.5, 4.5])
def test_labels_of_boxes_lie_inside_the_figure(width):
    places = [replace(place, beta=place.beta / 2) for place in points(off=0.05)]
    flat = replace(surface(places), beta=np.linspace(-0.6, 0.6, 11))
    drawing = draw_surface(flat, width=width)
    drawing.figure.draw_without_rendering()
    width, height = drawing.figure.bbox.size
    for label in (drawing.axes.xaxis.label, drawing.axes.yaxis.label):
        box = label.get_window_extent()
        assert min(box.x0, box.y0, width - box.x1, height - box.y1) >= 0, label.get_text()
    assert drawing.axes.get_xlabel().startswith("α (PC 1, 90 %")
    assert drawing.axes.get_ylabel().startswith("β (PC 2")
    assert not any("hollow" in note for note in drawing.notes)  # a line has no dots


def test_the_name_of_a_beginning_at_the_edge_does_not_lie_on_it():
    drawing = draw_contour(surface([replace(p, alpha=1.2 * p.alpha) for p in points()]), width=3.5)
    drawing.figure.draw_without_rendering()
    name = drawing.artists["start sgd"].get_window_extent()
    place = drawing.axes.transData.transform(drawing.artists["dots sgd"].get_offsets()[0])
    assert not name.contains(*place)


def test_boxes_have_a_line_on_the_floor_and_lines_no_marks_of_paths():
    drawing = draw_surface(surface(points()))
    assert "path sgd" in drawing.artists
    assert not any(name.startswith("place") for name in drawing.artists)
    assert not any(name.startswith("place") for name in draw_line(surface(points())).artists)


def test_without_a_path_it_is_said_what_to_do():
    with pytest.raises(LandscapeError, match="expected the path of an optimizer on the surface"):
        draw_trajectory(make(bowl(), steps=11))
    assert about_paths(make(bowl(), steps=11)) == path_table(make(bowl(), steps=11)) == []


def test_a_table_lists_all_checkpoints():
    lines = path_table(surface(points(off=0.05)))
    assert " ".join(lines[0].split()) == "α β off the plane of extent loss projected"
    assert lines[3].split() == ["step", "20", "0.1", "0", "0.05", "6.25", "%", "1.06", "1.01"]


def test_equal_values_are_said_within_what_they_are():
    said = about_paths(surface(points()))
    assert said[0] == "path sgd: 4 checkpoints from step 0 to 30; the center is the last one"
    assert said[2] == "all checkpoints lie on the plane"
    assert said[3] == "loss at the checkpoints is that at their projections within 0"


def test_a_path_grows_in_a_gif_and_is_whole_again(tmp_path):
    there = surface(points())
    drawing = draw_trajectory(there, width=4)
    path = animate_trajectory(drawing, there, tmp_path / "path.gif", seconds=2, metadata={"a": 1})
    with Image.open(path) as gif:
        assert gif.n_frames == 4
        told = json.loads(gif.info["comment"])
        assert (told["a"], told["caption"]) == (1, drawing.caption)
        frames = []
        for index in range(4):
            gif.seek(index)
            frames.append((np.asarray(gif.convert("RGB")), gif.info["duration"]))
    assert [duration for _, duration in frames] == [500, 500, 500, 2000]
    assert all((one[0] != other[0]).any() for one, other in itertools.pairwise(frames))
    assert drawing.artists["path sgd"].get_xdata().tolist() == [0.8, 0.4, 0.1, 0]
    with pytest.raises(LandscapeError, match=r"expected a file name ending in \.gif, got 'a\.png'"):
        animate_trajectory(drawing, there, tmp_path / "a.png")


def test_a_path_has_its_name_when_it_has_come_to_its_end(tmp_path, monkeypatch):
    short = [p for p in points("adam", turn=0.8) if p.step < 30]
    there = surface([*points("sgd"), *short], walk=None)
    drawing = draw_trajectory(there)
    ends = [drawing.artists[f"end {name}"] for name in ("sgd", "adam")]
    seen = []

    def picture(_):
        seen.append(tuple(end.get_visible() for end in ends))
        return Image.new("RGB", (2, 2))

    monkeypatch.setattr(animation, "_picture", picture)
    animate_trajectory(drawing, there, tmp_path / "path.gif")
    assert seen == [(False, False), (False, False), (False, True), (True, True)]


def test_the_path_that_is_off_the_plane_is_named_and_one_near_the_center_alarms_nobody():
    on = [replace(p, label=f"adam {p.step}") for p in points("adam", turn=0.8)]
    near = [
        replace(p, alpha=p.alpha / 1e3, away=0.1) if p.step == 20 else p
        for p in points("{}", off=0.1)
    ]
    said = draw_contour(surface([*on, *near])).notes
    assert any("{} up to 12% of its extent off the plane" in note for note in said)
    assert (
        "off the plane by up to 0.1 (step 20), by up to 12.5 % of the extent of its path, the "
        in (about_paths(surface([*on, *near]))[3])
    )
    tiny = [replace(p, distance=0.05, away=0.05) if p.step == 20 else p for p in points()]
    assert not any("off the plane" in note for note in draw_contour(surface(tiny)).notes)


def test_names_of_beginnings_that_face_each_other_do_not_overlap():
    places = [
        replace(place, alpha=sign * (0.12 + 0.8 - place.alpha), beta=0.3, path=name)
        for name, sign in (("sgd", 1), ("adam", -1))
        for place in points()
    ]
    axes = draw_trajectory(surface(places, walk=None)).axes
    axes.figure.draw_without_rendering()
    named = [text for text in axes.texts if text.get_text() in {"step 0", "sgd", "adam"}]
    boxes = [text.get_window_extent() for text in named]
    assert len(boxes) >= 3
    assert not [(a, b) for a, b in itertools.combinations(boxes, 2) if a.overlaps(b)]


def test_names_of_lines_stand_above_the_values_and_labels_on_nothing():
    places = [*points("sgd"), *points("adam", off=0.05, turn=0.8)]
    drawing = draw_trajectory(surface(places, walk=None))
    figure = drawing.figure
    figure.draw_without_rendering()
    own, off = drawing.artists["own sgd"].axes, drawing.artists["off sgd"].axes
    legend = own.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["sgd", "adam", "projected"]
    assert legend.get_window_extent().y0 >= own.get_window_extent().y1
    bar = next(ax for ax in figure.axes if "center" in ax.get_ylabel())
    for axes in (own, off):
        label = axes.yaxis.label.get_window_extent()
        assert not label.overlaps(bar.yaxis.label.get_window_extent())
        assert not any(label.overlaps(tick.get_window_extent()) for tick in axes.get_yticklabels())


def test_names_of_many_paths_go_inside():
    places = [p for k in range(4) for p in points(f"run_with_a_long_name_{k}", turn=0.2 * k)]
    own = draw_trajectory(surface(places, walk=None)).artists["own run_with_a_long_name_0"].axes
    own.figure.draw_without_rendering()
    assert own.get_legend().get_window_extent().y1 <= own.get_window_extent().y1 + 1


@pytest.mark.parametrize("width", [2.0, 3.5])
@pytest.mark.parametrize("name", ["sgd", "run_with_a_long_name_of_many_letters"])
def test_a_narrow_figure_has_its_panels_below_the_map_and_nothing_is_cut(width, name):
    places = [*points(name, off=0.1), *points("adam", turn=0.8)]
    drawing = draw_trajectory(surface([replace(p, step=100 * p.step) for p in places]), width=width)
    figure = drawing.figure
    figure.draw_without_rendering()
    own, off = drawing.artists[f"own {name}"].axes, drawing.artists[f"off {name}"].axes
    legend = own.get_legend().get_window_extent()
    below = drawing.axes.xaxis.label.get_window_extent().y0
    assert own.get_window_extent().y1 <= legend.y0 < legend.y1 < below
    low, high = off.get_xlim()
    shown = [t.label1 for t in off.xaxis.get_major_ticks() if low <= t.get_loc() <= high]
    ticks = [label.get_window_extent() for label in shown]
    assert len(ticks) >= 2
    assert all(a.x1 + 2 < b.x0 for a, b in itertools.pairwise(ticks))
    labels = [own.yaxis.label, off.yaxis.label, off.xaxis.label]
    boxes = [one.get_window_extent() for one in (*labels, *figure.texts)]
    for box in (*boxes, legend):
        assert 0 <= box.x0 < box.x1 <= figure.bbox.width
        assert 0 <= box.y0 < box.y1 <= figure.bbox.height
