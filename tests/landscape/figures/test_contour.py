from dataclasses import replace
from html import escape

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure

from landscape.errors import LandscapeError
from landscape.figures import draw_contour, draw_contours, levels_for, save_figure
from landscape.measures import summarize
from landscape.surface import Surface
from tests.landscape.figures.words import texts


def test_the_bold_contour_lies_where_the_loss_doubles(bowl):
    drawing = draw_contour(bowl)
    bold = drawing.artists["bold"]

    assert isinstance(bold, QuadContourSet)
    (pieces,) = bold.allsegs
    radius = np.linalg.norm(np.concatenate(pieces), axis=1)
    np.testing.assert_allclose(radius, 1 / 3, atol=0.002)
    assert drawing.artists["radius"].get_text() == r"$r_{2\times}$ 0.33"


@pytest.mark.parametrize("steps", [15, 21, 41])
def test_bold_contour_printed_radius_and_statistic_agree(make, steps):
    surface = make(lambda a, b: 0.3 * np.exp(2 * a**2 + 5 * b**2 + 0.5 * a), steps=steps)
    drawing = draw_contour(surface)
    line = np.concatenate([piece for pieces in drawing.artists["bold"].allsegs for piece in pieces])
    angles = np.linspace(-np.pi, np.pi, 3600)
    places = np.arctan2(line[:, 1], line[:, 0])
    order = places.argsort()  # its label interrupts the line
    drawn = np.interp(angles, places[order], np.hypot(*line.T)[order], period=2 * np.pi).mean()
    measured = summarize(surface)["radius_mean"].value

    assert drawn == pytest.approx(measured, rel=0.01)
    assert drawing.artists["radius"].get_text() == rf"$r_{{2\times}}$ {measured:.2f}"


def test_a_radius_that_the_grid_does_not_resolve_is_printed_as_such(make):
    surface = make(lambda a, b: 1 + 100 * (a**2 + b**2), steps=21)  # doubles at one spacing

    assert draw_contour(surface).artists["radius"].get_text() == r"$r_{2\times}$ < 0.2"
    assert "grid spacings" in summarize(surface)["radius_mean"].note


def test_nothing_is_drawn_from_estimates_that_are_not_accurate(estimated):
    usual = draw_contour(estimated)
    asked = draw_contour(estimated, levels=[2, 5, 20, 50])

    assert usual.notes == ("7% measured, rest interpolated", "accurate up to 10×")
    assert "hatching" not in usual.artists  # the last band says that it is more than 8×
    assert asked.artists["hatching"].get_hatch()
    assert "accurate up to 10, hatched above" in asked.notes
    assert max(asked.artists["lines"].levels) == 5
    outside = np.concatenate([path.vertices for path in asked.artists["filled"].get_paths()])
    assert np.hypot(*outside.T).max() == pytest.approx(0.3**0.5, abs=0.005)  # 10 = 1 + 30 r²


def test_levels_follow_a_sharp_surface_up_to_where_it_is_accurate(estimated):
    steep = {name: 1 + 10 * (values - 1) for name, values in estimated.values.items()}
    drawing = draw_contour(replace(estimated, values=steep))

    # 12 % of the area lie below 1 + 300 * 0.48 / pi = 46.8, below 38 as far as 25 points tell.
    assert drawing.artists["filled"].levels[-1] == 35
    assert drawing.notes == ("7% measured, rest interpolated", "accurate up to 38×")


def test_more_is_better_for_an_accuracy(accuracy):
    drawing = draw_contour(accuracy, metric="accuracy")
    levels = drawing.artists["filled"].levels

    assert drawing.notes == ("values down to 0.291",)
    assert "bold" not in drawing.artists
    assert drawing.artists["radius"].get_text() == "center 0.9"
    assert list(levels) == pytest.approx([0.3, 0.4, 0.5, 0.6, 0.7, 0.8])
    assert "accuracy" in texts(drawing.figure)  # and nothing of the center on the scale
    best = drawing.artists["best"]  # of a plateau, the point that is the center
    assert (best.get_xdata()[0], best.get_ydata()[0]) == (0, 0)
    assert "grid best" in texts(drawing.figure)
    dark, light = levels_for(accuracy, metric="accuracy").color(1.0), levels_for(bowl_of(accuracy))
    assert sum(dark[:3]) == pytest.approx(sum(light.color(-9.0)[:3]))


