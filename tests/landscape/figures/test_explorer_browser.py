"""The page to explore surfaces in a real browser: what it shows and does."""

import re
from pathlib import Path

import numpy as np
import pytest

from landscape.figures import explore, explorer
from landscape.measures.interpolate import refine, sample
from tests.landscape.figures.pages import ink, place, saved


@pytest.mark.slow
@pytest.mark.browser
def test_the_cursor_reads_what_the_surface_holds(run, open_page):
    tab = open_page(run)
    says = tab.locator("#cursor")

    tab.mouse.move(*place(tab, 0.4, -0.6))
    tab.wait_for_function("document.querySelector('#cursor').textContent.includes('0.4')")
    assert says.inner_text() == (
        "α 0.4, β −0.6: loss 1.38 ± 0.02 — measured (95% over samples), 2.76× the center"
    )
    tab.mouse.move(*place(tab, 0.5, -0.6))
    tab.wait_for_function("document.querySelector('#cursor').textContent.includes('0.5')")
    assert says.inner_text() == (
        "α 0.5, β −0.6: loss 1.47 ± 0.0029 — estimated (error of the estimate), 2.94× the center"
    )
    tab.mouse.move(*place(tab, -0.9, -1))
    tab.wait_for_function("document.querySelector('#cursor').textContent.includes('0.9')")
    assert says.inner_text() == "α −0.9, β −1: loss failed"


@pytest.mark.slow
@pytest.mark.browser
def test_a_line_dragged_through_the_contours_is_the_cross_section(run, open_page):
    tab = open_page(run)
    before = [ink(tab, view) for view in (".map", ".relief", ".profile")]

    tab.mouse.move(*place(tab, -0.5, -0.5))
    tab.mouse.down()
    tab.mouse.move(*place(tab, 0.5, 0.3), steps=4)
    tab.mouse.up()
    after = [ink(tab, view) for view in (".map", ".relief", ".profile")]
    assert all(one != other for one, other in zip(before, after, strict=True))
    tab.wait_for_function("location.hash.includes('line=-0.')")
    line = np.array(re.search("line=([^&]*)", tab.url).group(1).split(","), float)
    np.testing.assert_allclose(line, [-0.5, -0.5, 0.5, 0.3], atol=0.01)

    tab.click("#numbers summary")
    tab.wait_for_selector("#numbers td")
    rows = [row.inner_text().split("\t") for row in tab.locator("#numbers tbody tr").all()]
    table = np.array([[float(cell.replace("−", "-")) for cell in row[:4]] for row in rows])
    expected = sample(run.alpha, run.beta, run.known()[0], table[:, :2])
    np.testing.assert_allclose(table[:, 2], expected, rtol=0.01)
    assert (table[:, 3] <= 0.0021 * table[:, 2]).all()


@pytest.mark.slow
@pytest.mark.browser
def test_a_metric_without_multiples_does_not_change_what_others_are_shown_as(run, open_page):
    tab = open_page(run)
    kinds = []
    for metric in ("loss", "accuracy", "loss"):
        tab.select_option("#metric", metric)
        tab.wait_for_timeout(100)
        kinds.append(tab.locator("#kind").input_value())
    assert kinds == ["ratio", "absolute", "ratio"]
    tab.select_option("#kind", "difference")
    tab.select_option("#metric", "accuracy")
    tab.wait_for_timeout(100)
    assert tab.locator("#kind").input_value() == "difference"  # as chosen, where there is such


@pytest.mark.slow
@pytest.mark.browser
def test_of_two_surfaces_all_of_the_tables_is_in_sight(run, open_page):
    tab = open_page([run, run])
    tab.set_viewport_size({"width": 1440, "height": 900})
    tab.select_option("#metric", "accuracy")
    tab.wait_for_function("document.querySelector('#cursor').textContent.includes('accuracy')")
    assert [row.split("\t")[-1] for row in tab.inner_text("#cursor table").splitlines()] == [
        "to the center",
        "+0",
        "+0",
    ]
    for table in ("#cursor table", "#statistics table"):
        wide = "table => table.scrollWidth - table.parentNode.clientWidth"
        assert tab.locator(table).evaluate(wide) <= 0


@pytest.mark.slow
@pytest.mark.browser
def test_planes_metrics_and_scales_are_switched(run, open_page):
    tab = open_page(run)
    seen = [ink(tab, ".map")]

    tab.get_by_role("radio", name="plane 1").click()
    seen.append(ink(tab, ".map"))
    tab.get_by_role("radio", name="plane 1").press("ArrowLeft")
    assert ink(tab, ".map") == seen[0]
    tab.select_option("#kind", "absolute")
    seen.append(ink(tab, ".map"))
    tab.check("#log")
    seen.append(ink(tab, ".map"))
    tab.check("#dots")
    seen.append(ink(tab, ".map"))
    tab.select_option("#metric", "accuracy")
    seen.append(ink(tab, ".map"))
    assert len(set(seen)) == len(seen)
    assert "accuracy 0.875" in tab.inner_text("#cursor")
    assert "mean within" in tab.inner_text("#statistics")


