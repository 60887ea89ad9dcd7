"""`landscape compute`: evaluate a problem on grids."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from landscape.cli.layers import check_alike, compute_layers
from landscape.cli.paths import check_folder, check_inputs, check_output
from landscape.cli.progress import progress_reporter
from landscape.cli.run import DONE, ERROR, FAILED_POINTS, AsJson, Device, Workers
from landscape.cli.terminal import say, shown, warn
from landscape.cli.words import Arguments, pairs_of
from landscape.errors import LandscapeError
from landscape.loading import check_spec, load_problem
from landscape.settings import GridSettings, direction_word

if TYPE_CHECKING:
    from landscape.surface import Surface

_LITTLE = (
    0.1  # share of the points below the highest level; 0.07 is typical of networks at radius 1
)


def compute(
    problem: str,
    /,
    *,
    out: Path,
    arguments: Arguments = None,
    grid: Annotated[GridSettings, Parameter(name="*")] = GridSettings(),  # noqa: B008, frozen
    workers: Workers = None,
    dask: str | None = None,
    device: Device = "auto",
    overwrite: Annotated[bool, Parameter(negative=())] = False,
    store_directions: Annotated[bool, Parameter(negative=())] = False,
    each_layer: Annotated[bool, Parameter(negative=())] = False,
    as_json: AsJson = False,
) -> int:
    """Evaluate a problem on grids around its center and write a surface file.

    An interrupted run goes on when the same command is given again.

    Args:
        problem: FILE.py:build or package.module:build, a function that returns a Problem.
        out: The surface file to write or to continue (HDF5).
        arguments: An argument of build as name=value; may be given several times.
        grid: Which points.
        workers: Processes with one thread each; by default one for each core.
        dask: Evaluate on a Dask cluster: the address of its scheduler (tcp://host:8786), or its
            scheduler file.
        device: Where to evaluate: auto, cpu, cuda, or one of several GPUs, such as cuda:1.
        overwrite: Replace an existing file.
        store_directions: Write the directions to the file, each as large as the model, not their
            seed alone.
        each_layer: Measure each layer alone, on lines unless --no-line is given: the folder --out
            gets a surface file for each, a table and a figure.
        as_json: With --each-layer, print JSON.

    Returns:
        Exit code.

    Raises:
        LandscapeError: If an argument is not of the form name=value, or both workers and a
            cluster are given.
    """
    pairs = pairs_of(arguments or [])
    if workers is not None and dask is not None:
        raise LandscapeError(
            "expected --workers or --dask, got both", hint="a cluster says how many workers it has"
        )
    if each_layer:
        check_folder(out)
        check_alike(grid)
    else:
        _check_file(out, grid, overwrite=overwrite, as_json=as_json)
    check_spec(problem, pairs)
    _check_along(grid.along)

    from landscape.planes.along import parse_along

    along = parse_along(grid.along)  # before build() takes its time
    target = Path.cwd() / out  # it may change the folder

    from landscape.running.executors import connect
    from landscape.sampling import compute as compute_surface

    with (
        contextlib.nullcontext() if dask is None else connect(dask) as executor,
        progress_reporter(f"computing {out}") as progress,
    ):
        loaded = load_problem(problem, pairs)
        settings = {
            **grid.model_dump(),
            "along": along,
            "workers": workers,
            "executor": executor,
            "device": device,
            "overwrite": overwrite,
            "store_directions": store_directions,
            "progress": progress,
        }
        if each_layer:
            settings["line"] = grid.line or "line" not in grid.model_fields_set
            return compute_layers(loaded, target, settings, as_json=as_json)
        surface = compute_surface(loaded, path=target, **settings)
    return _tell(surface, out, grid)


def _check_file(path: Path, grid: GridSettings, *, overwrite: bool, as_json: bool) -> None:
    """Refuse a file that cannot be written, or holds a surface of other settings."""
    from landscape.surface.file import SUFFIXES

    if as_json:
        raise LandscapeError(
            "expected --json with --each-layer", hint="landscape stats FILE --json tells of a file"
        )
    check_output(path, SUFFIXES, "a surface file")
    if path.is_file() and grid.along == "random" and not overwrite:
        from landscape.surface import load
        from landscape.surface.identity import check_settings

        check_settings(load(path), grid.identity())


def _check_along(text: str) -> None:
    """Refuse unknown directions, and files that are not there, before torch is imported."""
    word, rest = direction_word(text)
    if word in {"to", "update", "file", "pca"} and rest:
        several = word in {"to", "pca"}
        check_inputs(Path(name.strip()) for name in (rest.split(",") if several else [rest]))


def _tell(surface: "Surface", out: Path, grid: GridSettings) -> int:
    """Say how much was measured, and what may be done next; return the exit code."""
    from landscape.surface import Status

    failed = int((surface.status == Status.FAILED).sum())
    measured = int(surface.measured.sum())
    if surface.refined is None:
        missing = bool((surface.status == Status.MISSING).any())
        say(f"{shown(out)}: {measured} points measured, {failed} failed")
    else:
        missing = not surface.is_complete  # of its points most are never measured
        from landscape.measures.accuracy import accuracy

        points = surface.status.size
        say(f"{shown(out)}: {measured} of {points} points measured, {failed} failed")
        say(accuracy(surface))
    if grid.radius == "auto":
        say(f"radius {surface.config['radius']:g}; give it to all surfaces of a comparison")
    elif not missing and "window" not in surface.config:  # that was given, or suits checkpoints
        _tell_share(surface, grid.clip)
    if grid.max_evaluations is not None and missing:
        say("stopped at --max-evaluations; the same command without it goes on")
    if failed:
        return FAILED_POINTS
    return DONE if measured else ERROR


def _tell_share(surface: "Surface", clip: float) -> None:
    """Say when a figure will be a dot in a desert, as that of most networks is at radius 1."""
    center, known = surface.center["loss"], surface.known()
    known = known[known == known]  # points that failed say nothing
    share = float((known <= clip * center).mean()) if known.size else 1.0
    if center > 0 and share < _LITTLE:
        warn(
            f"only {share:.1%} of the points lie below {clip:g} times the center, where figures "
            "end; --radius auto finds where that is"
        )
