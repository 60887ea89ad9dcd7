import numpy as np
import pytest
from matplotlib.colors import to_rgb

from landscape.figures.blocks import FAILED, NEW, UNKNOWN, blocks
from landscape.figures.levels import levels_for
from landscape.surface import Surface
from tests.landscape.measures.surfaces import make


def _color(name):
    return tuple(round(255 * part) for part in to_rgb(name))


@pytest.fixture
def slope():
    """A plane that rises with beta alone, of which one point failed and one is not known."""
    alpha, beta = np.linspace(-1, 1, 5), np.linspace(0, 6, 7)
    loss = np.repeat((1 + beta)[:, None], 5, axis=1)[None]
    status = np.ones(loss.shape, np.int8)
    status[0, 0, 0], status[0, 0, 4] = 2, 0
    loss[0, 0, [0, 4]] = np.nan
    return Surface(
        alpha=alpha,
        beta=beta,
        values={"loss": loss},
        status=status,
        gram=np.eye(2)[None],
        center={"loss": 1.0},
    )


def test_the_largest_beta_is_on_top_and_bands_are_those_of_figures(slope):
    levels = levels_for(slope)
    colors = blocks(slope, levels, slope.status == 9, plane=0, most=(7, 5))

    assert colors.shape == (7, 5, 3)
    for row, loss in enumerate(range(7, 0, -1)):
        expected = [round(255 * part) for part in levels.color(loss)[:3]]
        assert np.abs(colors[row, 2].astype(int) - expected).max() <= 1


def test_what_is_new_failed_or_unknown_has_its_own_color(slope):
    new = np.zeros(slope.status.shape, bool)
    new[0, 6, 1] = True
    colors = blocks(slope, levels_for(slope), new, plane=0, most=(7, 5))

    assert tuple(colors[0, 1]) == _color(NEW)
    assert tuple(colors[6, 0]) == _color(FAILED)
    assert tuple(colors[6, 4]) == _color(UNKNOWN)


def test_it_fits_into_the_room_there_is(slope):
    nothing, levels = slope.status == 9, levels_for(slope)

    assert blocks(slope, levels, nothing, plane=0, most=(4, 80)).shape == (4, 3, 3)
    assert blocks(slope, levels, nothing, plane=0, most=(20, 80)).shape == (14, 10, 3)
    assert blocks(slope, levels, nothing, plane=0, most=(900, 900)).shape == (21, 15, 3)


def test_lines_are_drawn_below_one_another():
    lines = make(lambda a, b, plane: 1 + (1 + 3 * plane) * a**2, planes=2, line=True, steps=9)
    colors = blocks(lines, levels_for(lines), lines.status == 9, plane=0, most=(2, 9))

    assert colors.shape == (2, 9, 3)
    assert not np.array_equal(colors[0], colors[1])
    assert np.array_equal(colors[0], colors[0, ::-1])
