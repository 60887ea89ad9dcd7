"""Checkpoints in figures: a mark where each lies, its name, and axes that say where they lead."""

from dataclasses import asdict

import numpy as np
import pytest

from landscape import draw_contour, draw_interactive, draw_line, draw_surface
from landscape.surface.axes import Axis, PointOfInterest
from tests.landscape.measures.surfaces import bowl, make

PLACES = (
    PointOfInterest(label="b.pt", alpha=0.5, values={"loss": 0.7}),
    PointOfInterest(label="c.pt", alpha=0.0, beta=0.5),
    PointOfInterest(label="far.pt", alpha=7.0),
)
AXES = tuple(Axis(name=f"toward {n}", unit=f"1 is {n}", random=False) for n in ("b.pt", "c.pt"))


def surface(*, line=False, gram=None):
    metadata = {
        "axes": [asdict(axis) for axis in AXES[: 1 if line else 2]],
        "points_of_interest": [place.to_dict() for place in PLACES],
        "normalize": "given",
    }
    return make(bowl(), line=line, steps=11, gram=gram, metadata=metadata)


def test_contours_mark_and_name_what_lies_on_the_plane():
    drawing = draw_contour(surface())
    marked = {name: a for name, a in drawing.artists.items() if name.startswith("place")}
    assert list(marked) == ["place b.pt", "place c.pt"]
    assert [(*m.get_xdata(), *m.get_ydata()) for m in marked.values()] == [(0.5, 0), (0, 0.5)]
    assert {"b.pt", "c.pt"} <= {text.get_text() for text in drawing.axes.texts}
    assert drawing.axes.get_xlabel() == "α (toward b.pt)"
    assert drawing.axes.get_ylabel() == "β (toward c.pt)"


def test_no_mean_radius_stands_at_planes_that_are_not_random():
    assert "radius" in draw_contour(make(bowl(), steps=11)).artists
    assert "radius" not in draw_contour(surface()).artists


def test_oblique_directions_are_said():
    drawing = draw_contour(surface(gram=[[1, 0.5], [0.5, 1]]))
    assert "directions at 60°" in drawing.notes
    assert not any("directions" in note for note in draw_contour(surface()).notes)


def test_boxes_and_pages_mark_them_too():
    drawing = draw_surface(surface())
    assert {"place b.pt", "place c.pt"} <= set(drawing.artists)
    assert drawing.axes.get_xlabel() == "α (toward b.pt)"
    page = draw_interactive(surface())
    assert {"b.pt", "c.pt"} <= {trace.name for trace in page.data}
    assert page.layout.scene.xaxis.title.text == "α (toward b.pt)"


@pytest.mark.parametrize(("kind", "value"), [("absolute", 0.7), ("ratio", 1.4)])
def test_lines_mark_them_at_the_value_of_the_model_itself(kind, value):
    drawing = draw_line(surface(line=True), kind=kind)
    assert [name for name in drawing.artists if name.startswith("place")] == ["place b.pt"]
    (alpha,), (height,) = drawing.artists["place b.pt"].get_data()
    assert (alpha, height) == (0.5, pytest.approx(value))
    assert drawing.axes.get_xlabel() == "α (toward b.pt)"
    assert np.isfinite(drawing.axes.get_ylim()).all()


def test_checkpoints_that_are_not_what_the_map_shows_are_said():
    def at(alpha, label, loss, **more):
        return PointOfInterest(label=label, alpha=alpha, values={"loss": loss}, **more).to_dict()

    places = [
        at(0.5, "same", 1.0),  # 0.5 + 2 / 4, as on the map
        at(0.5, "far {}", 3.0),
        at(-0.5, "step 3", 9.0, path="sgd", step=3),
        at(7.0, "outside", 9.0),
        PointOfInterest(label="not measured", alpha=0.5).to_dict(),
    ]
    found = make(bowl(), steps=11, metadata={"points_of_interest": places})
    said = [note for note in draw_contour(found).notes if "by itself" in note]
    assert said == ["far {} has 6× by itself"]
    line = make(bowl(), steps=11, line=True, metadata={"points_of_interest": places[:1]})
    assert draw_line(line).notes == ()
    line = make(bowl(), steps=11, line=True, metadata={"points_of_interest": places[:2]})
    assert draw_line(line).notes == ("diamonds: checkpoints by themselves",)
