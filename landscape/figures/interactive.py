"""Surfaces to turn and to read with the mouse: plotly figures, also as one offline page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from landscape.errors import LandscapeError, check_suffix
from landscape.figures.levels import Levels, chosen_levels
from landscape.figures.panel import compared, make_panel
from landscape.figures.relief import make_reliefs
from landscape.figures.save import write_whole
from landscape.figures.scene import make_head, make_scene, make_traces
from landscape.figures.style import INK, PAPER
from landscape.figures.text import in_markup
from landscape.surface.data import Surface

CONFIG: dict[str, Any] = {
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


def explore(
    surface: Surface,
    *,
    metric: str = "loss",
    levels: Levels | Sequence[float] | None = None,
    log: bool = False,
    title: str = "",
) -> go.Figure:
    """Make a surface that can be turned, over its contours, with a selector of planes.

    The mouse reads alpha, beta, the loss, and its relation to the center. Colours, levels and the
    cut at the top are those of `draw_surface`.

    Args:
        surface: Two-dimensional.
        metric: What to show.
        levels: Of `levels_for`; None fits them to this surface, with all its planes.
        log: Logarithmic heights.
        title: Above the figure, before what must be known of the plane that is shown.

    Returns:
        The figure. `write_html` makes an offline page of it.

    Raises:
        LandscapeError: If the surface is a line, has no finite value, or log is asked for where
            values are not positive.
    """
    levels = chosen_levels(levels, surface, metric=metric)
    panels = [
        make_panel(surface, levels, plane=plane, chosen=True) for plane in range(surface.planes)
    ]
    reliefs = make_reliefs(panels, levels, log=log)
    figure = go.Figure()
    heads, counts = [], []
    for index, (panel, relief) in enumerate(zip(panels, reliefs, strict=True)):
        traces = make_traces(panel, levels, relief, bar=True)
        for trace in traces:
            trace.visible = index == 0
        figure.add_traces(traces)
        heads.append(make_head(panel, levels, relief, title, letters=_LETTERS))
        counts.append(len(traces))
    # At the left: the buttons that plotly shows are at the right.
    place = {"x": 0, "xanchor": "left", "xref": "paper", "yref": "paper", "yanchor": "bottom"}
    figure.add_annotation(**place, align="left", showarrow=False)
    _finish(figure, heads[:1], height=620)
    figure.update_layout(scene=make_scene(panels[0], levels, reliefs[0], size=1.2))
    if surface.planes > 1:
        figure.update_layout(updatemenus=[_selector(heads, counts)])
    return figure


def explore_pair(
    surfaces: Sequence[Surface],
    titles: Sequence[str],
    *,
    plane: int = 0,
    metric: str = "loss",
    levels: Levels | Sequence[float] | None = None,
    log: bool = False,
) -> go.Figure:
    """Make surfaces side by side, with equal heights and colours, that turn together.

    Args:
        surfaces: Two, or three where there is room.
        titles: One for each.
        plane: Which replicate plane of each.
        metric: What to show.
        levels: None fits them to all of the surfaces.
        log: Logarithmic heights.

    Returns:
        The figure. In a page of `write_html` or `write_report` the cameras are linked.

    Raises:
        LandscapeError: If there are not as many titles as surfaces; else as `explore`.
    """
    if not surfaces or len(titles) != len(surfaces):
        raise LandscapeError(
            f"expected surfaces and as many titles, got {len(surfaces)} and {len(titles)}"
        )
    levels = chosen_levels(levels, surfaces, metric=metric)
    panels = compared([make_panel(surface, levels, plane=plane) for surface in surfaces])
    reliefs = make_reliefs(panels, levels, log=log)
    figure = make_subplots(
        rows=1,
        cols=len(panels),
        specs=[[{"type": "scene"}] * len(panels)],
        horizontal_spacing=0.01,
        subplot_titles=[" "] * len(panels),
    )
    heads = []
    for index, (panel, relief, title) in enumerate(zip(panels, reliefs, titles, strict=True)):
        for trace in make_traces(panel, levels, relief, bar=index == 0):
            figure.add_trace(trace, row=1, col=index + 1)
        name = "scene" if index == 0 else f"scene{index + 1}"
        figure.update_layout({name: make_scene(panel, levels, relief, size=1.05)})
        letters = _LETTERS // len(panels)
        heads.append(make_head(panel, levels, relief, title, letters=letters))
    _finish(figure, heads, height=460)
    figure.update_layout(meta={"linked": True})
    return figure


def write_html(figure: go.Figure, path: str | Path) -> Path:
    """Write an interactive figure as one page that needs no network.

    Args:
        figure: Of `explore` or `explore_pair`.
        path: Ends in .html; the window is titled as the file.

    Returns:
        The path.

    Raises:
        LandscapeError: If the figure or suffix is another, or the file cannot be written.
    """
    path = Path(path)
    static = "other figures go to .pdf, .png or .svg, with save_figure"
    check_suffix(path, (".html",), hint=static)
    if not isinstance(figure, go.Figure):
        raise LandscapeError(
            f"expected an interactive figure, got a {type(figure).__name__}", hint=static
        )
    scenes = max(1, len(list(figure.select_scenes())))
    whole = go.Figure(figure)
    whole.layout.height = None  # as high as the window
    plot = whole.to_html(
        config=CONFIG,
        include_plotlyjs=True,
        include_mathjax=False,
        post_script=post_scripts(figure),
        full_html=False,
        div_id="figure",
        # A scene that is higher than wide would be cut at its sides.
        default_height=f"min(96vh, max({100 / scenes:.0f}vw, 410px))",
    )
    page = _PAGE.format(title=in_markup(path.stem), plot=plot, narrowest=100 + 340 * scenes)
    return write_whole(path, page)


def post_scripts(figure: go.Figure) -> list[str]:
    """Return the scripts that a figure needs in a page.

    Args:
        figure: Of this module, or any other.

    Returns:
        For linked cameras one script, else none.
    """
    meta = figure.layout.meta
    return [_LINK] if isinstance(meta, dict) and meta.get("linked") else []


def _selector(heads: list[str], counts: list[int]) -> dict[str, Any]:
    """Make the menu that shows one plane at a time, and what must be known of it."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return {
        "type": "dropdown",
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
                    {"visible": [bool(o == plane) for o in owner]},
                    {"annotations[0].text": head},
                ],
            }
            for plane, head in enumerate(heads)
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
