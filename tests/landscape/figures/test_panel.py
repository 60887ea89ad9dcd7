"""What every figure of a plane says of it: its radius, and how far it is known."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest

from landscape.figures import (
    draw_contour,
    draw_contours,
    draw_interactive,
    draw_line,
    draw_surface,
    draw_surfaces,
    levels_for,
)
from landscape.figures.explorer.content import content_of
from landscape.figures.panel import make_panel
from landscape.surface.axes import PointOfInterest
from landscape.surface.data import Refined
from tests.landscape.figures.words import texts


def test_what_is_not_finished_is_not_called_accurate(estimated):
    part = replace(estimated, refined=Refined(done=np.zeros(1, np.bool_), error=np.full(1, 0.4)))
    for drawing in (draw_contour(part), draw_line(part)):
        assert any(note == "not finished: errors of 40% are expected" for note in drawing.notes)
        assert not any("accurate" in note for note in drawing.notes)


def test_one_of_several_planes_is_said_where_its_reader_did_not_choose_it(make):
    several = make(lambda a, b: 1 + a**2 + b**2, planes=3)
    assert draw_contour(several, plane=1).notes[0] == "plane 1 of 3"
    assert "plane 0 of 3" in draw_surface(several).notes
    alone = make(lambda a, b: 1 + a**2 + b**2)
    pair = draw_contours([[several, alone]], columns=["a", "b"])
    assert "a: plane 0 of 3" in texts(pair.figure)
    assert "plane 0 of" not in draw_interactive(several).to_json()  # there is a selector


def test_what_holds_in_one_panel_begins_with_its_name(estimated, make):
    low = make(lambda a, b: 1 + 3 * (a**2 + b**2), steps=41)
    levels = levels_for([estimated, low], kind="absolute", values=[2, 5, 20])
    pair = draw_contours([[estimated, low]], columns=["steep", "low"], levels=levels)
    assert "steep: accurate up to 10, hatched above" in pair.notes
    many = draw_contours([[estimated, estimated, estimated, low]], levels=levels)
    assert "in 3 of 4 panels: accurate up to 10, hatched above" in many.notes


def test_where_all_is_measured_nothing_is_said_of_accuracy(estimated):
    values = {"loss": estimated.values["loss_estimate"]}
    done = np.ones_like(estimated.status)
    assert draw_contour(replace(estimated, values=values, status=done)).notes == (
        "values up to 61×",
    )


def test_values_that_no_tolerance_was_asked_for_are_said_to_be_so(estimated):
    config = {**estimated.config, "tolerance_metrics": []}
    other = replace(estimated, metadata={"config": config})
    for drawing in (draw_contour(other), draw_surface(other), draw_line(other)):
        assert "no error is promised for loss" in drawing.notes
    page = json.dumps(content_of([other], [""]))
    assert "no error is promised for loss" in page
    assert "no error is promised" not in json.dumps(content_of([estimated], [""]))


def test_panels_of_one_size_that_cover_different_areas_say_so(make):
    near, far = (make(lambda a, b: 1 + a**2 + b**2, radius=r) for r in (1.0, 2.0))
    note = "extents differ: up to ±"
    assert f"{note}1 … 2" in texts(draw_contours([[near, far]]).figure)
    boxes = draw_surfaces([near, far])
    assert [f"{note}{reach}" in texts(boxes.figure) for reach in (1, 2)] == [True, True]
    for drawn in (draw_contours([[near, near]]), draw_surfaces([near, near])):
        assert not any(text.startswith("extents") for text in texts(drawn.figure))
    page = json.loads(draw_interactive([near, far], ["a", "b"]).to_json())
    assert f"{note}2" in json.dumps(page, ensure_ascii=False)


@pytest.mark.parametrize("width", [2.0, 3.5])
def test_long_notes_are_broken_within_the_figure(make, width):
    surface = make(lambda a, b: 1 + 9 * (a**2 + b**2))
    place = PointOfInterest(label="a checkpoint of another seed", alpha=0.0, values={"loss": 3.0})
    surface = replace(surface, metadata={"points_of_interest": [place.to_dict()]})
    for draw in (draw_contour, draw_surface):
        drawing = draw(surface, width=width)
        assert any("by itself" in note for note in drawing.notes)
        said = [t for t in drawing.figure.texts if t.get_text()]
        boxes = [text.get_window_extent() for text in said]
        assert any(text.get_text().endswith("itself") for text in said)
        assert max(box.x1 for box in boxes) <= drawing.figure.bbox.width
        assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_unknown_points_make_a_radius_a_lower_bound_or_none(make):
    whole = make(lambda a, b: 1 + (a**2 + b**2) / 0.4**2, steps=41)
    status = whole.status.copy()
    status[0, :5] = 0  # the edge
    part = replace(whole, values={"loss": np.where(status == 1, whole.loss, np.nan)}, status=status)
    assert panel_radius(whole) == "0.40"
    assert panel_radius(part) == "> 0.39"  # 0.3996: never rounded up
    status[0, :20] = status[0, 21:] = 0  # beside the center
    part = replace(whole, values={"loss": np.where(status == 1, whole.loss, np.nan)}, status=status)
    assert panel_radius(part) == ""


def panel_radius(surface):
    return make_panel(surface, levels_for([surface])).radius
