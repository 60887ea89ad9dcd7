"""`landscape plot`: figures from surface files."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from landscape.cli.paths import check_metrics, check_output
from landscape.cli.signals import work_begins
from landscape.cli.terminal import print_result, say, shown
from landscape.cli.words import numbers_of
from landscape.errors import LandscapeError
from landscape.settings import split_commas

if TYPE_CHECKING:
    from landscape.figures import Drawing
    from landscape.surface import Surface

Kind = Literal["contour", "surface", "line", "trajectory"]
PresetName = Literal["column", "page", "slide", "dark"]
Units = Literal["ratio", "difference", "absolute"]

_INSTEAD = {
    "--levels": "leave it out: a line has an axis",
    "--log": "give levels in equal ratios: --levels 0.1,0.3,1,3,10",
    "--plane": "leave it out: all planes are shown",
    "--preset": "leave it out: a page follows its browser",
    "--width": "leave it out: a page is as wide as its window",
}
"""Options that not every figure has, and what to do where one would have no effect."""


def plot(
    surfaces: Annotated[list[Path], Parameter(negative=(), consume_multiple=True)],
    /,
    *,
    out: Path,
    kind: Kind | None = None,
    metric: str = "loss",
    plane: int | None = None,
    levels: str | None = None,
    units: Units | None = None,
    log: Annotated[bool, Parameter(negative=())] = False,
    preset: PresetName | None = None,
    width: str | None = None,
    title: Annotated[list[str] | None, Parameter(alias="--label", negative=())] = None,
    caption: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Draw surface files or metrics; several ones side by side with equal levels.

    Args:
        surfaces: Surface files.
        out: File to write: .pdf, .png or .svg; .html for an interactive 3-D surface; .gif for a
            trajectory that grows.
        kind: contour, surface (3-D), line (the profile along the first direction), or trajectory
            (the path of an optimizer, what it has by itself and how far off the plane it is); by
            default what suits the files.
        metric: Which of their metrics; several of one kind with commas, such as loss,test_loss.
        plane: Which replicate plane; by default the first, which is 0. A line shows all of them,
            and a page shows this one first and lets choose.
        levels: Levels of contours, such as 1,2,5: ascending, absolute unless --units says
            otherwise. By default multiples of the value at the center; of an accuracy, values.
        units: Multiples of the value at the center, differences to it, or values as they are.
        log: Logarithmic heights of a surface or a line.
        preset: column or page of a paper, slide (16:9, larger text), or dark for a dark notebook.
        width: column, page, or a number of inches; by default that of the preset, or a column for
            one panel.
        title: Above the panel, or in the legend of a line: once for each file, in place of its
            name.
        caption: Print what can stand below the figure in a paper, which is in the file as well.

    Raises:
        LandscapeError: If options do not go together.
    """
    check_output(out, (".pdf", ".png", ".svg", ".html", ".gif"), "a figure")
    kind = _kind_of(out, kind)
    if title is not None and len(title) != len(surfaces):
        raise LandscapeError(
            f"expected one --title for each file, got {len(title)} for {len(surfaces)}"
        )
    metrics = split_commas(metric)
    several = len(surfaces) > 1 or len(metrics) > 1
    values = numbers_of(levels, option="--levels", example="1,2,5")
    inches = None
    if width or preset in {None, "dark"}:  # which have no width
        inches = _inches(width, panels=2 if several or kind == "trajectory" else 1)

    from landscape.surface import load

    loaded = [load(path) for path in surfaces]
    check_metrics(loaded, metrics)
    _check_plane(loaded, surfaces, plane or 0)
    page = out.suffix.lower() == ".html"
    chosen = kind or ("line" if loaded[0].is_line else "contour")
    given = {
        "--levels": values is not None,
        "--log": log,
        "--plane": plane is not None,
        "--preset": preset is not None,
        "--width": width is not None,
    }
    _check_effect(chosen, given, page=page)

    from landscape import figures

    work_begins()
    matrix = _arrange(loaded, title or [shown(path.stem) for path in surfaces], metrics)
    if title is None and len(surfaces) == 1 and len(metrics) > 1:
        matrix = replace(matrix, rows=[""])  # the metrics tell enough
    options: dict[str, Any] = {"metric": matrix.metric, "plane": plane or 0, "log": log}
    options |= {} if page else {"preset": preset, "width": inches}
    if chosen == "line":
        options["kind"] = units or "absolute"
    else:
        sort = units or ("absolute" if values else None)
        options["levels"] = figures.levels_for(
            matrix.surfaces, metric=matrix.metric, kind=sort, values=values
        )
    below = figures.caption(
        matrix.surfaces,
        titles=matrix.titles,
        metric=matrix.metric,
        plane=None if chosen == "line" else plane or 0,
        levels=options.get("levels"),
        relief=chosen == "surface",
    )
    about = {"files": [dict(surface.metadata) for surface in loaded], "caption": below}
    if page:
        figure = figures.draw_interactive(matrix.surfaces, matrix.titles, **options)
        made = figures.write_html(figure, out)
    elif out.suffix.lower() == ".gif":
        drawing = _trajectory(matrix, options)
        made = figures.animate_trajectory(drawing, loaded[0], out, metadata=about)
    else:
        drawing = _figure(chosen, matrix, options)
        made = figures.save_figure(drawing, out, metadata=about)
    say(shown(made))
    if caption:
        print_result(below)
    for surface, path in zip(loaded, surfaces, strict=True):
        if "unknown" in surface.metadata:  # to the file of another program
            say(f"not known of {shown(path)}: {shown(surface.metadata['unknown'])}")


