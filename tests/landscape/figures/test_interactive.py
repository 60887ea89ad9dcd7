import re

import numpy as np
import pytest

from landscape.errors import LandscapeError
from landscape.figures import draw_interactive, explore, write_html


def named(figure, name):
    return [trace for trace in figure.data if trace.name == name]


def test_the_surface_stands_over_its_floor_and_can_be_read(bowl):
    figure = draw_interactive(bowl)
    (surface,), (floor,) = named(figure, "surface"), named(figure, "floor")

    alpha, beta = np.meshgrid(surface.x, surface.y)
    np.testing.assert_allclose(surface.z, 1 + 9 * (alpha**2 + beta**2), atol=0.005)
    assert np.ptp(floor.z) == 0
    assert floor.z.max() < surface.z.min()
    middle = len(surface.y) // 2
    assert surface.text[middle][-1] == "10<br>10×"
    assert surface.hovertemplate.startswith("α %{x:.3~g}   β %{y:.3~g}<br>loss %{text} the center")
    assert figure.layout.scene.xaxis.range == (-1, 1)
    (center,) = named(figure, "center")
    assert (center.x[0], center.y[0]) == (0, 0)
    assert "0.33" in figure.layout.annotations[0].text


def test_colours_are_those_of_the_levels(bowl):
    surface = named(draw_interactive(bowl), "surface")[0]
    edges = [stop for stop, _ in surface.colorscale]

    assert surface.cmax == 8
    assert edges == sorted(edges)
    assert surface.surfacecolor.min() < 1  # below the first level
    assert list(surface.colorbar.ticktext)[:3] == ["1.1×", "1.5×", "2×"]


def test_planes_are_selected_one_at_a_time(make):
    figure = draw_interactive(make(lambda a, b: 1 + 9 * (a**2 + b**2), planes=3))
    (menu,) = figure.layout.updatemenus

    assert [button.label for button in menu.buttons] == ["plane 0", "plane 1", "plane 2"]
    shown = np.array([button.args[0]["visible"] for button in menu.buttons])
    assert (shown.sum(axis=0) == 1).all()
    assert [trace.visible for trace in figure.data] == list(shown[0])
    assert not draw_interactive(make(lambda a, b: 1 + 9 * a**2)).layout.updatemenus


def test_what_must_be_known_is_that_of_the_plane_shown(make):
    values = 1 + 9 * np.add.outer(np.linspace(-1, 1, 21) ** 2, np.linspace(-1, 1, 21) ** 2)
    holed = np.where(np.arange(21) > 15, np.nan, 2 * values)
    figure = draw_interactive(make(np.stack([values, holed]), planes=2, center=1.0), ["<run>"])
    heads = [
        button.args[1]["annotations[0].text"] for button in figure.layout.updatemenus[0].buttons
    ]

    assert figure.layout.annotations[0].text == heads[0]
    assert all(head.startswith("<b>&lt;run&gt;</b>") for head in heads)
    assert ["24% not finite (left out)" in head for head in heads] == [False, True]
    assert ["r<sub>2×</sub> 0.33" in head for head in heads] == [True, False]


def test_each_of_a_pair_is_drawn_as_far_as_it_is_accurate(estimated, bowl):
    figure = draw_interactive([estimated, bowl], ["estimated", "measured"])
    heights = [surface.z for surface in named(figure, "surface")]
    heads = [annotation.text for annotation in figure.layout.annotations]

    assert np.nanmax(heights[0]) <= 10
    assert np.isnan(heights[0][0, 0])
    assert np.nanmax(heights[1]) == 19
    assert ["cut at 10×" in head for head in heads] == [True, False]


def test_what_stands_above_a_narrow_box_is_broken_into_lines(estimated):
    figure = draw_interactive([estimated] * 5, list("abcde"))
    _, *notes = re.sub(r"</?span[^>]*>", "", figure.layout.annotations[0].text).split("<br>")

    assert notes == ["cut at 8× · 7% measured,", "rest interpolated ·", "accurate up to 10×"]


def test_a_pair_shares_heights_and_colours_and_links_cameras(make, bowl):
    figure = draw_interactive([bowl, make(lambda a, b: 1 + 30 * a**2)], ["L2", "A & B"])
    surfaces = named(figure, "surface")

    assert figure.layout.scene.zaxis.range == figure.layout.scene2.zaxis.range
    assert {trace.cmax for trace in surfaces} == {surfaces[0].cmax}
    assert [trace.showscale for trace in surfaces] == [True, False]
    assert figure.layout.meta == {"linked": True}


