"""How names and numbers are written in figures."""

import functools
import html
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from landscape.errors import shown
from landscape.figures.glyphs import FONTS, drawable, families, fonts_of

Kind = Literal["ratio", "difference", "absolute"]

AS_WRITTEN: Mapping[str, Any] = MappingProxyType({"parse_math": False, "usetex": False})
"""Properties of a text that a user chose, such as the name of a file: a $ in it is a dollar."""

MATH: Mapping[str, Any] = MappingProxyType({"parse_math": True, "usetex": False})
"""Properties of a text of our own with mathematics between two $."""


def labels_of(values: Sequence[float], kind: Kind = "absolute") -> tuple[str, ...]:
    """Write values in as few digits, at least three, as tell them apart.

    Args:
        values: All different.
        kind: Their units.

    Returns:
        A label for each.

    Example:
        >>> labels_of([1, 2.5]), labels_of([1000001, 1000002])
        (('1', '2.5'), ('1,000,001', '1,000,002'))
    """
    for digits in range(3, 17):
        labels = tuple(label_of(value, kind, digits=digits) for value in values)
        if len(set(labels)) == len(labels):
            break
    return labels


def label_of(value: float, kind: Kind = "absolute", *, digits: int = 3) -> str:
    """Write a value in few digits.

    Args:
        value: In units of `kind`.
        kind: Multiples get a ×, differences a sign.
        digits: Significant ones; numbers with a power of ten have one less.

    Returns:
        A short text.

    Example:
        >>> label_of(1.5, "ratio"), label_of(-0.25, "difference"), label_of(48005.4)
        ('1.5×', '−0.25', '4.8·10⁴')
    """
    value = float(f"{float(value):.{digits - 1}e}")
    largest = 1e4 if digits == 3 else 1e9
    if value != 0 and not 1e-4 <= abs(value) < largest and np.isfinite(value):
        mantissa, exponent = f"{value:.{digits - 2}e}".split("e")
        mantissa = mantissa.rstrip("0").rstrip(".")
        power = "10" + str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        text = {"1": power, "-1": f"-{power}"}.get(mantissa, f"{mantissa}·{power}")
    else:
        text = f"{value:,.{digits}g}"
        if "e" in text:
            text = f"{value:,.0f}"
    text = ("+" if kind == "difference" and value > 0 else "") + text.replace("-", "−")
    return f"{text}×" if kind == "ratio" else text


def share(part: float) -> str:
    """Write a share in whole per cent that is never rounded to nothing or all.

    Args:
        part: From 0 to 1.

    Returns:
        Such as `12%`, `<1%`.

    Example:
        >>> share(1 / 8), share(0.001), share(0.999)
        ('12%', '<1%', '>99%')
    """
    percent = 100 * part
    if 0 < percent < 1:
        return "<1%"
    return ">99%" if 99 < percent < 100 else f"{percent:.0f}%"


def scale_title(metric: str, kind: Kind, *, short: bool = False) -> str:
    """Name a scale.

    Args:
        metric: What is shown.
        kind: Its units.
        short: Where there is little room.

    Returns:
        Such as `loss / loss at the center`, or `loss / center`.
    """
    name = metric.replace("_", " ")
    sign = {"ratio": "/", "difference": "−"}.get(kind)
    if sign is None:
        return name
    return f"{name} {sign} {'center' if short else f'{name} at the center'}"


def text_width(text: str, size: float, *, math: bool = False) -> float:
    """Measure a text without drawing it.

    Args:
        text: One line.
        size: In points.
        math: Whether what stands between two $ is mathematics.

    Returns:
        In points.
    """
    if not text.strip():
        return 0.0
    return _width(text, size, families(), mpl.rcParams["mathtext.fontset"] if math else "")


