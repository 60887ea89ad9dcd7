import numpy as np
import pytest
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d.art3d import Poly3DCollection

from landscape.errors import LandscapeError
from landscape.figures import draw_surface, draw_surfaces, levels_for, save_figure
from landscape.figures.panel import make_panel
from landscape.figures.relief import common_range, height_ticks, make_relief, visible_parts


def relief_of(surface, *, log=False, top=None):
    levels = levels_for(surface)
    panel = make_panel(surface, levels)
    limits = common_range([panel], levels, log=log, top=top)
    return make_relief(panel, levels, log=log, limits=limits)


def test_nothing_of_the_surface_is_above_the_cut(make):
    relief = relief_of(make(lambda a, b: 1 + 90 * (a**2 + b**2)))
    corners = np.concatenate(relief.polygons)

    assert relief.cut
    assert corners[:, 2].max() == pytest.approx(35)
    rim = corners[corners[:, 2] > 34.999]
    np.testing.assert_allclose(np.linalg.norm(rim[:, :2], axis=1), (34 / 90) ** 0.5, atol=0.01)


def test_a_surface_that_hardly_passes_the_top_level_is_whole(bowl):
    relief = relief_of(bowl)

    assert not relief.cut
    assert relief.top == 19


def test_contours_on_the_floor_are_those_of_the_surface(bowl):
    relief = relief_of(bowl)

    (circle,) = relief.lines[2.0]
    np.testing.assert_allclose(np.linalg.norm(circle, axis=1), 1 / 3, atol=0.002)
    assert relief.floor < relief.bottom


def test_lines_behind_a_wall_are_left_out(bowl):
    relief = relief_of(bowl, top=10)
    (circle,) = relief.lines[5.0]
    line = np.hstack([circle, np.full((len(circle), 1), 5.0)])

    from_above = visible_parts(line, relief, np.array([0.0, -0.1, 300.0]))
    from_the_side = visible_parts(line, relief, np.array([0.0, -3.0, 3.0]))
    seen = np.concatenate(from_the_side)

    assert sum(map(len, from_above)) == len(line)
    assert 0 < len(seen) < len(line)
    assert seen[:, 1].max() < line[:, 1].max()  # the inner far wall is behind the near one


def test_a_drawing_has_its_parts_and_says_what_is_cut(make):
    drawing = draw_surface(make(lambda a, b: 1 + 90 * (a**2 + b**2)))

    assert isinstance(drawing.artists["surface"], Poly3DCollection)
    assert drawing.artists["surface"].get_rasterized()
    assert {"floor", "lines", "shadows", "center"} <= set(drawing.artists)
    assert drawing.notes == ("cut at 35×", "up to 181×")
    said = {text.get_text() for text in drawing.figure.texts}
    assert {"cut at 35×", "up to 181×"} <= said


def test_logarithmic_heights(make):
    surface = make(lambda a, b: np.exp(6 * (a**2 + b**2)))
    drawing = draw_surface(surface, log=True)
    low, high = drawing.axes.get_zlim()
    labels = [drawing.axes.zaxis.get_major_formatter()(tick) for tick in (0, 1, 2)]

    assert low < 0 < high
    assert labels == ["1×", "10×", "100×"]


def test_a_pair_has_equal_heights_and_colours(make, bowl):
    figure = draw_surfaces([bowl, make(lambda a, b: 1 + 4 * a**2)], titles=["L2", "L2-LAMP"])
    left, right, _ = figure.axes

    assert left.get_zlim() == right.get_zlim()
    assert left.elev == right.elev


def test_errors_say_what_to_do(make, bowl):
    with pytest.raises(LandscapeError, match="three-dimensional axes, got Axes"):
        draw_surface(bowl, Figure().add_subplot())
    with pytest.raises(LandscapeError, match="positive values for logarithmic heights, got 0"):
        draw_surface(make(lambda a, b: a**2 + b**2), log=True)
    with pytest.raises(LandscapeError, match="as many titles, got 1 and 2"):
        draw_surfaces([bowl], titles=["a", "b"])
    with pytest.raises(LandscapeError, match=r"top above the lowest value 1, got 0\.5"):
        draw_surface(bowl, top=0.5)


def test_holes_and_oblong_grids_are_drawn(make):
    holed = make(lambda a, b: np.where(a > 0.5, np.nan, 1 + 9 * (a**2 + b**2)))

    assert "24% not finite (left out)" in draw_surface(holed).notes


def test_what_is_not_accurate_is_cut(estimated, bowl):
    drawing = draw_surface(estimated, levels=[2, 5, 20, 50])
    high = max(polygon[:, 2].max() for polygon in relief_of(estimated, top=50).polygons)

    assert high == pytest.approx(10)
    assert {"cut at 10", "accurate up to 10 (left out above)"} <= set(drawing.notes)


def test_the_peak_of_an_accuracy_is_not_cut(accuracy):
    drawing = draw_surface(accuracy, metric="accuracy")

    assert drawing.axes.get_zlim()[1] == pytest.approx(0)
    assert drawing.notes == ("differences to the center (higher is better)",)


def test_bands_end_exactly_at_their_levels(bowl):
    relief = relief_of(bowl)
    levels = levels_for(bowl).values

    for polygon in relief.polygons:
        inside = [level for level in levels if polygon[:, 2].min() + 1e-9 < level]
        assert all(polygon[:, 2].max() <= level + 1e-9 for level in inside)


@pytest.mark.parametrize("name", ["$x_$y", "a$b$c", r"$\frac{1}{$"])
def test_names_are_drawn_as_they_are(bowl, name, tmp_path):
    for figure in (draw_surface(bowl, title=name), draw_surfaces([bowl], titles=[name])):
        assert name in save_figure(figure, tmp_path / "f.svg").read_text()


def test_one_decade_has_more_than_one_tick():
    assert len(height_ticks((0.0, 0.9), log=True, ratio=True)) >= 3
    assert len(height_ticks((0.1, 0.3), log=True, ratio=True)) >= 2
