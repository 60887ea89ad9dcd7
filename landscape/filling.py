"""Fill a surface file: all of its points, or rounds of points until the rest can be estimated."""

import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from landscape.points.refinement import Refinement
from landscape.running.chunks import Workers
from landscape.settings import GridSettings
from landscape.surface.data import Array, Status
from landscape.surface.writer import Point, SurfaceWriter

logger = logging.getLogger("landscape")

Progress = Callable[[int, int, Mapping[str, Any]], None]
"""Called as progress(done, total, info) after every stored chunk of points. `info` has the number
of `failed` points and of `workers`, and their `efficiency`: the share of their time, from the first
point on, that went into evaluating. With a tolerance `total` is that of the whole grid until the
last call, and `info` has the `error` estimated so far and the `tolerance`."""


class Filling:
    """A surface file that is being filled.

    Args:
        writer: Of the file.
        workers: Where to evaluate.
        grid: The settings.
        progress: Called whenever points have been stored.
    """

    def __init__(
        self,
        writer: SurfaceWriter,
        workers: Workers,
        grid: GridSettings,
        progress: Progress | None,
    ) -> None:
        self._writer, self._workers, self._grid = writer, workers, grid
        self._progress = progress
        self._done = 0
        self._total = 0
        self._errors: Counter[str] = Counter()
        self._info: dict[str, Any] = {}

    def all_points(self) -> None:
        """Evaluate whatever is missing."""
        missing = self._writer.missing()[: self._grid.max_evaluations]
        self._total = len(missing)
        self._evaluate(missing)
        self._tell_errors()

    def refine(self, states: Sequence[Refinement]) -> None:
        """Evaluate rounds of points until every plane can be estimated to the tolerance.

        Args:
            states: New states, one for each plane; points that the file has are not evaluated
                again.
        """
        self._total = self._grid.points
        self._info = {"error": np.inf, "tolerance": self._grid.tolerance}
        tried: set[Point] = set()
        while wanted := _wanted(states):
            missing = self._missing(wanted, tried)
            if self._grid.max_evaluations is not None:
                missing = missing[: self._grid.max_evaluations - self._done]
            self._evaluate(missing)
            tried.update(missing)
            if not self._learn(states, tried):
                break
        if self._done and self._progress is not None:
            self._progress(self._done, self._done, self._numbers())
        self._tell_errors()

    def _missing(self, wanted: Sequence[Point], tried: set[Point]) -> list[Point]:
        """Return wanted points that the file does not have; failed ones are tried once more."""
        status = self._writer.status()
        return [p for p in wanted if status[p] != Status.MEASURED and p not in tried]

    def _learn(self, states: Sequence[Refinement], tried: set[Point]) -> bool:
        """Let planes learn whose wanted points are all there; tell whether any did."""
        status, learned = self._writer.status(), False
        for plane, state in enumerate(states):
            points = [(plane, *divmod(index, state.shape[1])) for index in state.wanted]
            there = all(status[p] == Status.MEASURED or p in tried for p in points)
            if not points or not there:
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
            self._write_estimates(plane, state)
            learned = True
        self._info["error"] = max(state.estimated_error for state in states)
        return learned

    def _write_estimates(self, plane: int, state: Refinement) -> None:
        """Store what a plane is estimated to be, and whether that is final."""
        arrays: dict[str, Array] = {}
        for name, (estimate, error) in state.estimates().items():
            arrays[f"{name}_estimate"], arrays[f"{name}_estimate_error"] = estimate, error
        self._writer.estimate(plane, arrays, error=state.estimated_error, done=not state.wanted)

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
            **self._info,
        }

    def _tell_errors(self) -> None:
        """Log every different error once."""
        for text, count in self._errors.most_common():
            logger.warning("%d of %d points failed: %s", count, self._done, text)


def _wanted(states: Sequence[Refinement]) -> list[Point]:
    """Return the points that all planes want, as (plane, beta, alpha)."""
    return [
        (plane, *divmod(index, state.shape[1]))
        for plane, state in enumerate(states)
        for index in state.wanted
    ]
