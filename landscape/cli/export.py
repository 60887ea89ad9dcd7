"""`landscape export`: surfaces for other programs."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from landscape.cli.paths import check_inputs, check_output
from landscape.cli.signals import work_begins
from landscape.cli.terminal import say, shown


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
    from landscape.surface.exchange.exporting import SUFFIXES
    from landscape.surface.exchange.exporting import export as export_surface

    check_output(out, SUFFIXES, "a file for another program")
    check_inputs([surface])
    work_begins()
    for path in export_surface(surface, out, metric=metric, plane=plane, log=log):
        say(shown(path))