def test_planes_of_several_surfaces_are_selected_together(make):
    three, two = (make(lambda a, b, k=k: 1 + k * (a**2 + b**2), planes=k) for k in (3, 2))
    figure = draw_interactive([three, two], ["a", "b"], plane=1)
    (menu,) = figure.layout.updatemenus
    scenes = {trace.scene for trace in figure.data if trace.visible}

    assert menu.active == 1
    assert [button.args[1].keys() for button in menu.buttons] == [
        {"annotations[0].text", "annotations[1].text"}
    ] * 3
    assert scenes == {"scene", "scene2"}
    assert [trace.visible for trace in figure.data] == list(menu.buttons[1].args[0]["visible"])
    assert {trace.scene for trace in named(figure, "surface")[-2:]} == scenes


def test_what_is_cut_or_missing_is_said(make):
    figure = draw_interactive(make(lambda a, b: np.where(a > 0.9, np.nan, 1 + 90 * (a**2 + b**2))))

    assert "cut at 35×" in figure.layout.annotations[0].text
    assert "10% not finite (left out)" in figure.layout.annotations[0].text


def test_names_are_text_and_not_markup(bowl, tmp_path):
    name = "<b>x</b> $a$"
    shown = "&lt;b&gt;x&lt;/b&gt; $a$"
    pair = draw_interactive([bowl, bowl], [name, "b"])
    alone = draw_interactive(bowl, [name])
    page = write_html(alone, tmp_path / f"{name[:3]}.html").read_text()

    assert alone.layout.annotations[0].text.startswith(f"<b>{shown}</b>")
    assert pair.layout.annotations[0].text.startswith(f"<b>{shown}</b>")
    assert "<title>&lt;b&gt;</title>" in page
    assert 'name="viewport"' in page


def test_the_mouse_reads_no_value_that_is_not_accurate(estimated):
    surface = named(draw_interactive(estimated), "surface")[0]

    assert surface.text[0][0] == ""
    assert np.isnan(surface.z[0, 0])
    middle = len(surface.z) // 2
    assert surface.text[middle][middle] == "1<br>1×"


def test_the_edge_of_what_is_accurate_is_smooth(estimated):
    figure = draw_interactive(estimated)
    for trace in named(figure, "surface") + named(figure, "floor"):
        drawn = np.isfinite(trace.z)
        inner = drawn[1:-1, 1:-1] & drawn[:-2, 1:-1] & drawn[2:, 1:-1]
        inner &= drawn[1:-1, :-2] & drawn[1:-1, 2:]
        edge = np.pad(~inner, 1, constant_values=True) & drawn
        radius = np.hypot(trace.x, trace.y)

        assert radius[drawn].max() <= 0.3**0.5 + 0.002  # 10 = 1 + 30 r²
        assert radius[edge].min() >= 0.3**0.5 - 0.02


def test_the_page_is_offline(bowl, tmp_path):
    page = write_html(draw_interactive([bowl, bowl], ["a", "b"]), tmp_path / "f.html").read_text()

    assert not re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=", page)
    assert "plotly_relayout" in page
    assert "min-width: 780px" in page
    assert "height:min(96vh, max(50vw, 410px))" in page
    again = write_html(draw_interactive([bowl, bowl], ["a", "b"]), tmp_path / "2" / "f.html")
    assert page == again.read_text()


def test_errors_say_what_to_do(bowl, line, tmp_path):
    with pytest.raises(LandscapeError, match="got a line"):
        draw_interactive(line)
    with pytest.raises(LandscapeError, match="as many titles, got 2 and 1"):
        draw_interactive([bowl, bowl], ["a"])
    with pytest.raises(LandscapeError, match=r"ending in \.html, got 'f\.png'"):
        write_html(draw_interactive(bowl), tmp_path / "f.png")
    with pytest.raises(LandscapeError, match="expected a plane from 0 to 0, got 1"):
        draw_interactive(bowl, plane=1)
    with pytest.raises(LandscapeError, match="titles to be a list of texts"):
        draw_interactive(bowl, "a")
    with pytest.raises(LandscapeError, match="got a list of Surface, str"):
        draw_interactive([bowl, "run.h5"])


def test_pages_to_explore_are_written_too(bowl, tmp_path):
    page = write_html(explore(bowl, ["a"]), tmp_path / "e.html")

    assert page.read_text() == explore(bowl, ["a"]).page
