"""The parts of an interactive figure: traces of one plane, and the box around them."""

import itertools
import textwrap
from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.colors import to_hex

from landscape.figures.coordinates import axis_label
from landscape.figures.levels import Levels, line_color
from landscape.figures.panel import Panel
from landscape.figures.places import inside
from landscape.figures.relief import Relief, height_ticks, lift, notes_on, side_ticks
from landscape.figures.style import INK, PAPER
from landscape.figures.text import in_markup, labels_of
from landscape.surface.data import Array


def make_traces(panel: Panel, levels: Levels, relief: Relief, *, bar: bool) -> list[Any]:
    """Make surface, floor, contours and marks of one plane.

    Args:
        panel: The plane.
        levels: Of all planes.
        relief: Its geometry.
        bar: Draw the colorbar with this one.

    Returns:
        Traces of plotly.
    """
    # Finer than the points, so that bands and cuts have smooth edges.
    alpha, beta, heights = _cut(relief.grid, float(lift(panel.limit, relief.log)))
    shown = 10**heights if relief.log else heights
    shared = {"x": alpha, "y": beta, **_coloring(levels, shown)}
    surface = go.Surface(
        z=heights.astype(np.float32),
        **shared,
        showscale=bar,
        colorbar=_colorbar(levels),
        **_hover(panel, levels, shown),
        lighting={"ambient": 0.92, "diffuse": 0.45, "specular": 0.03, "roughness": 0.9},
        lightposition={"x": -1e4, "y": 1e4, "z": 2e4},
        contours={side: {"highlight": False} for side in "xyz"},
        name="surface",
    )
    floor = go.Surface(
        z=np.where(np.isfinite(shown), relief.floor, np.nan).astype(np.float32),
        **shared,
        showscale=False,
        hoverinfo="skip",
        lighting={"ambient": 1.0, "diffuse": 0.0, "specular": 0.0},
        contours={side: {"highlight": False} for side in "xyz"},
        name="floor",
    )
    return [surface, floor, *_lines(panel, levels, relief), *_marks(panel, levels, relief)]


def _cut(grid: tuple[Array, Array, Array], top: float) -> tuple[Array, Array, Array]:
    """Leave out what is above a height, and draw points beside the edge in to where it is."""
    alpha, beta, heights = grid
    if not np.nanmax(heights, initial=-np.inf) > top:
        return grid
    rows, columns = heights.shape
    padded = np.pad(np.where(heights <= top, heights, np.nan), 1, constant_values=np.nan)
    drawn, count = np.zeros((2, rows, columns)), np.zeros((rows, columns))
    for down, right in itertools.product((-1, 0, 1), repeat=2):
        inside = padded[1 + down : 1 + down + rows, 1 + right : 1 + right + columns]
        with np.errstate(divide="ignore", invalid="ignore"):
            part = (heights - top) / (heights - inside)  # of the way to a neighbour below the top
        found = np.isfinite(part) & (heights > top)
        drawn += np.where(found, part, 0) * np.array([down, right])[:, None, None]
        count += found
    down, right = drawn / np.maximum(count, 1)
    x, y = np.meshgrid(alpha, beta)
    x, y = x + right * (alpha[1] - alpha[0]), y + down * (beta[1] - beta[0])
    cut = np.where(heights <= top, heights, np.where(count > 0, top, np.nan))
    return x.astype(np.float32), y.astype(np.float32), cut


def _coloring(levels: Levels, shown: Array) -> dict[str, Any]:
    """Colour by the place between levels, so that all bands are equally wide on the scale."""
    edges = np.arange(1.0, len(levels.values) + 1)
    place = _extrapolate(shown, np.array(levels.values), edges)
    bands = len(edges) + 1
    colors = [to_hex(levels.colormap(band)) for band in range(bands)]
    steps = [
        (edge / bands, color) for band, color in enumerate(colors) for edge in (band, band + 1)
    ]
    return {
        "surfacecolor": place.astype(np.float32),
        "colorscale": steps,
        "cmin": 0,
        "cmax": bands,
    }


def _extrapolate(shown: Array, values: Array, edges: Array) -> Array:
    """Interpolate, and go on linearly at both ends, so that the outer bands end where they must."""
    below = (shown - values[0]) / (values[1] - values[0])
    above = (shown - values[-1]) / (values[-1] - values[-2])
    place: Array = np.interp(shown, values, edges)
    place += np.clip(below, -99, 0) + np.clip(above, 0, 99)
    return place


def _colorbar(levels: Levels) -> dict[str, Any]:
    """Describe the colorbar."""
    return {
        "tickvals": list(range(1, len(levels.values) + 1)),
        "ticktext": list(levels.labels),
        "title": {"text": in_markup(levels.title), "side": "right", "font": {"size": 13}},
        "thickness": 12,
        "len": 0.62,
        "outlinewidth": 0,
        "ticks": "outside",
        "ticklen": 3,
        "x": 1.0,
    }


def _hover(panel: Panel, levels: Levels, shown: Array) -> dict[str, Any]:
    """Let the mouse read the place, the value, and its relation to the center."""
    name, center = in_markup(levels.metric.replace("_", " ")), panel.plane.center
    values = shown
    if levels.kind != "absolute":
        values = shown * center if levels.kind == "ratio" else shown + center
    multiple = center > 0 and not levels.higher_is_better

    def text(value: float) -> str:
        relation = f"{value / center:.3g}×" if multiple else f"{value - center:+.4g} to"
        return "" if np.isnan(value) else f"{value:.4g}<br>{relation}".replace("-", "−")

    # As an array: plotly would turn the rows of a list into words. What all share is said once.
    texts = np.array([text(value) for value in values.ravel()], dtype=object).reshape(shown.shape)
    place = "α %{x:.3~g}   β %{y:.3~g}"
    template = f"{place}<br>{name} %{{text}} the center<extra></extra>"
    return {"text": texts, "hovertemplate": template}