@functools.lru_cache(maxsize=2048)
def _width(text: str, size: float, families: tuple[str, ...], math: str) -> float:
    """Measure a text in a font, and the set of fonts of its mathematics."""
    names = list(dict.fromkeys((families[0], FONTS[0], *fonts_of(text))))
    font = FontProperties(family=names, size=size, math_fontfamily=math or None)
    width, _, _ = TextToPath().get_text_width_height_descent(
        drawable(text), font, ismath=bool(math)
    )
    return 1.03 * float(width)  # pixels of a screen make letters a little wider


def shortened(text: str, size: float, room: float) -> str:
    """Leave out the middle of a text that has no room.

    Args:
        text: One line.
        size: In points.
        room: In points.

    Returns:
        The text, or its beginning and end with an ellipsis between.

    Example:
        >>> shortened("resnet20_seed0_epoch299", 8, 70)
        'resnet…och299'
    """
    kept = text
    for length in range(len(text) - 1, 1, -1):
        if text_width(kept, size) <= room:
            break
        kept = text[: (length + 1) // 2] + "…" + text[len(text) - length // 2 :]
    return kept


def wrapped(text: str, size: float, room: float, *, math: bool = False) -> list[str]:
    """Break a text between words.

    Args:
        text: One line.
        size: In points.
        room: For a line, in points.
        math: Whether what stands between two $ is mathematics, which has no spaces.

    Returns:
        Lines; a word that is longer than one is shortened.

    Example:
        >>> wrapped("sgd up to 25% of its extent off the plane", 8, 120)
        ['sgd up to 25% of its extent', 'off the plane']
    """
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, math=math) <= room:
            lines[-1] = longer
        else:
            lines.append(word if math else shortened(word, size, room))
    return lines


def joined_within(notes: Sequence[str], size: float, room: float) -> str:
    r"""Join notes in as many lines as they need.

    Args:
        notes: At least one.
        size: In points.
        room: For a line, in points.

    Returns:
        Lines.

    Example:
        >>> joined_within(["mean of 3 planes", "cut", "12% missing"], 8, 120)
        'mean of 3 planes · cut\n12% missing'
    """
    lines: list[str] = []
    for note in notes:
        longer = f"{lines[-1]} · {note}" if lines else note
        fits = text_width(longer, size) < room
        lines[-1:] = [longer] if fits else [*lines[-1:], *wrapped(note, size, room)]
    return "\n".join(lines)


def titles_within(titles: Sequence[str], size: float, room: float) -> tuple[str, ...]:
    """Shorten titles that stand side by side, so that they still differ.

    Args:
        titles: One line each.
        size: In points.
        room: For each, in points.

    Returns:
        As many titles; of those that do not fit, what all have in common goes first.

    Example:
        >>> titles_within(["resnet20_skip_epoch299", "resnet20_noskip_epoch299"], 8, 50)
        ('…skip…', '…noskip…')
    """
    short = tuple(shortened(title, size, room) for title in titles)
    if len(set(short)) == len(set(titles)):
        return short
    words = [re.findall(r"[^\W_]+|[\W_]+", title) for title in titles]
    start, end = _shared(words), _shared([each[::-1] for each in words])
    middles = ["".join(each[start : len(each) - end]) for each in words]
    return tuple(
        shortened("…" * (start > 0) + middle + "…" * (end > 0) if middle else title, size, room)
        for title, middle in zip(titles, middles, strict=True)
    )


def _shared(words: Sequence[Sequence[str]]) -> int:
    """Count the words that all begin with."""
    same = (len(set(column)) > 1 for column in zip(*words, strict=False))
    return next((index for index, differs in enumerate(same) if differs), 0)


def in_markup(text: str) -> str:
    """Write a text, such as the name of a file, so that plotly and browsers show it as it is.

    Args:
        text: One line.

    Returns:
        The text with its markup disarmed.

    Example:
        >>> in_markup("<b>a</b>")
        '&lt;b&gt;a&lt;/b&gt;'
    """
    return html.escape(shown(text), quote=False)
