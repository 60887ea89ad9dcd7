"""Presets: the size and the background of a figure for a paper, a slide, or a dark notebook."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from landscape.errors import LandscapeError
from landscape.figures.style import COLUMN, PAGE, HouseFigure, house_style

_WIDEST = 100  # inches
PresetName = Literal["column", "page", "slide", "dark"]


@dataclass(frozen=True, kw_only=True)
class Preset:
    """The size of a figure, and what it lies on.

    Args:
        width: Of the file, in inches; None leaves it to what is drawn.
        height: Likewise; None is as high as what is drawn.
        magnified: How many times larger than text of 8 points the file is.
        dark: Light text on a dark background.
    """

    width: float | None = None
    height: float | None = None
    magnified: float = 1.0
    dark: bool = False

    @property
    def wide(self) -> float:
        """Inches to lay out, in which text has 8 points."""
        assert self.width is not None
        return self.width / self.magnified

    @property
    def high(self) -> float | None:
        """Likewise, where the height is given."""
        return None if self.height is None else self.height / self.magnified

    def style(self) -> AbstractContextManager[None]:
        """Set the house style for a block of code that draws."""
        return house_style(dark=self.dark)

    def figure(self, height: float, *, layout: Literal["constrained"] | None = None) -> HouseFigure:
        """Make a figure.

        Args:
            height: In inches to lay out, where the preset leaves it open.
            layout: Of matplotlib.

        Returns:
            The figure, which has nothing in it.
        """
        figure = HouseFigure(figsize=(self.wide, self.high or height), layout=layout)
        figure.magnified = self.magnified
        return figure


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "column": Preset(width=COLUMN),
        "page": Preset(width=PAGE),
        # Of PowerPoint and Keynote, 16:9, with text of 18 points.
        "slide": Preset(width=40 / 3, height=7.5, magnified=18 / 8),
        "dark": Preset(dark=True),
    }
)


def preset_for(name: PresetName | None, width: float | None, usual: float) -> Preset:
    """Choose the size of a figure.

    Args:
        name: Of a preset; None is as wide as usual.
        width: Of the file, in inches, instead of the preset's; a slide is magnified with it.
        usual: Width of such a figure where nothing is said.

    Returns:
        A preset that has a width.

    Raises:
        LandscapeError: If there is no such preset, or the width is none.

    Example:
        >>> preset_for("slide", None, COLUMN).width, preset_for(None, 5.0, COLUMN).width
        (13.333333333333334, 5.0)
    """
    if name is not None and name not in PRESETS:
        raise LandscapeError(f"expected a preset of {', '.join(PRESETS)}, got {name!r}")
    if width is not None and not 0 < width <= _WIDEST:
        raise LandscapeError(
            f"expected a width in inches, up to {_WIDEST}, got {width!r}",
            hint="preset='column' and preset='page' have those of a paper",
        )
    preset = Preset() if name is None else PRESETS[name]
    width = width or preset.width or usual
    if preset.height is None or preset.width is None:
        return replace(preset, width=width)
    larger = width / preset.width
    return replace(
        preset, width=width, height=larger * preset.height, magnified=larger * preset.magnified
    )
