"""Rounds A B C A B C ...: contestants interleaved, so that a busy machine is busy for them all."""

import json
import os
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contestants.outcome import Array

ROOT = Path(__file__).parents[1]
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


class ContestantError(Exception):
    """A contestant failed: what happened, and the end of what it wrote."""

    def __init__(self, text: str, tail: str = "") -> None:
        super().__init__(text)
        self.tail = tail


@dataclass(frozen=True)
class Times:
    """What one contestant took, one number for each round.

    Args:
        name: The contestant.
        steps: Points a side of each grid.
        seconds: Wall time, shape (round, grid).
        cpu: Processor time, of the same shape: nearly the same on a busy machine.
        values: The losses of the last grid in the last round.
        notes: What it chose for this machine.
        absent: Why it has no times; empty where it has.
    """

    name: str
    steps: tuple[int, ...]
    seconds: Array = field(default_factory=lambda: np.empty((0, 0)))
    cpu: Array = field(default_factory=lambda: np.empty((0, 0)))
    values: Array = field(default_factory=lambda: np.empty((0, 0)))
    notes: Mapping[str, str | float] = field(default_factory=dict)
    absent: str = ""

    @property
    def per_point(self) -> Array:
        """Seconds a point in each round: the slope over grids of two sizes."""
        return self._slope(self.seconds)

    @property
    def cpu_per_point(self) -> Array:
        """The same for processor time."""
        return self._slope(self.cpu)

    def _slope(self, seconds: Array) -> Array:
        points = np.square(self.steps)
        slopes: Array = (seconds[:, -1] - seconds[:, 0]) / (points[-1] - points[0])
        return slopes

    @property
    def start_up(self) -> Array:
        """Seconds in each round that do not depend on the number of points."""
        rest: Array = self.seconds[:, -1] - self.per_point * self.steps[-1] ** 2
        return rest

    def whole(self, steps: int) -> Array:
        """Seconds of a grid in each round: as run where it was run, else by the straight line."""
        if steps in self.steps:
            measured: Array = self.seconds[:, self.steps.index(steps)]
            return measured
        return self.start_up + self.per_point * steps**2


def interleave(
    turns: Mapping[str, Sequence[int]],
    file: Path,
    *,
    rounds: int,
    optional: Collection[str] = (),
) -> dict[str, Times]:
    """Run contestants in turn, each time in a process of its own with one thread.

    Args:
        turns: For each contestant the points a side of the grids that it evaluates.
        file: A trained network.
        rounds: How often everyone has a turn.
        optional: Those who may fail: it is told, and the others go on.

    Returns:
        For each contestant its times, or why it has none.

    Raises:
        ContestantError: If another fails.
    """
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in turns}
    absent: dict[str, str] = {}
    for number in range(rounds):
        for name, steps in turns.items():
            if name in absent:
                continue
            say(f"  round {number + 1} of {rounds}: {name}")
            try:
                results[name].append(_run_one(name, file, steps))
            except ContestantError as error:
                if name not in optional:
                    raise
                absent[name] = f"failed: {error}"
            else:
                if "absent" in results[name][-1]:
                    absent[name] = f"not installed: {results[name][-1]['absent']}"
    return {
        name: Times(name, tuple(steps), absent=absent[name])
        if name in absent
        else _times(name, tuple(steps), results[name])
        for name, steps in turns.items()
    }


def say(text: str) -> None:
    """Tell on stderr how far the benchmarks are."""
    print(text, file=sys.stderr, flush=True)


def _run_one(name: str, file: Path, steps: Sequence[int]) -> dict[str, Any]:
    """Run one contestant once."""
    done = subprocess.run(  # noqa: S603, our own module
        [sys.executable, "-m", "benchmarks.run_one", name, str(file), *map(str, steps)],
        cwd=ROOT,
        env={**os.environ, **_ONE_THREAD},
        capture_output=True,
        text=True,
        check=False,
    )
    # A process that was killed prints nothing: then its last words on stderr have to do.
    result: dict[str, Any] = json.loads(done.stdout) if done.stdout else {}
    if done.returncode != 0:
        tail = "\n".join(done.stderr.strip().splitlines()[-12:])
        raise ContestantError(
            f"{name}: {result.get('failed', f'exit code {done.returncode}')}", tail
        )
    return result


def _times(name: str, steps: tuple[int, ...], found: list[dict[str, Any]]) -> Times:
    """Join the rounds of one contestant."""
    seconds, cpu = (np.array([one[key] for one in found]) for key in ("seconds", "cpu"))
    values = np.array(found[-1]["values"], dtype=float)
    return Times(name, steps, seconds, cpu, values, found[-1]["notes"])
