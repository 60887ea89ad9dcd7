"""Fonts: a user's own, and for what it lacks others of the machine, so that any name is drawn."""

import functools
import string
import unicodedata
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findSystemFonts, fontManager, get_font
from matplotlib.text import Text

from landscape.errors import shown

# DejaVu comes with matplotlib, so that figures are the same everywhere; the other names are for
# readers of SVG files, and Verdana has the same widths.
FONTS = ("DejaVu Sans", "Verdana", "Arial", "Helvetica")


def families() -> tuple[str, ...]:
    """Return the fonts of figures, of which each letter takes the first that has it.

    Returns:
        The family that a user set in matplotlib, where it is installed and has our letters; then
        those of the house.
    """
    settings: Any = mpl.rcParams
    named: list[str] = []
    for name in settings["font.family"]:
        named += settings.get(f"font.{name}", [name])
    return _families(tuple(named))


@functools.lru_cache(maxsize=16)
def _families(named: tuple[str, ...]) -> tuple[str, ...]:
    """Put the first of some families that can be used before those of the house."""
    for name in named:
        try:
            file = fontManager.findfont(FontProperties(family=[name]), fallback_to_default=False)
        except ValueError:  # it is not installed
            continue
        if set(map(ord, string.ascii_letters + string.digits)) <= set(get_font(file).get_charmap()):
            return tuple(dict.fromkeys((name, *FONTS)))
    return FONTS


def make_drawable(where: Figure | Axes) -> None:
    """Give every text of a figure, or of axes, fonts that have its letters.

    Args:
        where: Its texts are changed where they need it: characters that steer a terminal are
            escaped, and so are those of no font of the machine. Labels of ticks get fonts only, as
            an axis writes their text anew: where they are names, write `drawable(name)`.
    """
    for ax in [where] if isinstance(where, Axes) else where.axes:
        ax.get_xticklabels(), ax.get_yticklabels()  # makes them
    for text in where.findobj(Text):
        assert isinstance(text, Text)
        written = text.get_text()
        if not written.isascii() or not written.isprintable():
            fonts = fonts_of(written)
            text.set_text(drawable(written))
            if fonts:
                text.set_fontfamily(list(dict.fromkeys((families()[0], FONTS[0], *fonts))))


def drawable(text: str) -> str:
    r"""Return a text of which every character can be drawn; line breaks stay.

    Args:
        text: Such as the name of a file.

    Returns:
        The text; letters of no font are replaced by Latin ones that they are a form of, or escaped.

    Example:
        >>> print(drawable("Δ a\x1b[31m"))
        Δ a\x1b[31m
    """
    written = "\n".join(shown(line) for line in text.split("\n"))
    if written.isascii():
        return written
    _, lacking = _search(_foreign(written))
    return "".join(_latin(char) if char in lacking else char for char in written)


def _latin(char: str) -> str:
    """Return the plain letters that a letter is a form of, or its escape."""
    plain = unicodedata.normalize("NFKD", char)
    plain = "".join(part for part in plain if not unicodedata.combining(part))
    return plain if plain.isascii() else char.encode("unicode_escape").decode()


def fonts_of(text: str) -> tuple[str, ...]:
    """Return the fonts of the machine that a text needs beside that of the figure.

    Args:
        text: Any.

    Returns:
        Names of families, as a rule none.
    """
    return () if text.isascii() else _search(_foreign(text))[0]


@functools.cache
def _own() -> frozenset[int]:
    """Return the characters of the house's font, which stands in for those of a user's, too."""
    return frozenset(get_font(fontManager.findfont(FONTS[0])).get_charmap())


def _foreign(text: str) -> frozenset[str]:
    """Return the characters that the figure's font lacks."""
    return frozenset(char for char in text if char.isprintable() and ord(char) not in _own())


@functools.lru_cache(maxsize=256)
def _search(wanted: frozenset[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Find fonts until all characters have one; return those that have none, too."""
    fonts: list[str] = []
    lacking = {ord(char) for char in wanted}
    while lacking:
        found = max(_others(), key=lambda font: len(lacking & font[1]), default=("", frozenset()))
        if not lacking & found[1]:
            break
        lacking -= found[1]
        fontManager.addfont(found[0])  # matplotlib's own list may be older than the font
        fonts.append(get_font(found[0]).family_name)
    return tuple(fonts), frozenset(map(chr, lacking))


@functools.cache
def _others() -> tuple[tuple[str, frozenset[int]], ...]:
    """Return the fonts of the machine and their characters, read when first needed."""
    return tuple((file, _characters(file)) for file in sorted(findSystemFonts()))


def _characters(file: str) -> frozenset[int]:
    """Return the characters of an upright font, which can be scaled, unlike some of emoji."""
    try:
        font = get_font(file)
        upright = font.scalable and font.style_name.lower() in {"regular", "normal", "book"}
        return frozenset(font.get_charmap()) if upright else frozenset()
    except Exception:  # any: a damaged font on the machine is none
        return frozenset()
