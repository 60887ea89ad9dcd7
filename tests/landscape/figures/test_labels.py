import numpy as np

from landscape.figures.labels import Room, find_spot

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
