"""`landscape import`: surfaces that other programs computed."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from landscape.cli.paths import check_inputs, check_output
from landscape.cli.signals import work_begins
from landscape.cli.terminal import say, shown
from landscape.cli.words import numbers_of


def import_(
    file: Path,
    /,
    *,
    out: Path,
    directions: Path | None = None,
    trajectory: Path | None = None,
    order: Literal["yx", "xy"] | None = None,
    distance: float | None = None,
    window: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
) -> None:
    """Read a surface that another program computed, to measure and draw it here.

    What the file does not say is named: `landscape stats`, `plot` and `info` repeat it.

    Args:
        file: A surface file of Li et al. (.h5), or an array (.npy) of shape (beta, alpha), or
            (alpha,) for a line.
        out: The surface file to write.
        directions: Of Li et al.: the file of directions; by default the one that the surface file
            names, if it lies beside it.
        trajectory: Of Li et al.: a file of projected checkpoints.
        order: Of Li et al., where not square: which index comes first in the arrays. By default
            what the shape, or a clearly smoother surface, tells.
        distance: Of an array of loss-landscapes: that argument of random_plane or random_line.
        window: Of any other array: ends of alpha and beta, such as -1,1,-1,1.
    """
    from landscape.surface.exchange.importing import import_surface
    from landscape.surface.file import SUFFIXES

    check_output(out, SUFFIXES, "a surface file")
    check_inputs([path for path in (file, directions, trajectory) if path is not None])
    ends = numbers_of(window, option="--window", example="-1,1,-1,1")
    work_begins()
    surface = import_surface(
        file,
        out,
        directions=directions,
        trajectory=trajectory,
        order=order,
        distance=distance,
        window=ends,
    )
    measured, estimated = int(surface.measured.sum()), int(surface.estimated.sum())
    rest = f" measured, {estimated} estimated" if estimated else ""
    say(f"{shown(out)}: {measured} of {surface.status.size} points{rest}")
    if surface.refined is not None:
        from landscape.measures.accuracy import accuracy

        say(accuracy(surface))
    say(f"from a {shown(surface.metadata['imported'])}")
    say(f"not known: {shown(surface.metadata['unknown'])}")
