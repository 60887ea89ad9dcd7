"""Points between two checkpoints: what is evaluated, once, and kept in a file."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from landscape.connect.bezier import Bezier, bent, slope_along, train_bend
from landscape.connect.ends import between
from landscape.connect.store import (
    Place,
    Value,
    Values,
    create_store,
    read_bend,
    read_store,
    write_bend,
    write_point,
)
from landscape.errors import LandscapeError, ProblemError
from landscape.files import resolve
from landscape.objective.data import ResidentBatches
from landscape.objective.determinism import nondeterministic_hint
from landscape.objective.ends import samples_at
from landscape.objective.values import Sample
from landscape.planes.along.to import difference
from landscape.planes.checkpoints import Fitted
from landscape.planes.parameters import Parameters, norm
from landscape.problem import Problem
from landscape.settings import BatchNormPolicy
from landscape.surface.data import Array
from landscape.surface.file import writing

Progress = Callable[[int, int], object]
"""Called as progress(done, total)."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Way:
    """What is to be evaluated.

    Args:
        problem: Model and loss.
        data: Its batches.
        a: The first end.
        b: The second one.
        t: Coordinates from 0 to 1, shape (T,).
        policies: Of BatchNorm, on the straight line; and where there is a curve, one on it.
        device: Where.
        curve: With one bend, beside the straight line.
        bend: Of the curve, as soon as it is trained.
    """

    problem: Problem
    data: ResidentBatches
    a: Fitted
    b: Fitted
    t: Array
    policies: tuple[BatchNormPolicy, ...]
    device: str
    curve: Bezier | None = None
    bend: Parameters | None = None

    def is_bent(self, row: int) -> bool:
        """Tell whether a row of points is on the curve, which is the last."""
        return self.curve is not None and row == len(self.policies) - 1

    def at(self, place: Place) -> dict[str, Sample]:
        """Evaluate one point."""
        row, point = place
        t = float(self.t[point])
        there = between(self.a, self.b, t)
        if self.bend is not None and self.is_bent(row):
            there = bent(self.a, self.b, self.bend, t)
        return samples_at(
            there, self.problem, self.data, device=self.device, batchnorm=self.policies[row]
        )

    def identity(self) -> dict[str, Any]:
        """Return what makes values other ones."""
        return {
            "from": self.a.fingerprint,
            "to": self.b.fingerprint,
            "points": len(self.t),
            "curve": "line" if self.curve is None else self.curve.text,
            "batchnorm": list(self.policies),
            "data": self.data.fingerprint,
            "device": torch.device(self.device).type,
        }


def evaluate(
    way: Way,
    path: str | Path | None,
    metrics: Sequence[str],
    *,
    overwrite: bool,
    progress: Progress | None,
) -> tuple[Way, dict[Place, Values]]:
    """Evaluate all points that a file does not have, on a curve after its bend is trained.

    Args:
        way: What is to be evaluated.
        path: The file; None keeps nothing.
        metrics: Those that must be there.
        overwrite: Replace an existing file.
        progress: Called as progress(done, total) after every step and point.

    Returns:
        The same with its bend, and the values of all points.

    Raises:
        LandscapeError: If a metric is missing, or values cannot be right.
    """
    places = [(p, i) for p in range(len(way.policies)) for i in range(len(way.t))]
    before = 0 if way.curve is None else way.curve.steps

    def report(done: int) -> None:
        if progress is not None:
            progress(done, before + len(places))

    file = None if path is None else resolve(path)
    with contextlib.nullcontext() if file is None else writing(file):
        values = _begin(way, file, places, metrics, overwrite=overwrite)
        if way.curve is not None:
            way = replace(way, bend=_trained(way, way.curve, file, report))
        for number, place in enumerate(places, before + 1):
            if place not in values:
                values[place] = _values(way.at(place))
                _check_metrics(values[0, 0], values[place], float(way.t[place[1]]))
                if file is not None:
                    write_point(file, place, values[place])
            report(number)
    _check_use(way, values)
    return way, values


def _begin(
    way: Way,
    file: Path | None,
    places: Sequence[Place],
    metrics: Sequence[str],
    *,
    overwrite: bool,
) -> dict[Place, Values]:
    """Read what a file has, and evaluate the first point, which tells the metrics."""
    values: dict[Place, Values] = {}
    if file is not None and file.exists() and not overwrite:
        values = read_store(file, way.identity())
    first = _first(way, values.get(places[0]))
    if missing := [metric for metric in metrics if metric not in first]:
        raise LandscapeError(f"no barrier of {missing[0]!r}", hint=f"there are: {', '.join(first)}")
    if file is not None and not values:
        bend = 0 if way.curve is None else sum(v.numel() for v in way.a.parameters.values())
        create_store(file, way.identity(), (len(way.policies), len(way.t)), first, bend=bend)
        write_point(file, places[0], first)
    return {places[0]: first} | values


def _trained(
    way: Way, curve: Bezier, file: Path | None, report: Callable[[int], object]
) -> Parameters:
    """Train the bend from where a file has it, and keep it there."""
    slope = slope_along(way.problem, way.data, way.a, way.b, device=way.device)
    return train_bend(
        curve,
        slope,
        difference(way.b.parameters, way.a.parameters),
        len(way.data.batches),
        start=None if file is None else read_bend(file),
        keep=None if file is None else lambda state: write_bend(file, state),
        progress=report,
    )


def _first(way: Way, before: Values | None) -> Values:
    """Evaluate the first end twice, or once more, and refuse what differs."""
    found = _values(way.at((0, 0)))
    again = before if before is not None else _values(way.at((0, 0)))
    for name, value in found.items():
        same = name in again and np.isclose(
            value.mean, again[name].mean, rtol=1e-5, atol=0, equal_nan=True
        )
        if not same:
            other = again[name].mean if name in again else float("nan")
            raise ProblemError(
                f"{name} at {way.a.label} differs between two evaluations: {other:.9g} and "
                f"{value.mean:.9g}",
                hint=nondeterministic_hint(way.device)
                if before is None
                else "the file is of another problem: choose another --out, or --overwrite",
            )
    return found


def _values(samples: Mapping[str, Sample]) -> Values:
    """Keep of samples what a barrier needs."""
    return {
        name: Value(
            sample.mean,
            sample.residuals if sample.per_sample else None,
            int(np.count_nonzero(sample.weights)) if sample.per_sample else 0,
        )
        for name, sample in samples.items()
    }


def _check_metrics(first: Values, found: Values, t: float) -> None:
    """Refuse other metrics or numbers of samples than at the first end."""
    for name in first:
        sizes = [v[name].count if name in v else -1 for v in (first, found)]
        if sizes[0] != sizes[1]:
            raise ProblemError(
                f"expected {sizes[0]} values of {name!r} at t = {t:g}, as at the first end, got "
                f"{'none' if sizes[1] < 0 else sizes[1]}"
            )


def _check_use(way: Way, values: Mapping[Place, Values]) -> None:
    """Refuse a loss that knows nothing of the parameters."""
    means = {v["loss"].mean for (policy, _), v in values.items() if policy == 0}
    if len(means) == 1 and norm(difference(way.b.parameters, way.a.parameters)) > 0:
        raise ProblemError(
            "the loss is the same at both ends and everywhere between them",
            hint="loss(model, batch) must use the model that it is given, not one from outside",
        )
