import itertools
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import stats

from landscape.errors import LandscapeError
from landscape.figures import draw_line, save_figure
from landscape.surface.data import Status


def test_mean_band_and_planes(line):
    drawing = draw_line(line)
    logs = np.log([2.0, 3.0, 4.0])  # the values at the end
    # As in `mean_interval`, 96 % of t cover 95 % of what is a little skewed.
    half = stats.t.ppf(0.98, 2) * logs.std(ddof=1) / np.sqrt(3)

    mean = drawing.artists["mean"].get_ydata()
    np.testing.assert_allclose(mean[[0, 5]], [np.exp(logs.mean()), 1])
    vertices = drawing.artists["band"].get_paths()[0].vertices
    ends = vertices[vertices[:, 0] == 1, 1]
    assert ends.min() == pytest.approx(np.exp(logs.mean() - half))
    assert ends.max() == pytest.approx(np.exp(logs.mean() + half))
    assert {"plane 0", "plane 1", "plane 2", "center"} <= set(drawing.artists)
    assert drawing.notes == ("geometric mean of 3 planes", "95% interval cut at the frame")


def test_a_band_stays_where_the_metric_can_be(make):
    steep = make(lambda a, b: a**2, planes=3)
    values = steep.loss * np.array([1.0, 2.0, 9.0])[:, None, None]
    loss = replace(steep, values={"loss": values})  # zero at the center
    high = 1 - 0.3 * steep.loss * np.array([0.5, 1.0, 3.0])[:, None, None]
    accuracy = replace(
        steep, values={"loss": values, "accuracy": high}, center={"loss": 0, "accuracy": 1}
    )

    for surface, metric, low, most in ((loss, "loss", 0, np.inf), (accuracy, "accuracy", 0, 1)):
        band = draw_line(surface, metric=metric).artists["band"].get_paths()[0].vertices[:, 1]
        assert band.min() >= low
        assert band.max() <= most


def test_estimates_that_are_not_accurate_are_left_out(estimated):
    drawing = draw_line(estimated)
    shown = drawing.artists["mean"].get_ydata()

    assert np.nanmax(shown) <= 10
    assert drawing.notes == ("accurate up to 10",)


@pytest.mark.parametrize("name", ["$x_$y", "a$b$c", "_private", r"$\frac{1}{$"])
def test_names_are_drawn_as_they_are(line, bowl, name, tmp_path):
    drawing = draw_line(line, label=name)
    draw_line(bowl, drawing.axes, label=name)

    legend = drawing.axes.get_legend().get_texts()
    assert [text.get_text().strip() for text in legend] == [f"{name} (3 planes)", name]
    assert name in save_figure(drawing, tmp_path / "f.svg").read_text()


def test_ticks_of_a_large_offset_differ(make):
    axes = draw_line(make(lambda a, b: 1e6 + 1e-3 * a)).axes
    labels = axes.yaxis.get_major_formatter().format_ticks(axes.get_yticks())

    assert len(set(labels)) == len(labels)


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

    assert draw_line(surface).notes == ("24% not finite",)
    status = surface.status.copy()
    status[:, :, -2:] = Status.FAILED, Status.MISSING
    notes = draw_line(replace(surface, status=status)).notes
    assert notes == ("24% failed or missing or not finite",)


def test_a_plane_of_which_nothing_is_known_has_no_part_in_the_mean(line):
    values = line.loss.copy()
    values[1] = np.nan
    drawing = draw_line(replace(line, values={"loss": values}))

    assert drawing.notes[0] == "geometric mean of 2 planes"
    assert drawing.notes[2] == "33% not finite"
    assert drawing.artists["mean"].get_ydata()[0] == pytest.approx((2 * 4) ** 0.5)


def steep(make, *slopes, power=2):
    """1 + slope alpha^power."""
    surface = make(lambda a, b: np.abs(a) ** power, planes=len(slopes))
    loss = 1 + np.array(slopes)[:, None, None] * surface.loss
    return replace(surface, values={"loss": loss}, center={"loss": 1.0})


def test_the_frame_cuts_a_band_that_is_far_wider_than_the_lines(make):
    surface = steep(make, 1.0, 9.0, power=8)  # which differ at both ends only
    drawing = draw_line(surface)
    band = drawing.artists["band"].get_paths()[0].vertices[:, 1]

    assert "95% interval cut at the frame" in drawing.notes
    assert band.max() > 1000  # log-t of 2 and 10
    assert drawing.axes.get_ylim()[1] == pytest.approx(10 + 9, rel=0.06)  # as much as the lines
    wide = draw_line(replace(surface, values={"loss": 3 * surface.loss}), drawing.axes)
    assert wide.axes.get_ylim()[1] == pytest.approx(30 + 27, rel=0.06)


@pytest.mark.parametrize("log", [False, True])
def test_an_interval_that_is_wider_than_the_lines_nearly_everywhere_is_said(make, log):
    drawing = draw_line(steep(make, 1.0, 9.0), log=log)  # two planes, one degree of freedom
    assert "band" not in drawing.artists
    assert drawing.notes[1] == "95% interval is wider than this figure, not drawn"
    assert drawing.axes.get_ylim()[1] == pytest.approx(10, rel=0.15)
    compared = draw_line(steep(make, 4.0, 4.1, 4.2), drawing.axes, label="b", log=log)
    assert compared.notes == ("geometric means", "95% intervals")
    draw_line(steep(make, 1.0, 9.0), drawing.axes, label="c", log=log)
    names = [text.get_text() for text in drawing.axes.get_legend().get_texts()]
    assert names == ["b (3 planes)", "c (2 planes, interval too wide)"]
    assert "95% intervals" in drawing.axes.get_title(loc="right")  # of what is there already


def test_ticks_of_a_logarithmic_axis_are_apart(make):
    for power in (1, 2, 3, 6, 9):
        surface = make(lambda a, b, p=power: np.exp(p * np.log(10) * a**2), steps=21)
        axes = draw_line(surface, log=True).axes
        axes.figure.draw_without_rendering()
        low, high = axes.get_ylim()
        ticks = zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
        boxes = [text.get_window_extent() for tick, text in ticks if low <= tick <= high]
        assert 2 <= len(boxes) <= 10
        assert not any(one.overlaps(two) for one, two in itertools.combinations(boxes, 2))


def test_notes_end_within_the_figure(make):
    slopes = np.array([1.0, 9.0])[:, None, None]
    surface = make(lambda a, b: np.where(a > 0.5, np.nan, a**2), planes=2)
    steep = replace(surface, values={"loss": 1 + slopes * surface.loss}, center={"loss": 1.0})
    for width in (2.5, 3.5, 7.16):
        drawing = draw_line(steep, width=width)
        drawing.figure.draw_without_rendering()
        assert drawing.artists["notes"].get_window_extent().x0 >= 0


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
    with pytest.raises(LandscapeError, match="a finite value of 'loss' at beta = 0, got none"):
        draw_line(make(lambda a, b: np.full_like(a, np.nan)))


def test_lines_of_other_radii_are_seen_whole_in_any_order(make):
    near, far = (make(lambda a, b: 1 + a**2 + b**2, radius=radius) for radius in (0.5, 2.0))
    for order in ((near, far), (far, near)):
        ax = draw_line(order[0], label="one").axes
        draw_line(order[1], ax, label="two")
        assert ax.get_xlim() == (-2, 2)