def bowl_of(accuracy):
    return replace(accuracy, values={"loss": accuracy.loss}, center={"loss": 0.1})


def test_of_equal_minima_the_nearest_to_the_center_is_marked(make):
    drawing = draw_contour(make(lambda a, b: 1 + np.maximum(a**2 + b**2 - 0.3, 0)))

    assert drawing.artists["best"].get_xdata()[0] == 0
    assert drawing.artists["best"].get_ydata()[0] == 0


@pytest.mark.parametrize("name", ["$x_$y", "a$b$c", "<b>x</b>", r"$\frac{1}{$", "a_b^{"])
def test_names_are_drawn_as_they_are(bowl, name, tmp_path):
    drawings = (
        draw_contour(bowl, title=name),
        draw_contour(bowl, Figure().add_subplot(), title=name),
    )
    matrix = draw_contours([[bowl, bowl]], columns=[name, name], rows=[name]).figure

    for figure in (*(drawing.figure for drawing in drawings), matrix):
        assert name in texts(figure)
        written = save_figure(figure, tmp_path / "f.svg").read_text()
        assert escape(name, quote=False) in written


def test_levels_can_be_numbers_or_logarithmic(bowl):
    chosen = draw_contour(bowl, levels=np.array([1.5, 4, 9]))
    log = draw_contour(bowl, log=True)

    assert tuple(chosen.artists["filled"].levels) == (1.5, 4, 9)
    assert tuple(log.artists["filled"].levels) == (2, 5, 10)
    assert tuple(draw_contours([[bowl]], levels=[2, 3]).figure.axes[0].collections[0].levels) == (
        2,
        3,
    )
    with pytest.raises(LandscapeError, match="two ascending levels, got 3"):
        draw_contour(bowl, levels=[3])
    with pytest.raises(LandscapeError, match="expected levels or log, got both"):
        draw_contour(bowl, levels=[2, 3], log=True)


def test_bands_and_lines_follow_the_levels(bowl):
    levels = levels_for(bowl)
    drawing = draw_contour(bowl, levels=levels)

    assert tuple(drawing.artists["filled"].levels) == levels.values
    assert set(drawing.artists["lines"].levels) == set(levels.values) - {2}
    assert drawing.artists["filled"].norm is levels.norm


def test_center_and_minimum_are_both_marked(make):
    drawing = draw_contour(make(lambda a, b: 1 + (a - 0.5) ** 2 + b**2, center=1.25))
    center, minimum = drawing.artists["center"], drawing.artists["best"]

    assert (center.get_xdata()[0], center.get_ydata()[0]) == (0, 0)
    assert (minimum.get_xdata()[0], minimum.get_ydata()[0]) == (0.5, 0)
    assert minimum.get_zorder() > center.get_zorder()


def test_a_radius_that_leaves_the_grid_is_a_bound(make):
    drawing = draw_contour(make(lambda a, b: 1 + 0.9 * (a**2 + 2 * b**2)))

    assert drawing.artists["radius"].get_text().startswith(r"$r_{2\times}$ > 0.")


def test_axes_have_equal_scales_and_name_the_normalization(bowl):
    axes = draw_contour(bowl).axes

    assert axes.get_aspect() == 1
    assert axes.get_xlabel() == "α (filter norms)"
    assert axes.get_ylabel() == "β (filter norms)"
    assert axes.get_xlim() == axes.get_ylim() == (-1, 1)


def test_beta_is_up_and_alpha_to_the_right(make):
    drawing = draw_contour(make(lambda a, b: 1 + 9 * (b > 0.5) + 0.01 * a, center=1.0))

    paths = drawing.artists["filled"].get_paths()
    highest = max(
        (path for path in paths if len(path.vertices)), key=lambda p: p.vertices[:, 1].min()
    )
    assert highest.vertices[:, 1].min() > 0.3
    assert np.ptp(highest.vertices[:, 0]) == 2


@pytest.mark.parametrize(
    ("function", "note"),
    [
        (lambda a, b: np.where(a > 0.05, np.nan, 1 + a**2 + 9 * b**2), "48% not finite (hatched)"),
        (lambda a, b: np.where(a + b > 1.85, np.inf, 1 + 9 * a**2), "<1% not finite (hatched)"),
    ],
)
def test_what_is_not_finite_is_hatched_and_said(make, function, note):
    drawing = draw_contour(make(function))

    assert drawing.artists["hatching"].get_hatch()
    assert note in drawing.notes
    assert any(note in text for text in texts(drawing.figure))


