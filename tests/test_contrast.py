"""Texts of all pages can be read on what they stand on, in light and dark, by their stylesheets."""

import re
from itertools import product
from pathlib import Path

import pytest

import landscape
from lamp.pages.stylesheet import STYLESHEET

HERE = Path(landscape.__file__).parent
SHEETS = {
    "explorer": (HERE / "figures" / "explorer" / "style.css").read_text(),
    "report": STYLESHEET,
    "watch": (HERE / "cli" / "watch.html").read_text(),
}
LEAST = 4.5  # WCAG 2.2, 1.4.3


def contrast(first, second):
    """The ratio of two colours such as #12617f (WCAG 2.2, "contrast ratio")."""
    low, high = sorted(map(luminance, (first, second)))
    return (high + 0.05) / (low + 0.05)


def luminance(color):
    parts = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_contrast_of_known_colours():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("css", SHEETS.values(), ids=SHEETS)
def test_every_ink_can_be_read_on_every_ground(css):
    roots = re.findall(r":root \{([^}]*)\}", css)
    light, dark = (dict(re.findall(r"--(\w+):\s*(#[0-9a-f]{6})", root)) for root in roots)
    inks = set(re.findall(r"(?<![-\w])color:\s*var\(--(\w+)\)", css))
    grounds = set(re.findall(r"background:\s*var\(--(\w+)\)", css))
    assert {"ink", "soft"} <= inks
    assert "paper" in grounds
    faint = {
        (ink, ground): ratio
        for theme in (light, light | dark)
        for ink, ground in product(inks, grounds)
        if (ratio := contrast(theme[ink], theme[ground])) < LEAST
    }
    assert faint == {}
