"""`landscape export`: surfaces for other programs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from landscape.cli.paths import check_inputs, check_output
from landscape.cli.signals import work_begins
from landscape.cli.terminal import say, shown, warn

if TYPE_CHECKING:
    from landscape.surface import Surface


def export(
    surface: Path,
    /,
    *,
    out: Path,
    metric: str = "loss",
    plane: int = 0,
    log: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Write a surface file for another program; the ending of the name says how.

    Args:
        surface: A surface file.
        out: .vts a grid and .vtp a line or path (VTK, ParaView); .ply and .stl a closed body; .csv
            one row a point, with errors; .npy an array; .nc all of it (NetCDF); .h5 the layout of
            Li et al., with directions and trajectory beside it where there are any.
        metric: Which metric is the height, or the array.
        plane: Which replicate plane, where a file holds one.
        log: Logarithmic heights.
    """
    from landscape.surface import load
    from landscape.surface.exchange.exporting import SUFFIXES
    from landscape.surface.exchange.exporting import export as export_surface

    check_output(out, SUFFIXES, "a file for another program")
    check_inputs([surface])
    work_begins()
    for path in export_surface(surface, out, metric=metric, plane=plane, log=log):
        say(shown(path))
    for text in _left_out(load(surface), plane, out.suffix.lower()):
        warn(text)


def _left_out(found: "Surface", plane: int, suffix: str) -> list[str]:
    """Say which planes a file does not have, and that not all of its numbers were measured."""
    one = suffix not in {".csv", ".nc"}
    said = [f"plane {plane} of {found.planes} (--plane N)"] if one and found.planes > 1 else []
    estimated = found.estimated[plane : plane + 1] if one else found.estimated
    if estimated.any():
        from landscape.measures.accuracy import accuracy

        marked = ", which the file does not mark" if suffix in {".npy", ".stl"} else ""
        said.append(f"{estimated.sum()} of {estimated.size} points are estimates{marked}")
        said.append(accuracy(found))
    return said
