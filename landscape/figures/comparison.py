"""Surfaces beside the first of them at equal levels, and maps of how they differ."""

from collections.abc import Sequence
from dataclasses import replace

from landscape.arguments import checked
from landscape.errors import LandscapeError
from landscape.figures.captions import captioned
from landscape.figures.contour import corner_text, draw_panel
from landscape.figures.coordinates import widest_tick
from landscape.figures.difference import difference_levels, draw_difference, draw_map
from landscape.figures.difference_words import corner_of, notes_of, scale_of, title_of
from landscape.figures.key import key_of
from landscape.figures.layout import Captions, Frame, draw_colorbar, draw_row_label, make_frame
from landscape.figures.levels import Levels, chosen_levels
from landscape.figures.line import draw_line
from landscape.figures.matrix import share_axes
from landscape.figures.notes import merged
from landscape.figures.panel import make_panel
from landscape.figures.presets import Preset, PresetName, preset_for
from landscape.figures.style import PAGE, SIZES, Drawing, together
from landscape.figures.text import text_width, titles_within
from landscape.measures.difference import DifferenceMap, Units, difference_map
from landscape.surface.data import Surface

_FOLDED = 5.0  # inches below which maps are under their surfaces


@checked
def draw_comparison(
    surfaces: Sequence[Surface],
    *,
    names: Sequence[str],
    metric: str = "loss",
    plane: int | None = None,
    levels: Levels | Sequence[float] | None = None,
    preset: PresetName | None = None,
    width: float | None = None,
) -> Drawing:
    """Draw the first surface beside each other one, and a map of their difference.

    Surfaces share their levels, and maps theirs. A map is the mean over all planes, or that of one;
    it is hatched where the difference is within its error (see `difference_map`).

    Args:
        surfaces: Two or more, over the same grids.
        names: Of all.
        metric: What to draw.
        plane: Which plane; default the first one, and maps of the mean over all.
        levels: As in `draw_contour`; their units are those of the maps.
        preset: `column` or `page` of a paper, `slide`, 16:9 with larger text, or `dark` for a dark
            notebook.
        width: In inches; None takes that of the preset, or else two columns of a paper.

    Returns:
        The drawing, with its `figure`, and `panels` in a row for each surface after the first.

    Raises:
        LandscapeError: If there are fewer than two, a name is missing, or they cannot be compared.
    """
    if len(surfaces) < 2 or len(names) != len(surfaces):
        raise LandscapeError(
            f"expected two surfaces or more, with a name each, got {len(surfaces)} surfaces and "
            f"{len(names)} names"
        )
    size = preset_for(preset, width, PAGE)
    first = surfaces[0]
    if first.is_line:
        return _draw_lines(surfaces, names, metric=metric, plane=plane, size=size)
    levels = chosen_levels(levels, surfaces, metric=metric)
    panels = [make_panel(surface, levels, plane=plane or 0) for surface in surfaces]
    maps = _maps(surfaces, names, metric=metric, kind=levels.kind, plane=plane)
    if not all(one.known.any() for one in maps):
        raise LandscapeError("expected a point where all surfaces are known and finite, got none")
    apart = difference_levels(maps)
    several = len(maps) > 1
    said = [notes_of(one) for one in maps]
    about = merged([panel.notes for panel in panels], names)
    notes = [*about, *dict.fromkeys(note for each in said for note in each)]
    captions = Captions(
        rows=list(names[1:]) if several else [""],
        columns=[names[0], "other" if several else names[1], title_of(maps[0], several=several)],
        ticks=levels.labels,
        corner=max([corner_of(maps[0]), *map(corner_text, panels)], key=_width),
        key=key_of(levels, notes, panels=panels, width=size.wide),
        side=max(widest_tick(*ends[[0, -1]]) for ends in (first.alpha, first.beta)),
        apart=apart.labels,
    )
    drawn = []
    with size.style():
        folded = size.wide < _FOLDED
        frame = (_folded if folded else make_frame)(captions, size, aspect=panels[0].aspect)
        for i, (row, panel, one) in enumerate(zip(frame.axes, panels[1:], maps, strict=True)):
            titles = frame.titles if i == 0 else ("", "", "")
            if several:
                draw_row_label(frame, i, names[i + 1])
            for axes, shown, title in zip(row, (panels[0], panel), titles, strict=False):
                drawn.append(
                    draw_panel(shown, levels, axes, title=title, stacked=frame.stacked, notes=())
                )
            drawn.append(draw_map(one, apart, row[2], title=titles[2], stacked=frame.stacked))
            for j, axes in enumerate(row):
                lowest = i == len(maps) - 1 and (j == 2 or not folded)
                share_axes(axes, lowest=lowest, first=j == 0 or (folded and j == 2), alike=True)
        draw_colorbar(levels, frame.bar)
        assert frame.other_bar is not None
        draw_colorbar(apart, frame.other_bar, title=scale_of(maps[0]))
    drawing = together(drawn, notes)
    return captioned(
        drawing, surfaces, titles=names, metric=metric, plane=plane or 0, levels=levels
    )


