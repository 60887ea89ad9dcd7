"""Fill a surface file: measure what every plane wants until none wants more."""

import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from landscape.points.grid import FullGrid
from landscape.running.chunks import Workers
from landscape.settings import GridSettings
from landscape.surface.create import Blueprint
from landscape.surface.data import Array, Status, Surface
from landscape.surface.writer import Point, SurfaceWriter

if TYPE_CHECKING:
    from landscape.points.refinement import Refinement

logger = logging.getLogger("landscape")

Points: TypeAlias = "FullGrid | Refinement"
"""Which points of one plane to measure next: all of them, or those that its estimates need."""

Progress = Callable[[int, int, Mapping[str, Any]], None]
"""Called as progress(done, total, info) after every stored chunk of points. `info` has the number
of `failed` points and of `workers`, their `efficiency` (the share of their time, from the first
point on, that went into evaluating), and `expected`: the seconds that one worker might take for all
that was missing. With a tolerance `total` is that of the whole grid until the
last call, and `info` has the `error` estimated so far and the `tolerance`."""


def make_states(grid: GridSettings, blueprint: Blueprint, found: Surface | None) -> list[Points]:
    """Make the state of every plane: which of its points to measure next.

    Args:
        grid: The settings.
        blueprint: Of the file.
        found: What the file holds already; None for a new one.

    Returns:
        One state for each plane, new.
    """
    # What the file was born with, so that a continued run asks for the same points.
    born = blueprint.provenance if found is None else found.metadata
    if grid.tolerance is None:
        return [FullGrid(blueprint.alpha, blueprint.beta) for _ in range(grid.planes)]
    from landscape.points.refinement import Refinement  # with scipy: 26 MB

    return [
        Refinement(
            blueprint.alpha,
            blueprint.beta,
            center=blueprint.center,
            tolerance=grid.tolerance,
            clip=grid.clip,
            controlled=grid.tolerance_metrics,
            seconds=float(born["seconds"]),
        )
        for _ in range(grid.planes)
    ]


class Filling:
    """A surface file that is being filled.

    Args:
        writer: Of the file.
        workers: Where to evaluate.
        states: One for each plane, new; what the file has already is not evaluated again.
        tolerance: For the progress display; None where all points are measured.
        most: Stop after this many points.
        expected: Seconds that one worker will probably take.
        progress: Called whenever points have been stored.
    """

    def __init__(
        self,
        writer: SurfaceWriter,
        workers: Workers,
        states: Sequence[Points],
        *,
        tolerance: float | None,
        most: int | None,
        expected: float,
        progress: Progress | None,
    ) -> None:
        self._writer, self._workers, self._states = writer, workers, states
        self._most = most
        self._expected, self._progress = expected, progress
        self._tried: set[Point] = set()
        self._points = sum(state.shape[0] * state.shape[1] for state in states)
        self._done = self._total = 0
        self._errors: Counter[str] = Counter()
        self._info: dict[str, Any] = {}
        if tolerance is not None:
            self._info = {"error": np.inf, "tolerance": tolerance}

    def run(self) -> None:
        """Evaluate rounds of points until no plane wants any, or enough were evaluated."""
        while wanted := self._wanted():
            missing = self._missing(wanted)
            if self._most is not None:
                missing = missing[: self._most - self._done]
            # Of a refinement nobody knows how many points it will take.
            self._total = self._points if self._info else len(missing)
            self._evaluate(missing)
            self._tried.update(missing)
            if not self._learn():
                break
        if self._info and self._done and self._progress is not None:
            self._progress(self._done, self._done, self._numbers())
        for text, count in self._errors.most_common():
            logger.warning("%d of %d points failed: %s", count, self._done, text)

    def _wanted(self) -> list[Point]:
        """Return the points that all planes want, as (plane, beta, alpha)."""
        return [
            (plane, *divmod(index, state.shape[1]))
            for plane, state in enumerate(self._states)
            for index in state.wanted
        ]

    def _missing(self, wanted: Sequence[Point]) -> list[Point]:
        """Return wanted points that the file lacks; those that failed before come last."""
        status = self._writer.status()
        lacking = [p for p in wanted if status[p] != Status.MEASURED and p not in self._tried]
        return sorted(lacking, key=lambda point: bool(status[point] == Status.FAILED))

    def _learn(self) -> bool:
        """Let planes learn whose wanted points are all there; tell whether any did."""
        status, learned = self._writer.status(), False
        for plane, state in enumerate(self._states):
            points = self._there(plane, state, status)
            if not points:
                continue
            values = self._writer.values(plane, state.metrics)
            state.learn(
                {
                    index: {name: float(values[name].flat[index]) for name in state.metrics}
                    if status[point] == Status.MEASURED
                    else None
                    for index, point in zip(state.wanted, points, strict=True)
                }
            )
            # While a file's own points are replayed, its estimates are the better ones.
            if not self._there(plane, state, status):
                self._write_estimates(plane, state)
            learned = True
        if self._info:
            self._info["error"] = max(state.estimated_error for state in self._states)
        return learned

    def _there(self, plane: int, state: Points, status: NDArray[np.int8]) -> list[Point]:
        """Return the points that a plane wants if all of them were measured or tried, else none."""
        points = [(plane, *divmod(index, state.shape[1])) for index in state.wanted]
        there = all(status[p] == Status.MEASURED or p in self._tried for p in points)
        return points if there else []

    def _write_estimates(self, plane: int, state: Points) -> None:
        """Store what a plane is estimated to be, and whether that is final."""
        arrays: dict[str, Array] = {}
        for name, (estimate, error) in state.estimates().items():
            arrays[f"{name}_estimate"], arrays[f"{name}_estimate_error"] = estimate, error
        if arrays:
            done = not state.wanted
            self._writer.estimate(plane, arrays, error=state.estimated_error, done=done)

    def _evaluate(self, points: Sequence[Point]) -> None:
        """Evaluate points; store every finished chunk at once; count errors by their text."""
        with contextlib.closing(self._workers.run(points)) as finished:
            for chunk, results in finished:
                pairs = list(zip(chunk, results, strict=True))
                good = [(p, v) for p, v in pairs if isinstance(v, dict)]
                if good:
                    names = list(good[0][1])
                    columns = {n: [v[n] for _, v in good] for n in names}
                    self._writer.write([p for p, _ in good], columns)
                failed = {p: v for p, v in pairs if isinstance(v, str)}
                if failed:
                    self._writer.fail(list(failed))
                    self._errors.update(failed.values())
                self._done += len(chunk)
                if self._progress is not None:
                    self._progress(self._done, self._total, self._numbers())

    def _numbers(self) -> dict[str, Any]:
        """Return what a progress display may show."""
        return {
            "failed": self._errors.total(),
            "workers": self._workers.count(),
            "efficiency": self._workers.efficiency,
            "expected": self._expected,
            **self._info,
        }
