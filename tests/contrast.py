"""Contrast of texts on what they stand on, from the colours of a stylesheet."""

import re
from itertools import product


def contrast(first: str, second: str) -> float:
    """Compute the contrast ratio of two colours such as #12617f (WCAG 2.2, "contrast ratio")."""
    low, high = sorted(map(_luminance, (first, second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def text_contrasts(css: str) -> dict[tuple[str, str, str], float]:
    """Compute them of each colour of a text on each background that is a variable, by theme."""
    light, dark = (
        dict(re.findall(r"--(\w+):\s*(#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{([^}]*)\}", css)
    )
    inks = set(re.findall(r"(?<![-\w])color:\s*var\(--(\w+)\)", css))
    papers = set(re.findall(r"background:\s*var\(--(\w+)\)", css))
    return {
        (name, ink, paper): contrast(theme[ink], theme[paper])
        for name, theme in (("light", light), ("dark", light | dark))
        for ink, paper in product(inks, papers)
    }
