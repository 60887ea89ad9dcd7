import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import stats

from landscape.errors import LandscapeError
from landscape.figures import draw_line


def test_mean_band_and_planes(line):
    drawing = draw_line(line)
    mean = drawing.artists["mean"].get_ydata()
    half = stats.t.ppf(0.975, 2) * 1.0 / np.sqrt(3)  # slopes 1, 2, 3: standard deviation 1

    np.testing.assert_allclose(mean, 1 + 2 * line.alpha**2)
    vertices = drawing.artists["band"].get_paths()[0].vertices
    assert vertices[:, 1].max() == pytest.approx(3 + half)
    assert {"plane 0", "plane 1", "plane 2", "center"} <= set(drawing.artists)
    assert drawing.notes == ("mean of 3 planes, 95% interval",)


def test_a_surface_gives_its_row_at_beta_zero(bowl):
    drawing = draw_line(bowl)

    np.testing.assert_allclose(drawing.artists["mean"].get_ydata(), 1 + 9 * bowl.alpha**2)
    assert "band" not in drawing.artists
    assert drawing.notes == ()


def test_lines_are_compared_in_one_axes(line, bowl):
    ax = Figure().add_subplot()
    first = draw_line(line, ax, label="L2", kind="ratio")
    second = draw_line(bowl, ax, label="L2-LAMP", kind="ratio")

    colors = {d.artists["mean"].get_color() for d in (first, second)}
    assert len(colors) == 2
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["L2 (3 planes)", "L2-LAMP"]
    assert ax.get_ylabel() == "loss / loss at the center"


def test_a_logarithmic_axis_says_so(line):
    axes = draw_line(line, log=True).axes

    assert axes.get_yscale() == "log"
    assert axes.get_ylabel() == "loss, log scale"


def test_what_is_missing_is_said(make):
    surface = make(lambda a, b: np.where(a > 0.5, np.nan, 1 + a**2))

    assert draw_line(surface).notes == ("24% missing or not finite",)


def test_errors_say_what_to_do(make, bowl):
    even = make(lambda a, b: 1 + a**2, steps=20, center=1.0)
    with pytest.raises(LandscapeError, match="expected a row at beta = 0") as caught:
        draw_line(even)
    assert "odd number" in caught.value.hint
    zero = make(lambda a, b: a**2)
    with pytest.raises(LandscapeError, match="positive values for a logarithmic axis, got 0"):
        draw_line(zero, log=True)
    with pytest.raises(LandscapeError, match="usable loss at the center, got 0"):
        draw_line(zero, kind="ratio")
    with pytest.raises(LandscapeError, match="at least one finite value"):
        draw_line(make(lambda a, b: np.full_like(a, np.nan)))
