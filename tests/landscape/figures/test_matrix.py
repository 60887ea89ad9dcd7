"""Planes side by side, at equal levels."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.contour import QuadContourSet

from landscape.errors import LandscapeError
from landscape.figures import draw_contour, draw_contours
from tests.landscape.figures.words import texts


def test_titles_without_room_still_differ(bowl):
    names = ["resnet20_skip_epoch299", "resnet20_noskip_epoch299", "resnet20_wide_epoch299"]
    figure = draw_contours([[bowl, bowl, bowl]], columns=names, width=3.5).figure

    assert {"…skip…", "…noskip…", "…wide…"} <= set(texts(figure))


def _of_a_tick_beyond(text, figure):
    """Whether a text is the label of a tick outside of its axis, which is not drawn."""
    return any(
        text in (tick.label1, tick.label2)
        and not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
        for ax in figure.axes
        for axis in (ax.xaxis, ax.yaxis)
        for tick in axis.get_major_ticks()
    )


def assert_apart(figure):
    """All that is written around panels overlaps nothing, and ends within the figure."""
    figure.draw_without_rendering()
    around = [
        text
        for text in figure.findobj(mpl.text.Text)
        if text.get_text().strip() and text.get_visible()
        and not _of_a_tick_beyond(text, figure)
        and not (text.axes and text.axes.patch.get_window_extent().contains(
            *text.get_window_extent().get_points().mean(0)))
    ]  # fmt: skip
    placed = [text.get_window_extent() for text in around]

    for index, box in enumerate(placed):
        touching = [
            around[k].get_text() for k in range(index + 1, len(placed)) if box.overlaps(placed[k])
        ]
        assert not touching, f"{around[index].get_text()} and {touching}"
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1


@pytest.mark.parametrize("width", [3.5, 7.16])
def test_what_is_around_panels_overlaps_nothing(make, estimated, width):
    holed = make(lambda a, b: np.where(a > 0.5, np.nan, 1 + 9 * (a**2 + b**2)))
    assert_apart(
        draw_contours(
            [[holed, estimated, holed]], columns=["resnet20_skip_epoch299", "a", "b"], width=width
        ).figure
    )


@pytest.mark.parametrize("radius", [0.000123, 0.041, 300_000.0])
def test_labels_of_ticks_have_room_whatever_the_radius(make, radius):
    wide = make(lambda a, b: 1 + 9 * (a**2 + b**2) / radius**2, radius=radius)
    near = make(lambda a, b: 1 + 9 * (a**2 + b**2) / radius**2, radius=0.7 * radius)
    assert_apart(draw_contours([[wide, near]], rows=["L2"], width=7.16).figure)
    assert_apart(draw_contours([[wide]], width=3.5).figure)
    printed = draw_contour(wide).artists["radius"].get_text()
    assert float(printed.split()[-1]) == pytest.approx(radius / 3, rel=0.05)


def test_a_matrix_is_aligned_and_shares_levels_and_one_colorbar(make, bowl):
    steep = make(lambda a, b: 1 + 30 * (a**2 + b**2), steps=41)
    figure = draw_contours(
        [[bowl, steep, bowl], [steep, None, bowl]],
        rows=["L2", "L2-LAMP"],
        columns=["128", "16", "4"],
    ).figure
    panels = [axes for axes in figure.axes if axes.get_aspect() == 1]
    filled = [a for axes in panels for a in axes.collections if isinstance(a, QuadContourSet)]

    assert len(figure.axes) == 7
    assert len({round(axes.get_position().width, 9) for axes in panels}) == 1
    assert len({round(axes.get_position().x0, 9) for axes in figure.axes[:6]}) == 3
    assert len({tuple(c.levels) for c in filled if c.filled}) == 1
    words = texts(figure)
    assert {"L2", "L2-LAMP", "128", "16", "4", "no surface"} <= set(words)
    assert words.count("loss / loss at the center") == 1
    assert words.count("α (filter norms)") == 2  # the third place in the lowest row is empty


def test_a_matrix_must_be_one(bowl):
    with pytest.raises(LandscapeError, match=r"all of one length, got lengths \[1, 2\]"):
        draw_contours([[bowl], [bowl, bowl]])
    with pytest.raises(LandscapeError, match="expected 2 column labels, got 1"):
        draw_contours([[bowl, bowl]], columns=["a"])
    with pytest.raises(LandscapeError, match="at least one surface"):
        draw_contours([[None]])


def test_at_absolute_levels_the_bold_contours_look_alike_on_light_and_on_dark(make):
    """A low and a high center double on dark and on light bands."""
    low, high = (make(lambda a, b, c=c: c + 9 * (a**2 + b**2), steps=41) for c in (0.5, 6.0))
    levels = [1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 13.0, 15.0]
    looks = []
    for figure in (
        draw_contours([[low, high]], levels=levels).figure,
        draw_contours([[low, high]]).figure,
    ):
        bold = [
            artist
            for ax in figure.axes
            for artist in ax.findobj(QuadContourSet)
            if artist.get_linewidth()[0] > 1.5
        ]
        assert len(bold) == 2
        looks.append(
            {(tuple(one.get_edgecolor()[0]), bool(one.get_path_effects())) for one in bold}
        )
    assert looks[0] == {((1.0, 1.0, 1.0, 1.0), True)}
    assert len(looks[1]) == 1
