"""The checkpoints of a training run in one folder, in the order in which they were."""

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import safetensors
from safetensors import safe_open

from landscape.errors import LandscapeError, describe

TRACKED = "step-*.safetensors"
"""Names of a tracker's files; beside them nothing else in a folder belongs to the run."""

_SUFFIXES = (".safetensors", ".pt", ".pth", ".ckpt")
_OF_TRAINERS = "checkpoint-*/model.safetensors"  # what Hugging Face's Trainer writes
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, kw_only=True)
class Record:
    """One checkpoint of a run.

    Args:
        path: Its file.
        step: When it was.
        loss: What was said of it while training; NaN where nothing was.
    """

    path: Path
    step: int
    loss: float = math.nan


def read_run(folder: str | Path) -> tuple[Record, ...]:
    """Find the checkpoints of a run.

    Args:
        folder: Of a `Tracker`; or of checkpoints whose names end in a number, such as
            `epoch_9.pt`; or of subfolders such as `checkpoint-500`, each with a
            `model.safetensors`.

    Returns:
        At least one record, by ascending steps.

    Raises:
        LandscapeError: If there is no folder, no checkpoint in it, or it is not clear in which
            order they are.
    """
    folder = Path(folder)
    if not folder.is_dir():
        kind = "a file" if folder.is_file() else "nothing there"
        raise LandscapeError(f"expected a folder of checkpoints, got {kind}: {folder}")
    records = sorted(_records(folder), key=lambda record: (record.step, record.path.name))
    if not records:
        raise LandscapeError(
            f"expected checkpoints in {folder}, found none",
            hint=f"files ending in {', '.join(_SUFFIXES)}; ls.Tracker(folder) writes them",
        )
    for one, other in itertools.pairwise(records):
        if one.step == other.step:
            raise LandscapeError(
                f"cannot tell which comes first: {one.path.name} and {other.path.name} in {folder}",
                hint="names must end in different numbers; put each run into a folder of its own",
            )
    return tuple(records)


def _records(folder: Path) -> Iterator[Record]:
    """Yield the checkpoints of a folder in any order."""
    files = list(folder.glob(TRACKED)) or [
        path
        for path in folder.iterdir()
        if path.suffix in _SUFFIXES and not path.name.startswith(".") and path.is_file()
    ]
    for path in files or folder.glob(_OF_TRAINERS):
        written = header(path) if path.suffix == ".safetensors" else {}
        if "step" in written:
            yield _written(path, written)
            continue
        numbers = _NUMBER.findall(path.stem if files else path.parent.name)
        if not numbers:
            raise LandscapeError(
                f"cannot tell when {path.name} was: its name has no number",
                hint=f"move it out of {folder}, or name it by its step",
            )
        yield Record(path=path, step=int(numbers[-1]))


def _written(path: Path, written: dict[str, str]) -> Record:
    """Read what a tracker wrote."""
    try:
        return Record(path=path, step=int(written["step"]), loss=float(written["loss"]))
    except (KeyError, ValueError) as error:
        raise LandscapeError(f"cannot read step and loss of {path}: {describe(error)}") from error


def header(path: Path) -> dict[str, str]:
    """Read what a safetensors file says of itself, without its tensors.

    Args:
        path: The file.

    Returns:
        Its metadata.

    Raises:
        LandscapeError: If it is damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return dict(file.metadata() or {})
    except (OSError, ValueError, safetensors.SafetensorError) as error:
        raise LandscapeError(f"cannot read {path}: {describe(error)}") from error
