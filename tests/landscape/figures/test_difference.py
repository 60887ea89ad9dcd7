"""Maps of differences, and surfaces beside each other with them."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from landscape.errors import LandscapeError
from landscape.figures import draw_comparison, draw_difference, save_figure
from landscape.figures.difference import difference_levels
from landscape.measures.difference import difference_map
from landscape.surface import Surface
from tests.landscape.figures.test_matrix import assert_apart
from tests.landscape.figures.words import texts


@pytest.fixture
def pair(make):
    """Bowls of which the second is steeper at the right and flatter at the left."""
    return make(lambda a, b: 1 + 9 * (a**2 + b**2)), make(
        lambda a, b: 1 + (9 + 4 * a) * (a**2 + b**2)
    )


def hatched(drawing, x, y):
    """Whether a place of a map is hatched."""
    return any(path.contains_point((x, y)) for path in drawing.artists["hatching"].get_paths())


def test_orange_is_where_the_first_is_higher(pair):
    drawing = draw_difference(difference_map(*pair))
    filled = drawing.artists["filled"]
    colors = [np.asarray(filled.cmap(filled.norm(value))) for value in (0.2, -0.2)]
    assert colors[0][0] > colors[0][2]  # red over blue
    assert colors[1][0] < colors[1][2]
    assert drawing.axes.get_title() == ""
    assert drawing.artists["title"].get_text() == "a / b"
    assert drawing.notes[0] == "hatched: within error of estimates on this plane alone"


def test_hatching_ends_where_the_difference_of_two_quadratics_is_its_error(make):
    """r^2 of difference, known to 0.16: hatched within r = 0.4."""

    def known(curvature):
        whole = make(lambda a, b: 1 + curvature * (a**2 + b**2))
        status = np.zeros(whole.status.shape, np.int8)
        estimates = {"loss_estimate": whole.loss, "loss_estimate_error": 0.08 + 0 * whole.loss}
        values = {"loss": np.full_like(whole.loss, np.nan), **estimates}
        return Surface(**{**vars(whole), "values": values, "status": status})

    for kind in ("absolute", "ratio"):
        drawing = draw_difference(difference_map(known(2.0), known(1.0), kind=kind))
        for angle in np.linspace(0, 2 * np.pi, 9):
            x, y = np.cos(angle), np.sin(angle)
            assert hatched(drawing, 0.37 * x, 0.37 * y)
            assert not hatched(drawing, 0.43 * x, 0.43 * y)
    inside = np.hypot(*np.meshgrid(*[np.linspace(-1, 1, 21)] * 2)) <= 0.4 + 1e-9
    assert f"within error on {100 * inside.mean():.0f}%" in drawing.notes[1]


def test_equal_surfaces_are_hatched_all_over(pair):
    drawing = draw_difference(difference_map(pair[0], pair[0]))
    assert all(hatched(drawing, x, y) for x in (-0.9, 0.02, 0.9) for y in (-0.9, 0.02, 0.9))
    assert drawing.notes[1] == "a higher on 0%, b on 0%, within error on 100%"


@pytest.mark.parametrize(("factor", "labels"), [(1.3, 4), (8.0, 6), (3e4, 8)])
def test_levels_are_the_same_to_either_side(make, factor, labels):
    low, high = make(lambda a, b: 1 + a**2 + b**2), make(lambda a, b: 1 + factor * (a**2 + b**2))
    for kind in ("ratio", "difference"):
        levels = difference_levels([difference_map(high, low, kind=kind)])
        np.testing.assert_allclose(levels.values, -np.array(levels.values)[::-1])
        assert len(set(levels.labels)) == len(levels.labels)
        middle = to_hex(levels.color(0.0))
        assert min(int(middle[i : i + 2], 16) for i in (1, 3, 5)) > 0xE0  # nearly white
    ratio = difference_levels([difference_map(high, low, kind="ratio")])
    assert len(ratio.values) >= labels - 2
    assert ratio.labels[-1].endswith("×")
    assert ratio.labels[0] == f"1/{ratio.labels[-1]}"


def test_surfaces_stand_beside_a_map_of_their_difference(pair, tmp_path):
    figure = draw_comparison(pair, names=["old", "new_$"]).figure
    assert_apart(figure)
    assert len(figure.axes) == 5
    words = texts(figure)
    assert {"old", "new_$", "old / new_$", "ratio of loss / center"} <= set(words)
    assert any(word.startswith("hatched: within error of estimates") for word in words)
    assert save_figure(figure, tmp_path / "comparison.pdf").stat().st_size > 10_000


def test_several_have_a_row_each_and_share_their_levels(make, pair):
    replicates = [make(surface.loss[0], planes=3) for surface in (*pair, pair[0])]
    figure = draw_comparison(replicates, names=["a", "b", "c"], width=7.16).figure
    assert_apart(figure)
    assert len(figure.axes) == 8
    words = texts(figure)
    assert words.count("mean of 3 planes") == 2
    assert any("false discovery rate 5%" in word for word in words)
    one = draw_comparison(replicates, names=list("abc"), plane=1)
    assert texts(one.figure).count("plane 1") == 2


def test_a_line_has_a_curve_and_a_band(line, tmp_path):
    steeper = Surface(**{**vars(line), "values": {"loss": 2 * line.loss - 1}})
    drawing = draw_difference(difference_map(steeper, line, kind="difference"))
    x, y = drawing.artists["line"].get_data()
    np.testing.assert_allclose(y, 2 * x**2)
    assert drawing.notes[0].startswith("band: within error over planes")
    assert save_figure(drawing, tmp_path / "line.png").stat().st_size > 5000
    ratio = draw_difference(difference_map(steeper, line))
    np.testing.assert_allclose(ratio.artists["line"].get_ydata()[5], 1)


def test_what_cannot_be_compared_is_refused(make, pair):
    with pytest.raises(LandscapeError, match="with a name each, got 2 surfaces and 1 names"):
        draw_comparison(pair, names=["a"])
    with pytest.raises(LandscapeError, match=r"two surfaces or more, .* got 1 surfaces"):
        draw_comparison(pair[:1], names=["a"])
    missing = Surface(**{**vars(pair[0]), "status": 0 * pair[0].status})
    with pytest.raises(LandscapeError, match="both surfaces are known and finite, got none"):
        draw_difference(difference_map(missing, pair[0]))
