"""Files that a command reads and writes: refused before any work where they cannot be right."""

import csv
import io
import itertools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landscape.errors import LandscapeError, check_suffix
from landscape.files import write_whole
from landscape.keywords import meant

if TYPE_CHECKING:
    from landscape.surface import Surface


def check_inputs(paths: Iterable[Path]) -> None:
    """Refuse names of nothing, before what reads them has been imported.

    Args:
        paths: Files and folders.

    Raises:
        LandscapeError: Naming the first that is not there.
    """
    for path in paths:
        if not path.exists():
            raise LandscapeError(f"no such file or folder: {path}")


def check_metrics(surfaces: Iterable["Surface"], metrics: Iterable[str]) -> None:
    """Refuse metrics that a surface does not have, before what measures or draws is imported.

    Args:
        surfaces: As loaded.
        metrics: What was asked for.

    Raises:
        LandscapeError: Naming the first that is not there.
    """
    for surface, metric in itertools.product(surfaces, metrics):
        if metric not in surface.metrics:
            raise LandscapeError(
                f"expected one of the metrics {', '.join(surface.metrics)}, got {metric!r}",
                hint=meant(metric, surface.metrics, otherwise=""),
            )


def check_output(path: Path, suffixes: Sequence[str], what: str, *, option: str = "--out") -> None:
    """Refuse a name that a result cannot have.

    Args:
        path: What is to be written.
        suffixes: How its name may end.
        what: What the file is, such as "a surface file".
        option: Which option named it.

    Raises:
        LandscapeError: If it is a folder, lies in something that is none, or ends in another way.
    """
    if path.is_dir():
        raise LandscapeError(
            f"expected {option} to be {what}, got the folder {path}",
            hint=f"name the file, too: {option} {path / ('run' + suffixes[0])}",
        )
    check_folder(path.parent, option=option)
    check_suffix(path, suffixes, hint=f"{what}: {option} {path.with_suffix(suffixes[0])}")


def check_folder(path: Path, *, option: str = "--out") -> None:
    """Refuse a folder that cannot be one.

    Args:
        path: What is to be written to; it need not exist.
        option: Which option named it.

    Raises:
        LandscapeError: If it, or what it lies in, is a file.
    """
    for folder in (path, *path.parents):
        if folder.exists() and not folder.is_dir():
            raise LandscapeError(
                f"cannot write to {path}: {folder} is a file, not a folder",
                hint=f"choose another {option}",
            )


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write a table as CSV, whole or not at all.

    Args:
        path: Where.
        rows: At least one, all with the same columns.

    Returns:
        The path.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return write_whole(path, text.getvalue())