def test_missing_points_are_told_from_those_that_failed_or_are_not_finite(make):
    status = np.ones((1, 21, 21), np.int8)
    status[:, :, 11:] = 0
    drawing = draw_contour(make(lambda a, b: 1 + 9 * a**2 + b**2, status=status))

    assert "48% missing (hatched)" in drawing.notes
    status[:, :, 16:] = 2
    drawing = draw_contour(make(lambda a, b: 1 + 9 * a**2 + b**2, status=status))
    assert {"24% missing (hatched)", "24% failed (hatched)"} <= set(drawing.notes)


def test_estimates_serve_where_nothing_was_measured(bowl):
    measured = np.zeros(bowl.status.shape, np.int8)
    measured[:, ::4, ::4] = 1
    sparse = np.where(measured == 1, bowl.loss, np.nan)
    surface = Surface(
        alpha=bowl.alpha,
        beta=bowl.beta,
        values={"loss": sparse, "loss_estimate": bowl.loss},
        status=measured,
        gram=bowl.gram,
        center=bowl.center,
    )
    drawing = draw_contour(surface)

    assert "hatching" not in drawing.artists
    assert drawing.notes[0] == "7% measured, rest interpolated"


def test_what_is_far_above_the_levels_is_said(make):
    drawing = draw_contour(make(lambda a, b: 1 + 90 * (a**2 + b**2)))

    assert drawing.notes == ("values up to 181×",)


@pytest.mark.parametrize(
    ("top", "said"), [(4.9, ()), (5.1, ("values up to 5.1×",)), (7.0, ("values up to 7×",))]
)
def test_how_far_the_open_band_goes_is_said_wherever_it_shows(make, top, said):
    surface = make(lambda a, b: 1 + (top - 1) / 2 * (a**2 + b**2))
    assert draw_contour(surface, levels=levels_for(surface, values=[1.5, 2, 3, 5])).notes == said


def test_differences_say_that_they_are(make):
    surface = make(lambda a, b: a**2 + b**2)
    own = draw_contour(surface)
    given = draw_contour(surface, Figure().add_subplot())

    remark = "differences to the center (center zero)"
    assert remark in own.notes
    assert remark in texts(own.figure)
    assert any(remark in text for text in texts(given.figure))
    assert "bold" not in own.artists
    assert "radius" not in own.artists


def test_nothing_around_a_panel_is_cut_off_or_overlaps(bowl):
    drawing = draw_contour(bowl, title="a rather long title, batch size 128")
    title = drawing.artists["title"].get_window_extent()
    radius = drawing.artists["radius"].get_window_extent()
    page = drawing.figure.bbox
    tight = drawing.figure.get_tightbbox().padded(0)

    assert not title.overlaps(radius)
    assert tight.x1 * drawing.figure.dpi <= page.x1
    assert tight.x0 >= 0
    assert tight.y0 >= 0


def test_a_given_axes_is_drawn_into_and_nothing_else(bowl):
    figure = Figure()
    ax = figure.add_subplot()
    before = dict(mpl.rcParams)
    drawing = draw_contour(bowl, ax)

    assert drawing.axes is ax
    assert figure.axes == [ax]
    assert drawing._repr_png_() is None
    assert dict(mpl.rcParams) == before


def test_a_figure_of_its_own_shows_itself_in_a_notebook(bowl):
    assert draw_contour(bowl)._repr_png_().startswith(b"\x89PNG")


def test_degenerate_surfaces_are_drawn(make, bowl):
    constant = draw_contour(make(lambda a, b: np.ones_like(a)))
    lost = make(lambda a, b: np.full_like(a, np.nan))
    empty = draw_contour(lost, levels=levels_for(bowl))

    assert "best" not in constant.artists
    assert "the same everywhere" in constant.notes
    assert "filled" not in empty.artists
    assert "100% not finite (hatched)" in empty.notes


def test_errors_say_what_to_do(bowl, line):
    with pytest.raises(LandscapeError, match="got a line") as caught:
        draw_contour(line)
    assert "draw_line" in caught.value.hint
    with pytest.raises(LandscapeError, match="expected a plane from 0 to 0, got 3"):
        draw_contour(bowl, plane=3)
    with pytest.raises(ValueError, match="expected one of the metrics loss, got 'acuracy'"):
        draw_contour(bowl, metric="acuracy")