@pytest.mark.slow
@pytest.mark.browser
def test_keys_move_the_cursor_set_the_line_and_turn_the_surface(run, open_page):
    tab = open_page(run)
    contours, relief = tab.locator(".map"), tab.locator(".relief")

    contours.press("ArrowRight")
    contours.press("Shift+ArrowUp")
    contours.press("s")
    contours.press("ArrowDown")
    contours.press("e")
    tab.wait_for_function("location.hash.includes('line=0.1,0.5,0.1,0.4')")
    assert tab.inner_text("#cursor").startswith("α 0.1, β 0.4: loss 0.83")
    before = ink(tab, ".relief")
    relief.press("ArrowRight")
    relief.press("+")
    assert ink(tab, ".relief") != before
    tab.wait_for_function("location.hash.includes('view=40,35,1.15')")


@pytest.mark.slow
@pytest.mark.browser
def test_the_surface_is_turned_and_read_by_the_mouse(run, open_page):
    tab = open_page(run)
    box = tab.locator(".relief").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    tab.mouse.move(middle[0], middle[1] - 40)
    tab.wait_for_function("!document.querySelector('#cursor').textContent.startsWith('α 0, β 0')")
    tab.mouse.down()
    tab.mouse.move(middle[0] + 100, middle[1], steps=3)
    tab.mouse.up()
    tab.wait_for_function("location.hash.includes('view=75,51,1')")


@pytest.mark.slow
@pytest.mark.browser
def test_the_mouse_on_the_cross_section_moves_along_its_line(run, open_page):
    tab = open_page(run, fragment="#line=-1,-1,1,1")
    box = tab.locator(".profile").bounding_box()

    tab.mouse.move(box["x"] + 62 + 0.7 * (box["width"] - 76), box["y"] + 100)
    tab.wait_for_function("document.querySelector('#cursor').textContent.includes('α 0.4, β 0.4')")


@pytest.mark.slow
@pytest.mark.browser
def test_the_address_holds_what_is_shown(run, open_page):
    fragment = "#metric=accuracy&scale=absolute&plane=1&dots=1&cursor=0.2,0&line=0,0,1,1"
    tab = open_page(run, fragment=fragment)

    assert tab.input_value("#metric") == "accuracy"
    assert tab.is_checked("#dots")
    assert tab.get_by_role("radio", name="plane 1").get_attribute("aria-checked") == "true"
    value = run.known("accuracy")[1, 10, 12]
    assert f"α 0.2, β 0: accuracy {value:.4g}" in tab.inner_text("#cursor")
    tab.goto(tab.url.partition("#")[0] + "#metric=__proto__&plane=99&cursor=a&line=9,9,9,9")
    tab.wait_for_function("document.querySelector('#metric').value === 'loss'")


@pytest.mark.slow
@pytest.mark.browser
def test_the_view_and_the_numbers_are_downloaded(run, open_page):
    tab = open_page(run)

    picture, pixels = saved(tab, "#svg").decode(), saved(tab, "#png")
    rows = saved(tab, "#csv").decode().splitlines()
    assert picture.startswith("<svg ")
    assert ">α (filter norms)</text>" in picture
    assert pixels.startswith(b"\x89PNG")
    assert rows[0] == "surface,plane,alpha,beta,loss,error,how"
    assert len(rows) == 1 + 21 * 21
    values = np.array([row.split(",")[4] or "nan" for row in rows[1:]], float)
    np.testing.assert_array_equal(values, run.known()[0].ravel())
    assert rows[1].endswith(",measured")
    assert rows[2] == '"",0,-0.9,-1,,,failed'


@pytest.mark.slow
@pytest.mark.browser
def test_contours_lie_where_the_values_are(bowl, open_page):
    tab = open_page(bowl)
    box = tab.locator(".map").bounding_box()

    (bold,) = re.findall(r'<path d="([^"]*)"[^>]*stroke-width="2.2"', saved(tab, "#svg").decode())
    x, y = np.array(re.findall(r"[\d.]+", bold), float).reshape(-1, 2).T
    alpha = 2 * (x - 48) / (box["width"] - 56) - 1
    beta = 1 - 2 * (y - 24) / (box["height"] - 64)
    spacing = bowl.alpha[1] - bowl.alpha[0]
    np.testing.assert_allclose(np.hypot(alpha, beta), 1 / 3, atol=0.05 * spacing)
    assert np.ptp(np.arctan2(beta, alpha)) > 6


