import itertools
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d.art3d import Poly3DCollection

from landscape.errors import LandscapeError
from landscape.figures import draw_interactive, draw_surface, draw_surfaces, levels_for, save_figure
from landscape.figures.panel import make_panel
from landscape.figures.pieces import pieces, visible_parts
from landscape.figures.relief import height_ticks, make_reliefs
from tests.landscape.figures.words import texts


def relief_of(surface, *, levels=None, log=False):
    levels = levels or levels_for(surface)
    (relief,) = make_reliefs([make_panel(surface, levels)], levels, log=log)
    return relief


def test_nothing_of_the_surface_is_above_the_cut(make):
    steep = make(lambda a, b: 1 + 90 * (a**2 + b**2))
    relief = relief_of(steep)
    corners = np.concatenate(pieces(relief, levels_for(steep)).polygons)

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
    relief = relief_of(bowl, levels=levels_for(bowl, values=[2, 5, 10]))
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
    assert drawing.notes == ("cut at 35×", "values up to 181×")
    said = {text.get_text() for text in drawing.figure.texts}
    assert {"cut at 35×", "values up to 181×"} <= said


def test_logarithmic_heights(make):
    surface = make(lambda a, b: np.exp(6 * (a**2 + b**2)))
    drawing = draw_surface(surface, log=True)
    low, high = drawing.axes.get_zlim()
    labels = [drawing.axes.zaxis.get_major_formatter()(tick) for tick in (0, 1, 2)]

    assert low < 0 < high
    assert labels == ["1×", "10×", "100×"]


def test_levels_without_a_logarithm_have_no_contour(bowl):
    levels = levels_for(bowl, values=[-1, 0, 2, 50])
    (relief,) = make_reliefs([make_panel(bowl, levels)], levels, log=True)

    assert set(relief.lines) == {2, 50}  # the doubling contour is in other units
    assert pieces(relief, levels).values.min() == pytest.approx(1, abs=0.01)
    assert draw_interactive(bowl, levels=levels, log=True).data


def test_a_pair_has_equal_heights_and_colours(make, bowl):
    figure = draw_surfaces([bowl, make(lambda a, b: 1 + 4 * a**2)], titles=["L2", "L2-LAMP"]).figure
    left, right, _ = figure.axes
    floors = [low for ax in (left, right) for low in ax.collections if isinstance(low, ContourSet)]

    assert left.get_zlim() == right.get_zlim()
    assert left.elev == right.elev
    np.testing.assert_array_equal(floors[0].levels, floors[1].levels)
    np.testing.assert_array_equal(*(low.cmap(np.arange(9)) for low in floors))


def test_errors_say_what_to_do(make, bowl):
    with pytest.raises(LandscapeError, match="three-dimensional axes, got Axes"):
        draw_surface(bowl, Figure().add_subplot())
    with pytest.raises(LandscapeError, match="positive values for logarithmic heights, got 0"):
        draw_surface(make(lambda a, b: a**2 + b**2), log=True)
    with pytest.raises(LandscapeError, match="as many titles, got 1 and 2"):
        draw_surfaces([bowl], titles=["a", "b"])
    with pytest.raises(LandscapeError, match=r"levels above the lowest value 1, got 0\.5"):
        draw_surface(bowl, levels=[0.25, 0.5])


def test_a_plane_without_values_is_told_from_one_with_them(make):
    values = np.stack([np.full((5, 5), np.nan), 1 + np.arange(25.0).reshape(5, 5)])
    surface = make(values, steps=5, planes=2, center=1.0)

    expected = "a finite value of 'loss' on the plane that is drawn, got none"
    for draw in (draw_surface, lambda one: draw_surfaces([one, one]).figure):
        with pytest.raises(LandscapeError, match=expected) as caught:
            draw(surface)
        assert caught.value.hint == "draw another plane, such as 1"
    assert "cut at" not in str(draw_surface(surface, plane=1).notes)
    beside = texts(draw_surfaces([surface, make(lambda a, b: 1 + a**2)]).figure)
    assert "100% not finite (left out)" in beside


def test_holes_are_left_out(make):
    holed = make(lambda a, b: np.where(a > 0.5, np.nan, 1 + 9 * (a**2 + b**2)))

    assert "24% not finite (left out)" in draw_surface(holed).notes


def test_oblong_grids_keep_their_shape(bowl):
    narrow = replace(
        bowl,
        beta=bowl.beta[10:31],
        values={"loss": bowl.loss[:, 10:31]},
        status=bowl.status[:, 10:31],
    )
    relief = relief_of(narrow)
    alpha, beta, heights = relief.grid

    assert heights.shape == (beta.size, alpha.size)
    assert (np.ptp(alpha), np.ptp(beta)) == (2, 1)
    np.testing.assert_allclose(heights[0, 0], 1 + 9 * 1.25)
    wide, deep, _ = draw_surface(narrow).axes.get_box_aspect()
    assert deep / wide == pytest.approx(0.5)


def test_what_is_not_accurate_is_cut(estimated, bowl):
    drawing = draw_surface(estimated, levels=[2, 5, 20, 50])
    levels = levels_for(estimated, values=[2, 5, 20, 50])
    cut = pieces(relief_of(estimated, levels=levels), levels)
    high = max(polygon[:, 2].max() for polygon in cut.polygons)

    assert high == pytest.approx(10)
    assert {"cut at 10", "accurate up to 10, left out above"} <= set(drawing.notes)


