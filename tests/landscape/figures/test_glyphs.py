"""Names of any script and any characters: drawn, measured, and never a warning."""

import re

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from landscape.figures import draw_contour, draw_interactive, draw_line, save_figure, write_html
from landscape.figures import glyphs as module
from landscape.figures.glyphs import drawable, fonts_of, make_drawable
from landscape.figures.text import in_markup, text_width

FOREIGN = ["\udcff\udcfe", "日本語", "ไทย 😀", "a\u202eb"]  # which other fonts may have
NAMES = [
    *((name, True) for name in ["a\x1b[31mred", "tab\tx", "$\\frac{1}{$", "a$b$c", *FOREIGN]),
    *((name, False) for name in FOREIGN),
]


@pytest.fixture
def fonts():
    module._search.cache_clear()
    yield
    module._search.cache_clear()


@pytest.mark.usefixtures("fonts")
@pytest.mark.parametrize(("name", "others"), NAMES)
def test_every_name_is_drawn_and_measured_without_a_warning(
    bowl, tmp_path, monkeypatch, name, others
):
    """With and without other fonts of the machine. Warnings are errors here."""
    if not others:
        monkeypatch.setattr(module, "_others", lambda: ())
    assert text_width(name, 8) > 0
    drawing = draw_contour(bowl, title=name)
    for suffix in ("png", "pdf", "svg"):
        save_figure(drawing, tmp_path / f"a.{suffix}")
    save_figure(draw_line(bowl, label=name), tmp_path / "b.svg")
    text = (tmp_path / "b.svg").read_text(encoding="utf-8")
    assert drawable(name).replace("<", "&lt;") in text.replace("&amp;", "&")
    figure = Figure()
    draw_contour(bowl, figure.add_subplot(), title=name)
    figure.savefig(tmp_path / "c.png")
    page = write_html(draw_interactive(bowl, [name]), tmp_path / "a.html")
    assert "\x1b[31m" not in page.read_text(encoding="utf-8")


def test_what_no_font_has_is_escaped_and_the_rest_stays(monkeypatch):
    monkeypatch.setattr(module, "_others", lambda: ())
    module._search.cache_clear()
    assert drawable("é Δ −0.5 ×\nsecond") == "é Δ −0.5 ×\nsecond"
    assert fonts_of("é Δ −0.5 ×") == ()
    assert drawable("a \U00013000日") == r"a \U00013000\u65e5"
    assert drawable("ＡＢ１ﾊ") == r"AB1\uff8a"
    module._search.cache_clear()


def test_a_font_of_the_machine_is_taken_where_the_own_one_lacks_letters(monkeypatch):
    other, sign = module.fontManager.findfont("DejaVu Sans Mono"), "\U00013000"
    monkeypatch.setattr(module, "_others", lambda: ((other, frozenset({ord(sign)})),))
    module._search.cache_clear()
    figure = Figure()
    text, plain = figure.text(0, 0, f"a {sign}"), figure.text(0, 0, "a")
    ax = figure.add_subplot()
    ax.set_yticks([0, 1], [sign, "b"])
    make_drawable(figure)
    module._search.cache_clear()
    both = ["DejaVu Sans", "DejaVu Sans Mono"]
    assert text.get_text() == f"a {sign}"
    assert text.get_fontfamily() == both
    assert plain.get_fontfamily() == ["sans-serif"]
    assert [label.get_fontfamily() for label in ax.get_yticklabels()] == [both, ["sans-serif"]]


def test_markup_shows_names_as_they_are():
    assert in_markup("a\nb\udcff<i>") == "a\\nb\\xff&lt;i&gt;"
    assert not re.search(r"[\n\x1b]", in_markup("\x1b[31m\n"))


def test_a_users_font_is_taken_where_it_is_installed_and_ours_stand_in_for_the_rest(
    bowl, tmp_path, caplog
):
    with mpl.rc_context({"font.family": "serif", "mathtext.fontset": "stix"}):
        drawing = draw_contour(bowl, title="Title", width=3.0)
        serif = text_width("Title of many letters", 8)
    pdf = save_figure(drawing, tmp_path / "a.pdf").read_bytes()  # after its settings have ended
    assert b"DejaVuSerif" in pdf
    assert b"STIXGeneral" in pdf
    with mpl.rc_context({"font.family": "NoSuchFont", "text.usetex": True}):
        plain = save_figure(draw_contour(bowl, title="Title"), tmp_path / "b.pdf").read_bytes()
        assert text_width("Title of many letters", 8) < serif
    assert b"Serif" not in plain
    assert b"DejaVuSans" in plain
    assert not caplog.records


def test_what_is_written_into_axes_of_a_user_with_latex_is_latex_or_no_concern_of_it(bowl, line):
    with mpl.rc_context({"text.usetex": True}):
        for draw in (draw_contour, draw_line):
            ax = Figure().add_subplot()
            draw(bowl, ax)
            for text in [*ax.findobj(Text), *ax.get_xticklabels(), *ax.get_yticklabels()]:
                if text.get_usetex():
                    assert text.get_text().isascii()
            assert "$-$1" in [text.get_text() for text in ax.get_xticklabels()]
