"""Barriers as figures: the line, its chord, its band, and the bold bar between them."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from landscape.errors import LandscapeError
from landscape.figures import draw_barrier, draw_barriers, save_figure
from landscape.measures.barrier import measure_barrier
from tests.landscape.figures.kinds import connection


def test_a_bar_goes_from_the_chord_to_the_highest_point():
    found = connection()
    drawing = draw_barrier(found)
    x, y = drawing.artists["barrier"].get_data()
    assert list(x) == [0.5, 0.5]
    assert y[1] - y[0] == pytest.approx(found.find().height)
    np.testing.assert_allclose(drawing.artists["line"].get_ydata(), found.find().curve.values)
    np.testing.assert_allclose(drawing.artists["chord"].get_ydata(), [1, 1], atol=0.01)
    low, high = found.find().low, found.find().high
    assert drawing.notes[0] == f"barrier {found.find().height:.4g} [{low:.4g}, {high:.4g}]"
    assert drawing.axes.get_xlabel() == "t, from a.pt (0) to b_$.pt (1)"


def test_a_band_follows_the_line_below_its_chord():
    found = connection("accuracy", sign=-1.0)
    band = draw_barrier(found, metric="accuracy").artists["band"].get_paths()[0].vertices
    middle = band[np.isclose(band[:, 0], 0.5), 1]
    values = found.find("accuracy").curve.values
    assert middle.min() < values[4] < middle.max()


def test_policies_have_lines_of_their_own(tmp_path):
    drawing = draw_barrier(connection(policies=("frozen", "batch")))
    assert {"line frozen", "band batch", "chord frozen", "barrier batch"} <= set(drawing.artists)
    texts = [text.get_text() for text in drawing.axes.get_legend().get_texts()]
    assert [text.split(":")[0] for text in texts] == ["frozen", "batch"]
    assert save_figure(drawing, tmp_path / "barrier.png").stat().st_size > 10_000


def test_names_of_policies_and_notes_stand_above_the_axes_and_not_on_each_other():
    drawing = draw_barrier(connection(policies=("frozen", "batch", "recalibrated")))
    drawing.figure.draw_without_rendering()
    legend = drawing.axes.get_legend().get_window_extent()
    assert legend.y0 >= drawing.axes.get_window_extent().y1
    assert not legend.overlaps(drawing.artists["notes"].get_window_extent())
    assert drawing.notes[0] == "numbers are heights of barriers"


def test_a_line_on_another_is_dashed_and_said():
    found = connection()
    curve = found.find().curve
    curves = {"frozen": 2 * curve.values, "batch": curve.values, "recalibrated": curve.values}
    barriers = [
        measure_barrier(replace(curve, batchnorm=policy, values=values))
        for policy, values in curves.items()
    ]
    drawing = draw_barrier(replace(found, barriers=tuple(barriers)))
    dashed = [drawing.artists[f"line {policy}"].is_dashed() for policy in curves]
    assert dashed == [False, False, True]
    assert drawing.notes[1] == "batch and recalibrated coincide"


def test_metrics_of_splits_share_a_scale_and_others_do_not():
    found = connection()
    curve = found.find().curve
    others = {"test_loss": 3 * curve.values, "accuracy": curve.values / 2}
    barriers = [measure_barrier(replace(curve, metric=m, values=v)) for m, v in others.items()]
    several = replace(found, barriers=(*found.barriers, *barriers))
    loss, test, accuracy = draw_barriers(several, ["loss", "test_loss", "accuracy"]).figure.axes
    assert [ax.get_ylabel() for ax in (loss, test, accuracy)] == ["loss", "test loss", "accuracy"]
    assert loss.get_ylim() == test.get_ylim() != accuracy.get_ylim()
    assert loss.get_position().y0 == test.get_position().y0 > accuracy.get_position().y1
    figure = draw_barriers(several, ["loss", "test_loss"]).figure
    figure.draw_without_rendering()
    notes = [ax.title if ax.title.get_text() else ax._right_title for ax in figure.axes]
    first, second = (note.get_window_extent() for note in notes)
    assert first.x0 >= 0
    assert first.x1 < second.x0
    left, right = draw_barriers(several, ["loss", "accuracy"]).figure.axes
    assert left.get_ylim() != right.get_ylim()


def test_metrics_of_other_ranges_have_axes_of_their_own():
    found = connection()
    curve = found.find().curve
    for values, alike in ((3 * curve.values, True), (30 * curve.values, False)):
        other = measure_barrier(replace(curve, metric="test_loss", values=values))
        several = replace(found, barriers=(*found.barriers, other))
        loss, test = draw_barriers(several, ["loss", "test_loss"]).figure.axes
        assert (loss.get_ylim() == test.get_ylim()) == alike


@pytest.mark.parametrize(("sign", "low", "high"), [(-1.0, 0.0, 1.0), (1.0, 0.9, 2.0)])
def test_bands_and_ticks_end_where_the_metric_does(sign, low, high):
    found = connection(sign=sign, spread=3.0)
    free = draw_barrier(found).artists["band"].get_paths()[0].vertices[:, 1]
    assert free.min() < low
    assert free.max() > high
    bounded = replace(found.find().curve, low=low, high=high)
    drawing = draw_barrier(replace(found, barriers=(measure_barrier(bounded),)))
    band = drawing.artists["band"].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (low, high)
    bottom, top = drawing.axes.get_ylim()
    ticks = [tick for tick in drawing.axes.get_yticks() if bottom <= tick <= top]
    assert low - 1e-9 <= min(ticks) < max(ticks) <= high + 1e-9


def test_a_curve_is_named_beside_the_line_and_many_names_have_two_rows():
    drawing = draw_barrier(connection(policies=("", ""), bent=(1,)))
    texts = [text.get_text().split(":")[0] for text in drawing.axes.get_legend().get_texts()]
    assert texts == ["line", "Bezier"]
    assert {"line line", "line Bezier", "band Bezier"} <= set(drawing.artists)
    policies = ("frozen", "batch", "recalibrated", "recalibrated")
    drawing = draw_barrier(connection(policies=policies, bent=(3,)))
    figure = drawing.axes.figure
    figure.draw_without_rendering()
    legend, notes = (
        artist.get_window_extent()
        for artist in (drawing.axes.get_legend(), drawing.artists["notes"])
    )
    assert legend.x0 > 0
    assert legend.y1 <= notes.y0 + 1
    assert drawing.axes.get_window_extent().width > 0.7 * figure.bbox.width


def test_above_the_axes_of_a_user_is_room_for_a_title():
    ax = Figure(figsize=(4, 3)).add_subplot()
    drawing = draw_barrier(connection(policies=("frozen", "batch")), ax=ax)
    ax.figure.draw_without_rendering()
    assert ax.get_legend().get_window_extent().y1 <= ax.get_window_extent().y1
    assert drawing.artists["notes"].get_window_extent().y0 - ax.get_window_extent().y1 < 10
    axes = Figure(figsize=(7, 3), layout="constrained").subplots(1, 2)
    drawn = [draw_barrier(connection(policies=("frozen", "batch")), ax=ax) for ax in axes]
    axes[0].figure.draw_without_rendering()
    first, second = (one.artists["notes"].get_window_extent() for one in drawn)
    assert first.x1 < second.x0


@pytest.mark.parametrize("width", [2.5, 3.5])
def test_long_names_and_numbers_end_within_the_figure(width):
    found = connection(policies=("frozen", "batch", "recalibrated"))
    tiny = [
        measure_barrier(replace(one.curve, values=1.2345e-7 * (1 + k) * one.curve.values))
        for k, one in enumerate(found.barriers)
    ]
    ends = ("run_with_a_long_name_epoch_199.safetensors", "run_with_a_long_name_epoch_200.pt")
    drawing = draw_barrier(replace(found, ends=ends, barriers=tuple(tiny)), width=width)
    figure = drawing.figure
    figure.draw_without_rendering()
    label, legend = drawing.axes.xaxis.label, drawing.axes.get_legend()
    for artist in (label, legend, drawing.artists["notes"]):
        box = artist.get_window_extent()
        assert 0 <= box.x0 < box.x1 <= figure.bbox.x1
    a, b = label.get_text().removeprefix("t, from ").removesuffix(" (1)").split(" (0) to ")
    assert a != b
    assert not legend.get_window_extent().overlaps(drawing.artists["notes"].get_window_extent())


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(LandscapeError, match="expected at least one metric, got none"):
        draw_barriers(connection(), [])
    with pytest.raises(LandscapeError, match="no barrier of 'f1'"):
        draw_barriers(connection(), ["loss", "f1"])
    with pytest.raises(LandscapeError, match="no barrier of 'f1'"):
        draw_barrier(connection(), metric="f1")


@pytest.mark.parametrize(("metric", "sign"), [("loss", 1.0), ("accuracy", -1.0)])
@pytest.mark.parametrize("size", [(4, 3), (3.2, 2.4)])
def test_names_in_axes_of_a_user_lie_on_no_line(metric, sign, size):
    ax = Figure(figsize=size, layout="constrained").add_subplot()
    policies = ("frozen", "batch", "recalibrated")
    drawing = draw_barrier(connection(metric, policies, sign=sign), ax=ax, metric=metric)
    ax.figure.draw_without_rendering()
    box = ax.get_legend().get_window_extent()
    for name in policies:
        line = drawing.artists[f"line {name}"]
        points = ax.transData.transform(line.get_xydata())
        assert not any(box.contains(*point) for point in points)
        band = drawing.artists[f"band {name}"].get_paths()[0].vertices
        assert not any(box.contains(*point) for point in ax.transData.transform(band))
    low, high = (0.0, 1.05) if sign < 0 else (0.9, 2.3)
    assert all(low - 0.2 <= tick <= high for tick in ax.get_yticks())


def test_a_loss_without_a_lower_bound_has_no_band_below_zero_unless_it_goes_there_itself():
    curve = connection(spread=3.0).find().curve
    for shift, least in ((-1.0, 0.0), (-1.5, -np.inf)):
        low = replace(curve, values=np.maximum(curve.values + shift, shift + 1.0))
        found = replace(connection(), barriers=(measure_barrier(low),))
        band = draw_barrier(found).artists["band"].get_paths()[0].vertices[:, 1]
        assert (band.min() >= 0) == (least == 0)
