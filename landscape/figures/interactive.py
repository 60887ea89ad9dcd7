"""Surfaces to turn and to read with the mouse: plotly figures, also as one offline page."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from landscape.arguments import checked
from landscape.errors import LandscapeError, check_suffix
from landscape.figures.explorer import Explorer
from landscape.figures.levels import Levels, chosen_levels
from landscape.figures.panel import compared, make_panel
from landscape.figures.relief import make_reliefs
from landscape.figures.scene import make_head, make_scene, make_traces
from landscape.figures.style import INK, PAPER
from landscape.figures.text import in_markup
from landscape.files import write_whole
from landscape.surface.data import Array, Surface
from landscape.surface.given import with_titles

_CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "responsive": True,
    "plotlyServerURL": "",
    "modeBarButtonsToRemove": ["resetCameraLastSave3d"],
}
"""Of every plotly figure in a page: nothing in it leads away from the page."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

_LETTERS = 130  # of the notes above a figure; a page of two scenes is at least 780 pixels wide

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>body {{ margin: 0; }} #figure {{ min-width: {narrowest}px; }}</style>
</head>
<body>
{plot}
</body>
</html>
"""

_LINK = """
(function () {
  var plot = document.getElementById('{plot_id}'), busy = false;
  plot.on('plotly_relayout', function (change) {
    if (busy) return;
    var from = Object.keys(change).find(function (key) { return /^scene\\d*\\.camera/.test(key); });
    if (!from) return;
    from = from.split('.')[0];
    var camera = plot.layout[from].camera, update = {};
    Object.keys(plot.layout).forEach(function (key) {
      if (/^scene\\d*$/.test(key) && key !== from) update[key + '.camera'] = camera;
    });
    busy = true;
    Plotly.relayout(plot, update).then(function () { busy = false; });
  });
})();
"""


@checked
def draw_interactive(
    surfaces: Surface | Sequence[Surface],
    titles: Sequence[str] | None = None,
    *,
    plane: int = 0,
    metric: str = "loss",
    levels: Levels | Sequence[float] | None = None,
    log: bool = False,
) -> go.Figure:
    """Draw 3-D surfaces to turn as a plotly figure: side by side, with equal heights and colours.

    The mouse reads alpha, beta, the loss, and its relation to the center. Levels and the cut at the
    top are those of `draw_surface`. Of several planes a menu shows one. `explore` makes a page with
    contours and cross-section beside; this is for who builds on plotly.

    Args:
        surfaces: One, or two or three where there is room; over planes.
        titles: One for each, before what must be known of the plane that is shown; by default
            several are numbered.
        plane: Which replicate plane of each is shown first; a surface with fewer shows its last.
        metric: What to show.
        levels: Of `levels_for`; None fits them to all of the surfaces, with all their planes.
        log: Logarithmic heights.

    Returns:
        The figure. In a page of `write_html` the cameras of several surfaces are linked.

    Raises:
        LandscapeError: If there is no surface or no such plane, not as many titles as surfaces, one
            is a line or has no finite value, or log is asked for where values are not positive.
    """
    many, titles = with_titles(surfaces, titles)
    planes = max(one.planes for one in many)
    if not 0 <= plane < planes:
        raise LandscapeError(f"expected a plane from 0 to {planes - 1}, got {plane}")
    levels = chosen_levels(levels, many, metric=metric)
    shown = [
        compared(
            [make_panel(one, levels, plane=min(p, one.planes - 1), chosen=True) for one in many]
        )
        for p in range(planes)
    ]
    reliefs = make_reliefs(list(chain.from_iterable(shown)), levels, log=log)
    figure = make_subplots(
        rows=1,
        cols=len(many),
        specs=[[{"type": "scene"}] * len(many)],
        horizontal_spacing=0.01,
        subplot_titles=[" "] * len(many),
    )
    heads, owner = [], []
    letters = _LETTERS // len(many)
    for p, panels in enumerate(shown):
        beside = reliefs[p * len(many) : (p + 1) * len(many)]
        for place, (panel, relief) in enumerate(zip(panels, beside, strict=True)):
            traces = make_traces(panel, levels, relief, bar=place == 0)
            for trace in traces:
                trace.visible = p == plane
            figure.add_traces(traces, rows=1, cols=place + 1)
            owner += [p] * len(traces)
        parts = zip(panels, beside, titles, strict=True)
        heads.append([make_head(one, levels, r, t, letters=letters) for one, r, t in parts])
    size = 1.2 if len(many) == 1 else 1.05
    for place, panel in enumerate(shown[plane]):
        name = f"scene{place + 1}" if place else "scene"
        figure.update_layout({name: make_scene(panel, levels, reliefs[0], size=size)})
    _finish(figure, heads[plane], height=620 if len(many) == 1 else 460)
    figure.update_layout(meta={"linked": len(many) > 1})
    if planes > 1:
        figure.update_layout(updatemenus=[_selector(heads, np.array(owner), plane)])
    return figure


@checked
def write_html(shown: go.Figure | Explorer, path: str | Path) -> Path:
    """Write a plotly figure, or a page to explore, as one file that needs no network.

    Args:
        shown: Of `draw_interactive` or `explore`.
        path: Ends in .html; the window of a figure is titled as the file.

    Returns:
        The path.

    Raises:
        LandscapeError: If it is another figure or suffix, or the file cannot be written.
    """
    if isinstance(shown, Explorer):
        return shown.save(path)
    path = Path(path)
    static = "other figures go to .pdf, .png or .svg, with save_figure"
    check_suffix(path, (".html",), hint=static)
    scenes = max(1, len(list(shown.select_scenes())))
    whole = go.Figure(shown)
    whole.layout.height = None  # as high as the window
    meta = shown.layout.meta
    plot = whole.to_html(
        config=_CONFIG,
        include_plotlyjs=True,
        include_mathjax=False,
        post_script=[_LINK] if isinstance(meta, dict) and meta.get("linked") else [],
        full_html=False,
        div_id="figure",
        # A scene that is higher than wide would be cut at its sides.
        default_height=f"min(96vh, max({100 / scenes:.0f}vw, 410px))",
    )
    page = _PAGE.format(title=in_markup(path.stem), plot=plot, narrowest=100 + 340 * scenes)
    return write_whole(path, page)


def _selector(heads: Sequence[Sequence[str]], owner: Array, first: int) -> dict[str, Any]:
    """Make the menu that shows one plane at a time, and what must be known of it.

    Args:
        heads: For each plane, what stands above each scene.
        owner: The plane of each trace.
        first: The plane that is shown first.
    """
    return {
        "type": "dropdown",
        "active": first,
        "x": 0.0,
        "y": 1.0,
        "xanchor": "left",
        "yanchor": "top",
        "bgcolor": PAPER,
        "buttons": [
            {
                "label": f"plane {plane}",
                "method": "update",
                "args": [
                    {"visible": [bool(shown) for shown in owner == plane]},
                    {f"annotations[{k}].text": head for k, head in enumerate(above)},
                ],
            }
            for plane, above in enumerate(heads)
        ],
    }


def _finish(figure: go.Figure, titles: list[str], *, height: int) -> None:
    """Set fonts, margins and what stands above the scenes."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 76, "b": 8},
        paper_bgcolor=PAPER,
        font={"family": FONT, "color": INK, "size": 12},
        hoverlabel={"bgcolor": PAPER, "font": {"color": INK}},
    )
    for annotation, title in zip(figure.layout.annotations, titles, strict=True):
        annotation.update(text=title, font={"size": 13}, y=1.0)
    if len(titles) == 1:  # at the left: the buttons that plotly shows are at the right
        figure.layout.annotations[0].update(x=0, xanchor="left", align="left")
