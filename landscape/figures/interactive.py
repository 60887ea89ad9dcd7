"""Surfaces to turn and to read with the mouse: plotly figures, also as one offline page."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.colors import to_hex
from plotly.subplots import make_subplots

from landscape.errors import LandscapeError
from landscape.figures.files import write_whole
from landscape.figures.levels import Levels, label_of, levels_for, line_color
from landscape.figures.panel import Panel, make_panel
from landscape.figures.relief import Relief, common_range, height_ticks, lift, make_relief
from landscape.figures.style import INK, PAPER, axis_label
from landscape.surface.surface import Array, Surface

CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "responsive": True,
    "plotlyServerURL": "",
    "modeBarButtonsToRemove": ["resetCameraLastSave3d"],
}
"""Of every plotly figure in a page: nothing in it leads away from the page."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

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


@dataclass(frozen=True, kw_only=True)
class _Scale:
    """What all surfaces of a figure share."""

    levels: Levels
    limits: tuple[float, float]
    log: bool


def explore(
    surface: Surface,
    *,
    metric: str = "loss",
    levels: Levels | None = None,
    log: bool = False,
    top: float | None = None,
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
        top: Where to cut, in units of the levels; None cuts at the highest level.
        title: Above the figure.

    Returns:
        The figure. `write_html` makes an offline page of it.

    Raises:
        LandscapeError: If the surface is a line, has no finite value, or log is asked for where
            values are not positive.
    """
    levels = levels or levels_for(surface, metric=metric)
    panels = [make_panel(surface, levels, plane=plane) for plane in range(surface.planes)]
    scale = _Scale(
        levels=levels, limits=common_range(panels, levels, log=log, top=top), log=log
    )
    figure = go.Figure()
    counts = []
    for index, panel in enumerate(panels):
        traces = _traces(panel, scale, bar=True)
        for trace in traces:
            trace.visible = index == 0
        figure.add_traces(traces)
        counts.append(len(traces))
    _finish(figure, [title or _said(panels[0], scale)], height=620)
    figure.update_layout(scene=_scene(surface, panels[0], scale))
    if surface.planes > 1:
        figure.update_layout(updatemenus=[_selector(counts)])
    return figure


def explore_pair(
    surfaces: Sequence[Surface],
    titles: Sequence[str],
    *,
    plane: int = 0,
    metric: str = "loss",
    levels: Levels | None = None,
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
    levels = levels or levels_for(surfaces, metric=metric)
    panels = [make_panel(surface, levels, plane=plane) for surface in surfaces]
    scale = _Scale(
        levels=levels, limits=common_range(panels, levels, log=log, top=None), log=log
    )
    figure = make_subplots(
        rows=1,
        cols=len(panels),
        specs=[[{"type": "scene"}] * len(panels)],
        horizontal_spacing=0.01,
        subplot_titles=[" "] * len(panels),
    )
    for index, (surface, panel) in enumerate(zip(surfaces, panels, strict=True)):
        for trace in _traces(panel, scale, bar=index == 0):
            figure.add_trace(trace, row=1, col=index + 1)
        name = "scene" if index == 0 else f"scene{index + 1}"
        figure.update_layout({name: _scene(surface, panel, scale)})
    said = [_said(panel, scale) for panel in panels]
    names = [f"<b>{title}</b>  {note}" for title, note in zip(titles, said, strict=True)]
    _finish(figure, names, height=520)
    figure.update_layout(meta={"linked": True})
    return figure


def write_html(figure: go.Figure, path: str | Path) -> Path:
    """Write an interactive figure as one page that needs no network.

    Args:
        figure: Of `explore` or `explore_pair`.
        path: Ends in .html.

    Returns:
        The path.

    Raises:
        LandscapeError: If the suffix is another.
    """
    path = Path(path)
    if path.suffix.lower() not in {".html", ".htm"}:
        raise LandscapeError(
            f"expected a file name ending in .html, got {path.name!r}",
            hint="for .pdf, .png and .svg draw a static figure and use save_figure",
        )
    page = figure.to_html(
        config=CONFIG,
        include_plotlyjs=True,
        include_mathjax=False,
        post_script=post_scripts(figure),
        full_html=True,
        div_id="figure",
        default_height="96vh",
    )
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


def _traces(panel: Panel, scale: _Scale, *, bar: bool) -> list[Any]:
    """Make surface, floor, contours and marks of one plane."""
    relief = make_relief(panel, scale.levels, log=scale.log, limits=scale.limits)
    shared = _coloring(panel, scale)
    heights = lift(panel.shown, scale.log).astype(np.float32)
    surface = go.Surface(
        z=heights,
        **shared,
        showscale=bar,
        colorbar=_colorbar(scale.levels),
        text=_hover_texts(panel, scale.levels),
        hoverinfo="text",
        lighting={"ambient": 0.92, "diffuse": 0.45, "specular": 0.03, "roughness": 0.9},
        lightposition={"x": -1e4, "y": 1e4, "z": 2e4},
        contours={side: {"highlight": False} for side in "xyz"},
        name="surface",
    )
    floor = go.Surface(
        z=np.where(panel.hidden, np.nan, relief.floor).astype(np.float32),
        **shared,
        showscale=False,
        hoverinfo="skip",
        lighting={"ambient": 1.0, "diffuse": 0.0, "specular": 0.0},
        contours={side: {"highlight": False} for side in "xyz"},
        name="floor",
    )
    return [surface, floor, *_line_traces(panel, scale, relief), *_marks(panel, relief)]


def _coloring(panel: Panel, scale: _Scale) -> dict[str, Any]:
    """Colour by the place between levels, so that all bands are equally wide on the scale."""
    levels = scale.levels
    edges = np.arange(1, len(levels.values) + 1)
    place = _extrapolate(panel.shown, np.array(levels.values), edges)
    bands = len(edges) + 1
    colors = [to_hex(levels.colormap(band)) for band in range(bands)]
    steps = [(edge / bands, color) for band, color in enumerate(colors) for edge in (band, band + 1)]
    return {
        "x": panel.alpha,
        "y": panel.beta,
        "surfacecolor": np.where(panel.hidden, np.nan, place).astype(np.float32),
        "colorscale": steps,
        "cmin": 0,
        "cmax": bands,
    }


def _extrapolate(shown: Array, values: Array, edges: Array) -> Array:
    """Interpolate, and go on linearly at both ends, so that the outer bands end where they must."""
    place = np.interp(shown, values, edges)
    below, above = (shown - values[0]) / (values[1] - values[0]), (shown - values[-1]) / (
        values[-1] - values[-2]
    )
    return place + np.clip(below, -99, 0) + np.clip(above, 0, 99)


def _colorbar(levels: Levels) -> dict[str, Any]:
    """Describe the colorbar."""
    return {
        "tickvals": list(range(1, len(levels.values) + 1)),
        "ticktext": list(levels.labels),
        "title": {"text": levels.title, "side": "right", "font": {"size": 13}},
        "thickness": 12,
        "len": 0.62,
        "outlinewidth": 0,
        "ticks": "outside",
        "ticklen": 3,
        "x": 1.0,
    }


def _hover_texts(panel: Panel, levels: Levels) -> list[list[str]]:
    """Write the value and its relation to the center for each point."""
    name = levels.metric.replace("_", " ")

    def text(alpha: float, beta: float, value: float) -> str:
        said = f"α {alpha:.3g}   β {beta:.3g}<br>{name} {value:.4g}".replace("-", "−")
        if panel.center > 0:
            return f"{said}<br>{value / panel.center:.3g}× the center"
        return f"{said}<br>{value - panel.center:+.4g} to the center".replace("-", "−")

    return [
        [
            "" if np.isnan(value) else text(alpha, beta, value)
            for alpha, value in zip(panel.alpha, row, strict=True)
        ]
        for beta, row in zip(panel.beta, panel.values, strict=True)
    ]


def _line_traces(panel: Panel, scale: _Scale, relief: Relief) -> list[Any]:
    """Draw contours on the floor and, up to the top, on the surface."""
    lines: dict[tuple[str, bool], list[Array]] = {}
    gap = np.full((1, 3), np.nan)
    step = 0.012 * (relief.top - relief.floor)  # above the surface, which hides them otherwise
    for level, pieces in relief.lines.items():
        height = float(lift(level, scale.log)) if not scale.log or level > 0 else np.inf
        bold = bool(np.isclose(level, panel.doubling))
        for raised in (relief.floor + step, height + 0.4 * step):
            if raised > relief.top:
                continue
            for piece in pieces:
                points = np.column_stack([piece, np.full(len(piece), raised)])
                lines.setdefault((line_color(scale.levels, level), bold), []).extend([points, gap])
    traces = []
    for (color, bold), pieces in lines.items():
        x, y, z = np.round(np.concatenate(pieces), 5).T
        traces.append(
            go.Scatter3d(
                x=x, y=y, z=z, mode="lines", line={"color": color, "width": 6 if bold else 2},
                opacity=1.0 if bold else 0.7, hoverinfo="skip", showlegend=False,
                name="doubling" if bold else "contours", connectgaps=False,
            )  # fmt: skip
        )
    return traces


def _marks(panel: Panel, relief: Relief) -> list[Any]:
    """Mark the center and the grid minimum on the floor."""
    marks = {"center": (0.0, 0.0) if panel.center_inside else None, "grid minimum": panel.minimum}
    symbols = {"center": "circle", "grid minimum": "x"}
    height = relief.floor + 0.03 * (relief.top - relief.floor)
    return [
        go.Scatter3d(
            x=[place[0]], y=[place[1]], z=[height], mode="markers", name=name, showlegend=False,
            marker={"size": 4 if name == "center" else 3, "symbol": symbols[name], "color": PAPER,
                    "line": {"color": INK, "width": 1}},
            hovertemplate=f"{name}<br>α %{{x:.2f}}   β %{{y:.2f}}<extra></extra>",
        )
        for name, place in marks.items()
        if place is not None
    ]  # fmt: skip


def _said(panel: Panel, scale: _Scale) -> str:
    """Write what must be known of a panel: its radius, what is clipped or missing."""
    said = [f"r<sub>2×</sub> {panel.radius.replace('<', '&lt;').replace('>', '&gt;')}"] if panel.radius else []
    highest = float(np.nanmax(panel.shown))
    if lift(highest, scale.log) > scale.limits[1] * (1 + 1e-9):
        top = 10 ** scale.limits[1] if scale.log else scale.limits[1]
        said.append(f"cut at {label_of(top, scale.levels.kind)}")
    said += [scale.levels.remark] if scale.levels.remark else []
    notes = [note.replace("<", "&lt;").replace("(hatched)", "(left out)") for note in panel.notes]
    return " · ".join([*said, *notes])


def _scene(surface: Surface, panel: Panel, scale: _Scale) -> dict[str, Any]:
    """Describe a quiet box with equal sides for alpha and beta."""
    bottom, top = scale.limits
    quiet = {"showbackground": False, "showgrid": False, "zeroline": False, "showspikes": False,
             "ticks": "outside", "ticklen": 3, "tickangle": 0, "tickfont": {"size": 11}}  # fmt: skip
    heights = height_ticks(scale.limits, log=scale.log, ratio=scale.levels.kind == "ratio")
    values = [10**height if scale.log else height for height in heights]
    ticks = {
        "tickvals": heights,
        "ticktext": [label_of(value, scale.levels.kind) for value in values],
    }
    aspect = float(np.ptp(panel.beta) / np.ptp(panel.alpha))
    return {
        "xaxis": {**quiet, "title": {"text": axis_label("α", surface.metadata)}, "nticks": 5},
        "yaxis": {**quiet, "title": {"text": axis_label("β", surface.metadata)}, "nticks": 5},
        "zaxis": {**quiet, "title": {"text": ""}, **ticks,
                  "range": [bottom - 0.72 * (top - bottom), top + 0.005 * (top - bottom)]},
        "aspectmode": "manual",
        "aspectratio": {"x": 1.3, "y": 1.3 * aspect, "z": 1.3},
        "camera": {"eye": {"x": 0.95, "y": -1.45, "z": 1.05}, "center": {"x": 0, "y": 0, "z": -0.12},
                   "projection": {"type": "orthographic"}},
    }  # fmt: skip


def _selector(counts: list[int]) -> dict[str, Any]:
    """Make the menu that shows one plane at a time."""
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
                "args": [{"visible": [bool(o == plane) for o in owner]}],
            }
            for plane in range(len(counts))
        ],
    }


def _finish(figure: go.Figure, titles: list[str], *, height: int) -> None:
    """Set fonts, margins and what stands above the scenes."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 40, "b": 8},
        paper_bgcolor=PAPER,
        font={"family": FONT, "color": INK, "size": 12},
        hoverlabel={"bgcolor": PAPER, "font": {"color": INK}},
    )
    if len(titles) == 1:
        figure.update_layout(title={"text": titles[0], "font": {"size": 13}, "x": 0.5, "y": 0.98})
        return
    for annotation, title in zip(figure.layout.annotations, titles, strict=True):
        annotation.update(text=title, font={"size": 13}, y=1.0)