@pytest.mark.slow
@pytest.mark.browser
def test_the_interpolant_is_that_of_statistics_beside_cliffs_and_gaps_too(make, open_page):
    axis = np.linspace(-1, 1, 15)
    cliffs = np.exp(4 * np.cos(5 * (axis + 0.6 * axis[:, None])))
    cliffs[3, 4] = np.inf
    tab = open_page(make(cliffs, steps=15))
    numerics = Path(explorer.__file__).with_name("numerics.js").read_text()
    values = [None if np.isinf(value) else value for value in cliffs.ravel()]
    found = tab.evaluate(
        "([axis, values]) => {"
        + numerics
        + """
            const known = values.map((value) => value ?? Infinity);
            const field = { alpha: axis, beta: axis, values: known, low: -1e9, high: 1e9 };
            return Array.from(refine(field).values, (x) => (isNaN(x) ? 1e9 : x));
        }""",
        [axis.tolist(), values],
    )

    fine = refine(axis, axis, cliffs, 6)[2]
    np.testing.assert_allclose(found, np.where(np.isinf(fine), 1e9, fine).ravel(), rtol=1e-9)
    assert "coarse grid" in tab.inner_text("#notes")


@pytest.mark.slow
@pytest.mark.browser
def test_a_frame_in_a_notebook_works_as_a_page_does(run, open_page, tmp_path):
    tab = open_page(run)
    notebook = tmp_path / "e.html"  # the page that was opened: nothing else may be asked for
    notebook.write_text(f"<!DOCTYPE html><body>{explore(run)._repr_html_()}</body>")
    tab.reload()
    frame = tab.frame_locator("iframe")
    frame.locator(".map").press("ArrowRight")

    assert frame.locator("#cursor").inner_text().startswith("α 0.1, β 0: loss")
    tab.wait_for_timeout(300)  # an address is written a moment later, which a frame has not


@pytest.mark.slow
@pytest.mark.browser
def test_several_surfaces_share_cursor_line_and_camera(make, open_page):
    pair = [make(lambda a, b, k=k: 1 + k * (a**2 + b**2)) for k in (1, 4)]
    tab = open_page(pair, ["L2", "A & B"])
    before = [tab.locator(".relief").nth(i).evaluate("c => c.toDataURL()") for i in (0, 1)]

    tab.mouse.move(*place(tab, 0.5, 0, index=1))
    tab.wait_for_function("document.querySelector('#cursor').textContent.includes('0.5')")
    rows = [row.inner_text().split("\t") for row in tab.locator("#cursor tr").all()]
    assert tab.inner_text("#cursor p") == "α 0.5, β 0"
    assert rows == [
        ["surface", "loss", "how", "to the center"],
        ["L2", "1.25", "measured", "1.25×"],
        ["A & B", "2", "measured", "2×"],
    ]
    tab.locator(".relief").first.press("ArrowLeft")
    tab.wait_for_timeout(100)
    after = [tab.locator(".relief").nth(i).evaluate("c => c.toDataURL()") for i in (0, 1)]
    assert before[0] != after[0]
    assert before[1] != after[1]


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_pages_of_any_width_keep_their_width(run, open_page, width, scheme):
    options = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    options |= {"bypass_csp": False}
    tab = open_page(run, **options, reduced_motion="reduce")

    assert tab.evaluate("document.documentElement.scrollWidth") == width
    dark = tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 31)"
    assert dark == (scheme == "dark")


@pytest.mark.slow
@pytest.mark.browser
def test_the_path_of_an_optimizer_is_played(make, open_page):
    places = [
        {
            "label": f"step {step}",
            "alpha": 0.9 - 0.2 * step,
            "beta": 0.5 - 0.1 * step,
            "path": "sgd",
            "step": step,
            "values": {},
            "projected": {},
            "distance": 0.0,
            "away": 0.0,
        }
        for step in range(5)
    ]
    walked = make(lambda a, b: 1 + a**2 + b**2, points_of_interest=places)
    tab = open_page(walked, fragment="#played=0.2")

    assert tab.inner_text("#heads") == "step 0"
    first = [ink(tab, ".map"), ink(tab, ".relief")]
    tab.click("#play")
    tab.wait_for_function("document.querySelector('#heads').textContent === 'step 4'")
    tab.wait_for_function("document.querySelector('#play').textContent === 'Play'")
    assert all(a != b for a, b in zip(first, [ink(tab, ".map"), ink(tab, ".relief")], strict=True))
    tab.fill("#played", "0.6")
    tab.wait_for_function("document.querySelector('#heads').textContent === 'step 2'")
    assert ">sgd</text>" in saved(tab, "#svg").decode()
    calm = open_page(walked, reduced_motion="reduce")
    assert calm.locator("#play").count() == 0
    assert calm.locator("#played").count() == 1