def _lines(panel: Panel, levels: Levels, relief: Relief) -> list[Any]:
    """Draw contours on the floor, and the bold one on the surface too."""
    lines: dict[tuple[str, bool], list[Array]] = {}
    gap = np.full((1, 3), np.nan)
    step = 0.01 * (relief.top - relief.floor)  # above the floor, which hides them otherwise
    for level, pieces in relief.lines.items():
        height = float(lift(level, relief.log))
        bold = bool(np.isclose(level, panel.doubling))
        # On the surface, where bands have sharp edges anyway, thin lines would drown in part.
        for raised in (relief.floor + step, *([height + step] if bold else [])):
            if raised > relief.top:
                continue
            for piece in pieces:
                points = np.column_stack([piece, np.full(len(piece), raised)])
                lines.setdefault((line_color(levels, level), bold), []).extend([points, gap])
    traces = []
    for (color, bold), pieces in lines.items():
        x, y, z = np.round(np.concatenate(pieces), 5).T
        traces.append(
            go.Scatter3d(
                x=x,
                y=y,
                z=z,
                mode="lines",
                line={"color": color, "width": 6 if bold else 2},
                opacity=1.0 if bold else 0.7,
                hoverinfo="skip",
                showlegend=False,
                name="doubling" if bold else "contours",
                connectgaps=False,
            )
        )
    return traces


def _marks(panel: Panel, levels: Levels, relief: Relief) -> list[Any]:
    """Mark the center and the best point on the floor."""
    best = "grid best" if levels.higher_is_better else "grid minimum"
    marks = {"center": (0.0, 0.0) if panel.center_inside else None, best: panel.best}
    marks |= {in_markup(place.label): (place.alpha, place.beta) for place in inside(panel)}
    height = relief.floor + 0.03 * (relief.top - relief.floor)
    return [
        go.Scatter3d(
            x=[place[0]],
            y=[place[1]],
            z=[height],
            mode="markers",
            name=name,
            showlegend=False,
            marker={
                "size": 4 if name == "center" else 3,
                "symbol": {"center": "circle", best: "diamond"}.get(name, "square"),
                "color": PAPER,
                "line": {"color": INK, "width": 1},
            },
            hovertemplate=f"{name}<br>α %{{x:.2f}}   β %{{y:.2f}}<extra></extra>",
        )
        for name, place in marks.items()
        if place is not None
    ]


def make_head(panel: Panel, levels: Levels, relief: Relief, title: str, *, letters: int) -> str:
    """Write what stands above a box: its title and radius, and below what else must be known.

    Args:
        panel: The plane.
        levels: Of all planes.
        relief: Where it is cut.
        title: As the user gave it.
        letters: In a line of the rest; a longer one would be cut at the sides of its box.

    Returns:
        Lines in plotly's markup.
    """
    radius = f"r<sub>2×</sub> {in_markup(panel.radius)}" if panel.radius else ""
    radius = f"center {in_markup(panel.peak)}" if panel.peak else radius
    first = "  ".join(filter(None, (f"<b>{in_markup(title)}</b>" if title else "", radius)))
    lines = textwrap.wrap(" · ".join(notes_on(panel, levels, relief)), letters)
    others = "<br>".join(map(in_markup, lines))
    return f'{first or " "}<br><span style="font-size:11px">{others or " "}</span>'


def make_scene(panel: Panel, levels: Levels, relief: Relief, size: float) -> dict[str, Any]:
    """Describe a quiet box with equal scales for alpha and beta.

    Args:
        panel: The plane.
        levels: Of all planes.
        relief: Its range of heights.
        size: Of the box, as plotly measures it.

    Returns:
        A scene of plotly's layout.
    """
    bottom, top = relief.bottom, relief.ceiling
    quiet = {
        "showbackground": False,
        "showgrid": False,
        "zeroline": False,
        "showspikes": False,
        "ticks": "outside",
        "ticklen": 3,
        "tickangle": 0,
        "tickfont": {"size": 11},
    }
    heights = height_ticks((bottom, top), log=relief.log, ratio=levels.kind == "ratio")
    values = [10**height if relief.log else height for height in heights]
    ticks = {"tickvals": heights, "ticktext": list(labels_of(values, levels.kind))}
    sides = {
        axis: {
            **quiet,
            "title": {"text": in_markup(axis_label(name, what))},
            "range": [float(side[0]), float(side[-1])],
            "tickvals": side_ticks(side),
        }
        for axis, name, what, side in zip(
            ("xaxis", "yaxis"), "αβ", panel.axes, (panel.alpha, panel.beta), strict=True
        )
    }
    return {
        **sides,
        "zaxis": {
            **quiet,
            "title": {"text": ""},
            **ticks,
            "range": [bottom - 0.72 * (top - bottom), top + 0.005 * (top - bottom)],
        },
        "aspectmode": "manual",
        "aspectratio": {"x": size, "y": size * panel.aspect, "z": size},
        "camera": {
            "eye": {"x": 0.9, "y": -1.36, "z": 1.25},
            "center": {"x": 0, "y": 0, "z": -0.05},
            "projection": {"type": "orthographic"},
        },
    }