def _kind_of(out: Path, kind: Kind | None) -> Kind | None:
    """Return the kind of figure that a file shows; None where that is left to the surfaces."""
    shows: dict[str, tuple[Kind, str]] = {
        ".gif": ("trajectory", "a .gif file shows a trajectory"),
        ".html": ("surface", "an .html file shows a 3-D surface"),
    }
    only, what = shows.get(out.suffix.lower(), (kind, ""))
    if kind not in {None, only}:
        raise LandscapeError(
            f"{what}, not a {kind}", hint=f"use --kind {only}, or another file name ending"
        )
    return only


@dataclass(frozen=True)
class _Matrix:
    """What is drawn: files in a row, or a row of metrics for each file."""

    surfaces_in_rows: list[list["Surface"]]
    rows: list[str]
    columns: list[str]
    metric: str

    @property
    def surfaces(self) -> list["Surface"]:
        """All, row by row."""
        return [one for row in self.surfaces_in_rows for one in row]

    @property
    def titles(self) -> list[str]:
        """A name for each."""
        return [", ".join(filter(None, name)) for name in product(self.rows, self.columns)]


def _arrange(surfaces: list["Surface"], names: list[str], metrics: tuple[str, ...]) -> _Matrix:
    """Put files beside each other, or the metrics of each."""
    if len(metrics) == 1:
        return _Matrix([surfaces], [""], names, metrics[0])

    from landscape.figures.metrics import by_metric, metric_titles

    rows, metric = by_metric(surfaces, metrics)
    return _Matrix(rows, names, metric_titles(metrics), metric)


def _figure(kind: Kind, matrix: _Matrix, options: dict[str, Any]) -> "Drawing":
    """Draw a figure of a paper."""
    from landscape import figures

    if kind == "line":
        return _line(matrix, options)
    if kind == "trajectory":
        return _trajectory(matrix, options)
    if kind == "contour":
        options |= {"rows": matrix.rows, "columns": matrix.columns}
        return figures.draw_contours(matrix.surfaces_in_rows, **options)
    return figures.draw_surfaces(matrix.surfaces, titles=matrix.titles, **options)


def _line(matrix: _Matrix, options: dict[str, Any]) -> "Drawing":
    """Draw lines, each the mean of all its planes, into one panel."""
    from landscape import figures
    from landscape.measures.comparable import shared_kind

    shared_kind(matrix.surfaces, options["metric"])
    del options["plane"]
    axes, drawing = None, None
    for surface, title in zip(matrix.surfaces, matrix.titles, strict=True):
        drawing = figures.draw_line(surface, axes, label=title, **options)
        axes = drawing.axes
    assert drawing is not None
    return drawing


def _trajectory(matrix: _Matrix, options: dict[str, Any]) -> "Drawing":
    """Draw the paths of one file."""
    from landscape import figures

    if len(matrix.surfaces) > 1:
        raise LandscapeError(
            f"expected one file and metric for a trajectory, got {len(matrix.surfaces)} panels",
            hint="several paths share a plane: compute --along pca:sgd,adam",
        )
    (surface,), (title,) = matrix.surfaces, matrix.titles
    return figures.draw_trajectory(surface, title=title, **options)


def _inches(text: str | None, *, panels: int) -> float:
    """Read a width.

    Example:
        >>> _inches("column", panels=1), _inches("5.5", panels=2), _inches(None, panels=2)
        (3.5, 5.5, 7.16)
    """
    named = {"column": 3.5, "page": 7.16}  # of a paper in two columns
    if text is None:
        return named["column" if panels == 1 else "page"]
    try:
        inches = named[text] if text in named else float(text)
    except ValueError:
        inches = math.nan
    if not 1 <= inches <= 100:
        raise LandscapeError(
            f"expected --width to be column, page, or inches from 1 to 100, got {text!r}"
        )
    return inches


def _check_plane(surfaces: list["Surface"], paths: list[Path], plane: int) -> None:
    """Refuse a plane that a file does not have."""
    for surface, path in zip(surfaces, paths, strict=True):
        if not 0 <= plane < surface.planes:
            numbers = f"from 0 to {surface.planes - 1}" if surface.planes > 1 else "0"
            raise LandscapeError(f"expected --plane {numbers} for {path}, got {plane}")


def _check_effect(kind: Kind, given: Mapping[str, bool], *, page: bool) -> None:
    """Refuse options that would have no effect."""
    if page:
        what, idle = "a page", {"--preset", "--width"}
    else:
        what = {"contour": "contours"}.get(kind, f"a {kind}")
        idle = {"contour": {"--log"}, "trajectory": {"--log"}, "line": {"--levels", "--plane"}}.get(
            kind, set()
        )
    for option, instead in _INSTEAD.items():
        if option in idle and given[option]:
            raise LandscapeError(f"{option} has no effect on {what}", hint=instead)