def test_the_peak_of_an_accuracy_is_not_cut(accuracy):
    drawing = draw_surface(accuracy, metric="accuracy")

    assert drawing.axes.get_zlim()[1] == pytest.approx(0.9)
    assert drawing.notes == ("values down to 0.291",)


@pytest.mark.parametrize("log", [False, True])
def test_a_plateau_at_the_top_is_closed_and_hides_what_is_behind(make, log):
    slope = make(lambda a, b: np.clip(1 - 2 * (b - 0.2), 0.1, 1))
    share = replace(
        slope,
        values={"loss": slope.loss, "accuracy": slope.loss},
        center={"loss": 1.0, "accuracy": 1.0},
    )
    levels = levels_for(share, metric="accuracy", values=[0.4, 0.8])
    relief = relief_of(share, levels=levels, log=log)
    polygons = pieces(relief, levels).polygons
    flat = np.array([one for one in polygons if one[:, 2].min() > relief.top - 1e-9])
    x, y = flat[:, :, 0], flat[:, :, 1]
    area = np.abs((x * np.roll(y, -1, 1) - y * np.roll(x, -1, 1)).sum(1)).sum() / 2
    assert area == pytest.approx(2 * 1.2, rel=0.05)  # from beta -1 to 0.2

    (line,) = relief.lines[0.8]
    height = np.log10(0.8) if log else 0.8
    whole = np.hstack([line, np.full((len(line), 1), height)])
    toward = np.array([0.0, -2.0, 1.5 * (relief.top - relief.bottom)])
    assert visible_parts(whole, relief, toward) == []
    assert sum(map(len, visible_parts(whole, relief, -toward * [1, 1, -1]))) == len(line)


def test_bands_end_exactly_at_their_levels(bowl):
    levels = levels_for(bowl)

    for polygon in pieces(relief_of(bowl), levels).polygons:
        inside = [level for level in levels.values if polygon[:, 2].min() + 1e-9 < level]
        assert all(polygon[:, 2].max() <= level + 1e-9 for level in inside)


@pytest.mark.parametrize("name", ["$x_$y", "a$b$c", r"$\frac{1}{$"])
def test_names_are_drawn_as_they_are(bowl, name, tmp_path):
    for figure in (draw_surface(bowl, title=name), draw_surfaces([bowl], titles=[name]).figure):
        assert name in save_figure(figure, tmp_path / "f.svg").read_text()


def test_one_decade_has_more_than_one_tick():
    assert len(height_ticks((0.0, 0.9), log=True, ratio=True)) >= 3
    assert len(height_ticks((0.1, 0.3), log=True, ratio=True)) >= 2


@pytest.mark.parametrize(("count", "width"), [(1, 3.5), (1, 7.16), (2, 3.5), (2, 7.16), (3, 7.16)])
def test_labels_of_a_box_are_whole_and_its_ticks_apart(bowl, count, width):
    half = replace(bowl, alpha=bowl.alpha / 2, beta=bowl.beta / 2)
    figure = draw_surfaces([half] * count, width=width).figure
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.findobj(mpl.text.Text) if text.get_text()]
    ticks = [
        label.get_window_extent()
        for ax in figure.axes[:count]
        for axis in (ax.xaxis, ax.yaxis, ax.zaxis)
        for label in axis.get_ticklabels()
        if label.get_text()
    ]

    assert len(ticks) >= 4 * count
    assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 for box in boxes)
    assert not [(a, b) for a, b in itertools.combinations(ticks, 2) if a.overlaps(b)]


def test_a_wall_hides_what_is_right_behind_its_rim(make):
    relief = relief_of(make(lambda a, b: 1 + 90 * (a**2 + b**2)))
    (circle,) = relief.lines[5.0]
    line = np.hstack([circle, np.full((len(circle), 1), 5.0)])

    # The rim is at 35, at a radius of .615; this line at 5, at .211. Towards the eye, which rises
    # by `rise` on the way to the rim, the line shows where it rises by more than 30.
    for rise in (29.0, 31.0):
        toward = np.array([0.0, -2.0, rise * 2 / (0.615 - 0.211)])
        nearest = circle[:, 1].argmin()
        parts = visible_parts(line, relief, toward)
        seen = any((np.isclose(part[:, :2], circle[nearest])).all(1).any() for part in parts)
        assert seen == (rise > 30)


@pytest.mark.parametrize(("steepness", "count"), [(9, 1), (9e3, 1), (9e3, 2)])
def test_labels_of_heights_stand_between_their_axis_and_the_colorbar(make, steepness, count):
    surface = make(lambda a, b: 1 + steepness * (a**2 + b**2))
    figure = draw_surfaces([surface] * count, width=3.5 * count).figure
    figure.draw_without_rendering()
    *boxes, bar = figure.axes
    for ax in boxes:
        corner = ax.zaxis.line.get_xdata()[0]
        axis = ax.transData.transform((corner, 0))[0]
        labels = [tick.label1.get_window_extent() for tick in ax.zaxis.majorTicks]
        assert min(box.x0 for box in labels) > axis
    assert max(box.x1 for box in labels) < bar.get_window_extent().x0
