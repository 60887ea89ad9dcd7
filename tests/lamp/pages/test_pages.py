import re
from html.parser import HTMLParser

import pytest

from lamp.pages import (
    Bullets,
    Estimate,
    Interactive,
    Page,
    Picture,
    Prose,
    Section,
    Table,
    write_report,
)
from lamp.pages.html import render
from landscape.errors import LandscapeError
from landscape.figures import draw_contour, explore
from tests.browsers import chromium

VOID = {"meta", "link", "img", "br"}


class Balance(HTMLParser):
    """Note identifiers, what is loaded, and that every element is closed."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.loads = [], [], []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.ids += [values["id"]] if "id" in values else []
        if tag in {"script", "img", "link", "iframe", "image", "use"}:
            self.loads += [values[k] for k in ("src", "href", "xlink:href") if values.get(k)]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(bowl):
    return Page(
        title="Amplified <b>losses</b>",
        lede="What was found & how.",
        kicker="Study",
        sections=[
            Section("Summary", [
                Prose("First.\n\nSecond <script>alert(1)</script>."),
                Bullets(["one", "two"]),
            ]),
            Section("Figures", [
                Picture(draw_contour(bowl).figure, "Figure 1."),
                Picture(draw_contour(bowl).figure, "Figure 2."),
                Interactive(explore(bowl), "Figure 3."),
                Interactive(explore([bowl, bowl], ["a", "b"]), "Figure 4."),
            ]),
        ],
        provenance={"command": "lamp study", "config": {"seed": 0}},
    )  # fmt: skip


@pytest.fixture(scope="module")
def text(page):
    return render(page)


def parsed(text):
    parser = Balance()
    parser.feed(text)
    assert parser.open == []
    return parser


def test_all_text_is_escaped(text):
    assert "<h1>Amplified &lt;b&gt;losses&lt;/b&gt;</h1>" in text
    assert "&lt;script&gt;alert(1)" in text
    assert "<p>First.</p><p>Second" in text


def test_identifiers_are_unique_and_nothing_is_loaded(text):
    parser = parsed(text)

    assert len(parser.ids) == len(set(parser.ids))
    assert {"section-1", "section-2", "provenance"} <= set(parser.ids)
    assert all(load.startswith(("#", "data:")) for load in parser.loads)


def test_references_inside_figures_lead_somewhere(text):
    ids = set(parsed(text).ids)

    assert set(re.findall(r'href="#([^"]+)"', text)) <= ids
    assert set(re.findall(r"url\(#(f\d[^)]+)\)", text)) <= ids


def test_the_table_of_contents_names_the_sections(text):
    nav = re.search(r"<nav.*?</nav>", text).group()

    assert re.findall(r'href="#([^"]+)"', nav) == ["section-1", "section-2", "provenance"]


def test_tables_align_numbers_and_write_intervals():
    table = Table(
        ["loss", "n", "radius"],
        [["L2", 1024, Estimate(value=0.3912, low=0.36, high=-0.41)], ["L1", 3, 2.5e-7],
         ["nan", None, float("nan")], ["0", 0, Estimate(value=-1e-7, low=-0.02, high=0.03)]],
        units=["", "", "filter norms"],
        caption="Table 1.",
    )  # fmt: skip
    text = render(Page(title="t", sections=[Section("s", [table])]))

    assert '<td class="number">1,024</td>' in text
    assert '0.391 <span class="interval">[0.360, −0.410]</span>' in text
    assert "2.50·10<sup>−7</sup>" in text
    assert '0.0000 <span class="interval">[−0.0200, 0.0300]</span>' in text
    assert '<td class="number">n/a</td>' in text
    assert "<td>L2</td>" in text
    assert "<small>filter norms</small>" in text


def test_heavy_figures_become_pixels(bowl, monkeypatch):
    monkeypatch.setattr("lamp.pages.html._HEAVY", 1000)
    picture = Picture(draw_contour(bowl).figure, 'a "bowl"')
    text = render(Page(title="t", sections=[Section("s", [picture])]))

    assert 'src="data:image/png;base64,' in text
    assert 'alt="a &quot;bowl&quot;"' in text


def test_figures_have_a_description(text):
    assert re.search(r'<svg role="img" aria-label="Figure 1\."', text)


def test_the_same_page_gives_the_same_bytes(page, tmp_path):
    first = write_report(tmp_path / "a.html", page).read_bytes()

    assert first == write_report(tmp_path / "b.html", page).read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "b.html"]


def test_errors_say_what_came(page, tmp_path):
    with pytest.raises(LandscapeError, match=r"ending in \.html, got 'report\.pdf'"):
        write_report(tmp_path / "report.pdf", page)
    with pytest.raises(LandscapeError, match="expected 2 cells in each row, got 1"):
        Table(["a", "b"], [["x"]])
    with pytest.raises(LandscapeError, match="expected 2 units, got 1"):
        Table(["a", "b"], [], units=["m"])
    with pytest.raises(TypeError, match="expected a block of a report, got str"):
        render(Page(title="t", sections=[Section("s", ["text"])]))


@pytest.mark.slow
@pytest.mark.browser
def test_a_browser_asks_the_network_for_nothing_and_finds_no_error(page, tmp_path):
    path = write_report(tmp_path / "report.html", page)
    requests, errors = [], []
    with chromium() as browser:
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.on("request", lambda request: requests.append(request.url))
        tab.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(path.as_uri())
        alone, pair = (tab.frame_locator("iframe").nth(index) for index in (0, 1))
        before = alone.locator("#cursor").inner_text()
        pair.locator(".map").nth(1).press("ArrowRight")
        pair.get_by_text("α 0.05, β 0").wait_for()
        tab.wait_for_timeout(300)  # an address is written a moment later, which a frame has not
        frame = tab.locator("iframe").first
        hidden = frame.evaluate(
            "one => one.contentDocument.documentElement.scrollHeight - one.clientHeight"
        )
        assert alone.locator("#cursor").inner_text() == before
        assert tab.url == path.as_uri()
        overflow, letters, signs = {}, set(), []
        picture = tab.locator("figure.picture > div").first
        for width in (1280, 390):
            tab.set_viewport_size({"width": width, "height": 900})
            overflow[width] = tab.evaluate("document.documentElement.scrollWidth") - width
            letters.add(picture.locator("svg").bounding_box()["width"])
            signs.append(picture.evaluate("one => getComputedStyle(one).maskImage") != "none")

    assert [url for url in requests if not url.startswith(("data:", "blob:"))] == [path.as_uri()]
    assert errors == []
    assert overflow == {1280: 0, 390: 0}
    assert hidden <= 0
    assert len(letters) == 1  # what has no room is scrolled, and fades where it goes on
    assert signs == [False, True]