def _folded(captions: Captions, size: Preset, *, aspect: float) -> Frame:
    """Lay out each map below its surfaces, in a figure that has no room for three in a row."""
    below = replace(
        captions,
        rows=[text for name in captions.rows for text in (name, "")],
        columns=captions.columns[:2],
        ticks=[*captions.ticks, *captions.apart],
        apart=(),
        alike=False,
    )
    frame = make_frame(below, size, aspect=aspect)
    pairs = list(zip(frame.axes[::2], frame.axes[1::2], strict=True))
    (upper, *_), (first, place) = pairs[0]
    box, beside, bar = first.get_position(), upper.get_position(), frame.bar.get_position()
    for _, (_, empty) in pairs[1:]:
        empty.remove()
    place.set_position(
        (box.x1 + bar.x0 - frame.axes[0][1].get_position().x1, box.y0, bar.width, box.height)
    )
    frame.bar.set_position((bar.x0, beside.y0, bar.width, beside.height))
    title = titles_within(captions.columns[2:], SIZES["title"], 1.5 * 72 * size.wide * box.width)
    return replace(
        frame,
        axes=tuple((*surfaces, maps[0]) for surfaces, maps in pairs),
        other_bar=place,
        titles=(*frame.titles, *title),
    )


def _maps(
    surfaces: Sequence[Surface],
    names: Sequence[str],
    *,
    metric: str,
    plane: int | None,
    kind: Units | None = None,
) -> list[DifferenceMap]:
    """Compare each surface with the first."""
    first, *others = surfaces
    return [
        difference_map(
            *(first, other), names=(names[0], name), metric=metric, kind=kind, plane=plane
        )
        for other, name in zip(others, names[1:], strict=True)
    ]


def _draw_lines(
    surfaces: Sequence[Surface],
    names: Sequence[str],
    *,
    metric: str,
    plane: int | None,
    size: Preset,
) -> Drawing:
    """Draw the lines of the first and each other surface, and their difference beside them."""
    maps = _maps(surfaces, names, metric=metric, plane=plane)
    drawn: list[Drawing] = []
    with size.style():
        shape = (2 * len(maps), 1) if size.wide < _FOLDED else (len(maps), 2)
        height = shape[0] * 0.72 * size.wide / shape[1]
        figure = size.figure(height, layout="constrained")
        rows = figure.subplots(*shape, squeeze=False).reshape(-1, 2)
        for (left, right), one, other in zip(rows, maps, surfaces[1:], strict=True):
            for surface, name in zip((surfaces[0], other), one.names, strict=True):
                beside = draw_line(surface, left, metric=metric, kind=one.kind, label=name)
            drawn += [beside, draw_difference(one, right)]
    return captioned(together(drawn), surfaces, titles=names, metric=metric, plane=plane)


def _width(text: str) -> float:
    """Measure what stands at the upper right of a panel."""
    return text_width(text, SIZES["tick"], math=True)
