"""The cross-section, the chosen contour and the size of a page to explore, in a real browser."""

import re

import numpy as np
import pytest

from landscape.figures.profile import make_profile
from tests.landscape.figures.pages import ink, saved


def rows_of(tab):
    """The cross-section as numbers, limits being two of them; NaN where none is known."""
    tab.click("#numbers summary")
    tab.wait_for_selector("#numbers td")
    rows = [row.inner_text().split() for row in tab.locator("#numbers tbody tr").all()]
    plain = str.maketrans({"−": "-", "–": "nan", "[": "", "]": "", ",": ""})
    return np.array([[float(word.translate(plain)) for word in row] for row in rows])


@pytest.fixture
def planes(make):
    """Five planes that differ in curvature, by as much as models do."""
    each = [make(lambda a, b, k=k: 1 + k * (a**2 + 2 * b**2)) for k in (1, 2, 3, 5, 9)]
    return np.concatenate([one.loss for one in each])


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("metric", ["loss", "accuracy", "margin"])
def test_the_mean_over_planes_and_its_interval_are_those_of_lines(make, planes, open_page, metric):
    values = {"loss": planes, "accuracy": 1 / (1 + planes), "margin": 3 - planes}[metric]
    surface = make(planes, planes=5)
    surface.values[metric] = values
    surface.center[metric] = float(values[0, 10, 10])
    tab = open_page(surface, fragment=f"#metric={metric}&scale=absolute")
    table = rows_of(tab)
    profile = make_profile(surface, metric=metric, kind="absolute")

    places = np.searchsorted(profile.alpha, table[:, 0] - 1e-9)
    assert len(places) == 21
    expected = np.stack([profile.mean, profile.low, profile.high], axis=1)
    np.testing.assert_allclose(table[:, 4:], expected[places], rtol=1e-3)
    said = {"loss": "geometric mean", "accuracy": "logit mean", "margin": "mean"}[metric]
    assert f">bold: {said} of 5 planes; band: its 95% interval" in saved(tab, "#svg").decode()


@pytest.mark.slow
@pytest.mark.browser
def test_limits_of_the_mean_stay_where_the_metric_can_be(make, open_page):
    # A loss is nowhere below zero, however far apart two planes are.
    wide = [make(lambda a, b, k=k: k * (a**2 + b**2)).loss for k in (1, 100)]
    surface = make(np.concatenate(wide), planes=2)
    table = rows_of(open_page(surface, fragment="#scale=absolute"))

    assert table[:, 5].min() == 0
    assert (table[:, 5] <= table[:, 4]).all()


@pytest.mark.slow
@pytest.mark.browser
def test_one_plane_is_shown_with_its_errors_when_asked_for(run, open_page):
    tab = open_page(run)
    before = ink(tab, ".profile")

    tab.select_option("#section", "plane")
    assert ink(tab, ".profile") != before
    tab.wait_for_function("location.hash.includes('section=plane')")
    assert "band: error of the estimate · thin: other planes" in saved(tab, "#svg").decode()


@pytest.mark.slow
@pytest.mark.browser
def test_any_level_is_the_bold_contour(bowl, open_page):
    tab = open_page(bowl)

    tab.fill("#level", "5")
    tab.wait_for_function("location.hash.includes('level=5')")
    picture = saved(tab, "#svg").decode()
    assert ">bold: 5×</text>" in picture
    assert "doubles at" not in picture
    tab.select_option("#kind", "absolute")
    tab.wait_for_function("document.querySelector('#level').value === ''")


@pytest.mark.slow
@pytest.mark.browser
def test_many_surfaces_stand_in_pairs_on_a_phone(make, open_page):
    many = [make(lambda a, b, k=k: 1 + k * (a**2 + b**2)) for k in range(1, 7)]
    tab = open_page(many, fragment="", viewport={"width": 390, "height": 800})
    boxes = [one.bounding_box() for one in tab.locator(".map").all()]

    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    assert [box["y"] == boxes[0]["y"] for box in boxes] == [True, True, *[False] * 4]
    assert tab.inner_text("h1") == "6 loss landscapes"
    assert saved(tab, "#svg").decode().count("doubles at") == 0  # there is no room for it
    tab.set_viewport_size({"width": 1440, "height": 800})
    boxes = [one.bounding_box() for one in tab.locator(".map, .relief").all()]
    assert len({box["y"] for box in boxes[:3]}) == len({box["y"] for box in boxes[6:9]}) == 1
    assert boxes[6]["x"] == boxes[0]["x"]


@pytest.mark.slow
@pytest.mark.browser
def test_five_planes_of_a_hundred_points_a_side_are_there_within_two_seconds(make, open_page):
    surface = make(lambda a, b: 1 + a**2 + 2 * b**2 + 0.1 * np.sin(9 * a), steps=101, planes=5)
    seconds = []
    for _ in range(3):  # the quickest, as other work of the machine only slows it
        tab = open_page(surface)
        seconds.append(tab.evaluate("performance.now()") / 1000)
        tab.close()

    assert min(seconds) < 2


@pytest.mark.slow
@pytest.mark.browser
def test_a_finger_draws_sideways_and_scrolls_up_and_down(bowl, open_page):
    phone = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}
    tab = open_page(bowl, **phone)
    session = tab.context.new_cdp_session(tab)

    def drag(right, down):
        box = tab.locator(".map").bounding_box()
        for step in range(11):
            point = {"x": box["x"] + 150 + step * right, "y": box["y"] + 150 + step * down}
            kind = "touchMove" if step else "touchStart"
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
            tab.wait_for_timeout(20)
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        tab.wait_for_timeout(400)
        return re.search("line=([^&]*)", tab.url).group(1), tab.evaluate("scrollY")

    drawn, before = drag(15, 8)
    assert drawn != "-1,0,1,0"
    again, after = drag(0, -15)
    assert again == drawn
    assert after > before
