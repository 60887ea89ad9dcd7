"""Evaluate the straight line between two checkpoints, and measure its barrier."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch

from landscape.connect.ends import between, check_statistics, fit_ends
from landscape.connect.matching import align as align_units
from landscape.connect.matching import shuffled
from landscape.connect.store import Place, Value, Values, create_store, read_store, write_point
from landscape.errors import LandscapeError, ProblemError
from landscape.measures.barrier import Connection, measure_barrier
from landscape.measures.curve import Curve
from landscape.objective.batchnorm import layers
from landscape.objective.data import ResidentBatches, read_data
from landscape.objective.determinism import nondeterministic_hint
from landscape.objective.ends import samples_at
from landscape.objective.private import travelling
from landscape.objective.values import Sample
from landscape.planes.along.to import Source, difference
from landscape.planes.checkpoints import Fitted
from landscape.planes.parameters import norm
from landscape.problem import Problem, check_problem
from landscape.running.evaluator import undisturbed
from landscape.running.resources import resolve_device
from landscape.settings import BatchNormPolicy
from landscape.surface.data import Array
from landscape.surface.file import resolve, writing
from landscape.surface.kinds import metric_kind

Progress = Callable[[int, int], object]
"""Called as progress(done, total)."""

_SAME = 1e-3  # of values before and after units change places: sums are taken in another order


def barrier(
    problem: Problem,
    *ends: Source,
    steps: int = 25,
    batchnorm: BatchNormPolicy | Sequence[BatchNormPolicy] | None = None,
    align: bool = False,
    max_samples: int | None = None,
    path: str | Path | None = None,
    overwrite: bool = False,
    device: str = "auto",
    metrics: Sequence[str] = ("loss",),
    progress: Progress | None = None,
) -> Connection:
    """Measure every metric on the straight line between two checkpoints, and its barrier.

    The barrier is how far the loss rises above the chord, the straight line between its values at
    both ends (Frankle et al. 2020; Entezari et al. 2022, eq. 1), with an interval that is paired
    over samples and holds although the highest point was chosen: see `measures.barrier`. Where it
    is within its error of 0, the ends are linearly mode connected.

    Args:
        problem: Model, loss and data.
        *ends: Two checkpoints: files, state dicts or models. Of one alone, the problem's own model
            is the other end, at t = 0.
        steps: Points with both ends; an odd number has the middle. 25 as in Ainsworth et al. 2023.
        batchnorm: One policy or several. `"frozen"` takes running statistics of both ends,
            interpolated as the parameters are, so that each end has its own. None takes all three
            side by side where the model has BatchNorm.
        align: Put the units of the second end into the order of the first before (`align`).
        max_samples: Evaluate on the first this many samples only, of splits too.
        path: A file (HDF5) that keeps all values, so that an interrupted call goes on.
        overwrite: Replace an existing file.
        device: As for `compute`.
        metrics: Those that are wanted, such as for a figure: what there is not is refused at the
            first point, not the last.
        progress: Called as progress(done, total) after every point.

    Returns:
        Barriers with their curves; printed, a table and a sentence for each.

    Raises:
        LandscapeError: If a setting is wrong, an end cannot be read, is of another architecture, or
            is the other one; if units cannot be aligned (`ProblemError`: the problem;
            `SettingsMismatchError`: the file holds something else).

    Example:
        >>> a, b = torch.nn.Linear(1, 1, bias=False), torch.nn.Linear(1, 1, bias=False)
        >>> _ = a.weight.data.fill_(-1.0), b.weight.data.fill_(1.0)
        >>> bump = lambda model, x: 1 - (model(x) ** 2).mean(1)  # of two ends at 0, and 1 between
        >>> found = barrier(Problem(a, bump, [torch.ones(4, 1)]), b).find()
        >>> found.height, found.at
        (1.0, 0.5)
    """
    check_problem(problem)
    if not isinstance(steps, int) or steps < 3:
        raise LandscapeError(f"expected steps to be 3 or more, got {steps!r}")
    problem = replace(problem, model=travelling(problem.model))
    a, b = fit_ends(problem, ends)
    policies = _policies(problem, batchnorm)
    for end in (a, b):
        check_statistics(problem, end, policies)
    with undisturbed(resolved := resolve_device(device)):
        data = read_data(problem, max_samples=max_samples)
        line = _Line(problem, data, a, b, np.linspace(0, 1, steps), policies, resolved)
        note = ""
        if align:
            line, note = _align(line)
        values = _evaluate(line, path, metrics, overwrite=overwrite, progress=progress)
    _check_use(line, values)
    curves = _curves(line, values)
    return Connection(
        ends=(a.label, b.label),
        barriers=tuple(measure_barrier(curve) for curve in curves),
        aligned=note,
    )


@dataclass(frozen=True, eq=False)
class _Line:
    """What is to be evaluated."""

    problem: Problem
    data: ResidentBatches
    a: Fitted
    b: Fitted
    t: Array
    policies: tuple[BatchNormPolicy, ...]
    device: str

    def at(self, place: Place) -> dict[str, Sample]:
        """Evaluate one point."""
        policy, point = place
        return samples_at(
            between(self.a, self.b, float(self.t[point])),
            self.problem,
            self.data,
            device=self.device,
            batchnorm=self.policies[policy],
        )

    def identity(self) -> dict[str, Any]:
        """Return what makes values other ones."""
        return {
            "from": self.a.fingerprint,
            "to": self.b.fingerprint,
            "points": len(self.t),
            "batchnorm": list(self.policies),
            "data": self.data.fingerprint,
            "device": torch.device(self.device).type,
        }


def _policies(
    problem: Problem, asked: BatchNormPolicy | Sequence[BatchNormPolicy] | None
) -> tuple[BatchNormPolicy, ...]:
    """Choose what BatchNorm does."""
    known: tuple[BatchNormPolicy, ...] = get_args(BatchNormPolicy)
    if asked is None:
        return known if layers(problem.model) else known[:1]
    policies = (asked,) if isinstance(asked, str) else tuple(dict.fromkeys(asked))
    if not policies or any(policy not in known for policy in policies):
        raise LandscapeError(
            f"expected batchnorm to be of {', '.join(known)}, got {', '.join(map(str, policies))}"
        )
    return policies


def _align(line: _Line) -> tuple[_Line, str]:
    """Put the units of the second end in order; make sure that it computes what it did."""
    model, b = line.problem.model, line.b
    found = align_units(model, line.a, b)
    # What a loss of zero is but for rounding, only another point tells.
    before, after, middle = (
        samples_at(end, line.problem, line.data, device=line.device, batchnorm="frozen")["loss"]
        for end in (b, shuffled(model, b), between(line.a, b, 0.5))
    )
    scale = float(np.nanmax(np.abs([before.values, middle.values])))
    if not np.allclose(before.values, after.values, rtol=_SAME, atol=_SAME * scale, equal_nan=True):
        raise LandscapeError(
            f"cannot align {type(model).__name__}: units that seem alike are not; in another order "
            f"the loss of {b.label} is {after.mean:.6g}, not {before.mean:.6g}",
            hint="something in its forward pass, or in the loss, depends on their order",
        )
    note = f"aligned by matching weights ({found.moved} of {found.units} units changed places"
    if norm(difference(found.fitted.parameters, line.a.parameters)) == 0:
        note += f"; {b.label} is {line.a.label} in another order"
    return replace(line, b=found.fitted), f"{note})"


def _evaluate(
    line: _Line,
    path: str | Path | None,
    metrics: Sequence[str],
    *,
    overwrite: bool,
    progress: Progress | None,
) -> dict[Place, Values]:
    """Evaluate all points that a file does not have."""
    places = [(p, i) for p in range(len(line.policies)) for i in range(len(line.t))]
    values: dict[Place, Values] = {}
    file = None if path is None else resolve(path)
    with contextlib.nullcontext() if file is None else writing(file):
        if file is not None and file.exists() and not overwrite:
            values = read_store(file, line.identity())
        first = _first(line, values.get(places[0]))
        if missing := [metric for metric in metrics if metric not in first]:
            raise LandscapeError(
                f"no barrier of {missing[0]!r}", hint=f"there are: {', '.join(first)}"
            )
        if file is not None and not values:
            create_store(file, line.identity(), (len(line.policies), len(line.t)), first)
        for number, place in enumerate(places, 1):
            if place not in values:
                found = first if place == places[0] else _values(line.at(place))
                _check_metrics(first, found, float(line.t[place[1]]))
                values[place] = found
                if file is not None:
                    write_point(file, place, found)
            if progress is not None:
                progress(number, len(places))
    return values


def _first(line: _Line, before: Values | None) -> Values:
    """Evaluate the first end twice, or once more, and refuse what differs."""
    found = _values(line.at((0, 0)))
    again = before if before is not None else _values(line.at((0, 0)))
    for name, value in found.items():
        same = name in again and np.isclose(
            value.mean, again[name].mean, rtol=1e-5, atol=0, equal_nan=True
        )
        if not same:
            other = again[name].mean if name in again else float("nan")
            raise ProblemError(
                f"{name} at {line.a.label} differs between two evaluations: {other:.9g} and "
                f"{value.mean:.9g}",
                hint=nondeterministic_hint(line.device)
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


def _check_use(line: _Line, values: Mapping[Place, Values]) -> None:
    """Refuse a loss that knows nothing of the parameters."""
    means = {v["loss"].mean for (policy, _), v in values.items() if policy == 0}
    if len(means) == 1 and norm(difference(line.b.parameters, line.a.parameters)) > 0:
        raise ProblemError(
            "the loss is the same at both ends and everywhere between them",
            hint="loss(model, batch) must use the model that it is given, not one from outside",
        )


def _curves(line: _Line, values: Mapping[Place, Values]) -> list[Curve]:
    """Collect points to curves, metric by metric."""
    kinds = line.problem.metric_kinds()
    several = bool(layers(line.problem.model))
    curves = []
    for metric in values[0, 0]:
        for index, policy in enumerate(line.policies):
            points = [values[index, i][metric] for i in range(len(line.t))]
            rows = [point.residuals for point in points if point.residuals is not None]
            curves.append(
                Curve(
                    metric=metric,
                    batchnorm=policy if several else "",
                    higher_is_better=metric_kind(metric, kinds).higher_is_better,
                    t=line.t,
                    values=np.array([point.mean for point in points]),
                    residuals=np.stack(rows) if len(rows) == len(points) else None,
                    samples=points[0].samples,
                )
            )
    return curves
