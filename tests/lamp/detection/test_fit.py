import numpy as np
import pytest

from lamp.detection.fit import worst_pixel


def maps(places, share=0.5):
    """Make one map for each place, which has that share of its error; None: no error at all."""
    found = np.zeros((len(places), 4, 6), np.float32)
    for one, place in zip(found, places, strict=True):
        if place is not None:
            one[:] = (1 - share) / 23
            one[place] = share
    return found


def test_the_pixel_of_most_images():
    found = worst_pixel(maps([(2, 5), (2, 5), (0, 1), (2, 5), (1, 1)]))
    expected = "one pixel, row 2, column 5, is the worst of 3 of 5 held-out images and has 50.0% of"
    assert found == f"{expected} their error"


@pytest.mark.parametrize(
    "places",
    [
        [(2, 5), (2, 5), (0, 1), (1, 1)],  # half is not most
        [(2, 5)],
        [(2, 5), None, None, (2, 5)],
        [None, None],
    ],
)
def test_no_such_pixel(places):
    assert worst_pixel(maps(places)) is None


def test_a_pixel_among_equals_is_not_worth_a_word():
    grey = np.full((3, 20, 20), 0.1, np.float32)
    grey[:, 3, 3] = 0.11
    assert worst_pixel(grey) is None
