import numpy as np
import pytest

from landscape.figures import draw_contour
from landscape.figures.labels import Room, find_spot
from landscape.surface.axes import PointOfInterest
from tests.landscape.measures.surfaces import replace

CIRCLE = 50 + 30 * np.stack(
    [np.cos(np.linspace(0, 2 * np.pi, 200)), np.sin(np.linspace(0, 2 * np.pi, 200))], axis=1
)


def room(marks=()):
    return Room(width=100, height=100, marks=np.reshape(marks, (-1, 2)), mark_distance=12)


def test_a_label_lies_on_its_line():
    spot = find_spot([CIRCLE], [], (10, 6), room())

    assert np.isclose(np.linalg.norm(np.array(spot) - 50), 30, atol=0.1)


def test_a_label_keeps_away_from_marks_and_lines():
    crowd = CIRCLE[CIRCLE[:, 0] > 30] + [4, 0]
    spot = find_spot([CIRCLE], [crowd], (10, 6), room([(20, 50)]))

    assert np.linalg.norm(np.array(spot) - (20, 50)) > 12
    assert np.linalg.norm(crowd - spot, axis=1).min() > 3


def test_there_is_no_label_where_it_does_not_fit():
    small = 50 + (CIRCLE - 50) / 20

    assert find_spot([small], [], (10, 6), room()) is None
    assert find_spot([CIRCLE], [], (60, 6), room()) is None


def boxes(drawing):
    renderer = drawing.figure._get_renderer()
    return {
        text: text.get_window_extent(renderer)
        for name in ("bold", "lines")
        for text in getattr(drawing.artists.get(name), "labelTexts", [])
    }


@pytest.mark.parametrize("width", [2.2, 3.5, 7.16])
def test_labels_overlap_neither_each_other_nor_marks(make, width):
    surface = make(
        lambda a, b: 1 + 200 * (0.8 * a + 0.6 * b) ** 2 + 2 * (0.6 * a - 0.8 * b) ** 2, steps=41
    )
    drawing = draw_contour(surface, width=width)
    placed = list(boxes(drawing).values())
    panel = drawing.axes.get_window_extent()

    for index, box in enumerate(placed):
        assert not any(box.overlaps(other) for other in placed[index + 1 :])
        assert panel.x0 <= box.x0 < box.x1 <= panel.x1
        assert panel.y0 <= box.y0 < box.y1 <= panel.y1


def test_labels_keep_away_from_names_of_places(make):
    surface = make(lambda a, b: 1 + 9 * (a**2 + b**2), steps=21)
    plain = [box.get_points().mean(0) for box in boxes(draw_contour(surface)).values()]
    axes = draw_contour(surface).axes
    spots = axes.transData.inverted().transform(plain)
    names = [
        PointOfInterest(label="checkpoint", alpha=float(a), beta=float(b)).to_dict()
        for a, b in spots
    ]
    drawing = draw_contour(replace(surface, metadata={"points_of_interest": names}))
    named = [
        text.get_window_extent() for text in drawing.axes.texts if text.get_text() == "checkpoint"
    ]
    assert len(named) == len(names)
    assert not any(box.overlaps(name) for box in boxes(drawing).values() for name in named)
