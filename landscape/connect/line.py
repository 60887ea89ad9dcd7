"""Evaluate the straight line between two checkpoints, or a curve beside it: their barriers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from landscape.arguments import checked
from landscape.connect.bezier import Bezier, stretch
from landscape.connect.ends import between, check_statistics, fit_ends
from landscape.connect.matching import align as align_units
from landscape.connect.matching import shuffled
from landscape.connect.points import Progress, Way, evaluate
from landscape.connect.store import Place, Values
from landscape.errors import LandscapeError
from landscape.measures.barrier import measure_barrier
from landscape.measures.connection import Connection
from landscape.measures.curve import Curve
from landscape.objective.batchnorm import layers
from landscape.objective.data import read_data
from landscape.objective.ends import samples_at
from landscape.objective.private import travelling
from landscape.planes.along.to import Source, difference
from landscape.planes.parameters import norm
from landscape.problem import Problem
from landscape.progress import reporting
from landscape.running.evaluator import undisturbed
from landscape.running.resources import resolve_device
from landscape.settings import MOST_POINTS, BatchNormPolicy
from landscape.surface.kinds import metric_kind

_SAME = 1e-3  # of values before and after units change places: sums are taken in another order


@checked
def barrier(
    problem: Problem,
    *ends: Source,
    steps: int = 25,
    batchnorm: BatchNormPolicy | Sequence[BatchNormPolicy] | None = None,
    align: bool = False,
    curve: Bezier | str | None = None,
    max_samples: int | None = None,
    path: str | Path | None = None,
    overwrite: bool = False,
    device: str = "auto",
    metrics: Sequence[str] = ("loss",),
    progress: Progress | Literal["auto"] | None = "auto",
) -> Connection:
    """Measure every metric on the straight line between two checkpoints, and its barrier.

    The barrier is how far the loss rises above the chord, the straight line between its values at
    both ends (Frankle et al. 2020; Entezari et al. 2022, eq. 1), with an interval that is paired
    over samples and holds although the highest point was chosen: see `measures.barrier`. Where it
    is within its error of 0, none was found, and nothing up to its upper limit is excluded.

    Args:
        problem: Model, loss and data.
        *ends: Two checkpoints: files, state dicts or models. Of one alone, the problem's own model
            is the other end, at t = 0.
        steps: Points with both ends; an odd number has the middle. 25 as in Ainsworth et al. 2023.
        batchnorm: One policy or several. `"frozen"` takes running statistics of both ends,
            interpolated as the parameters are, so that each end has its own. None takes all three
            side by side where the model has BatchNorm.
        align: Put the units of the second end into the order of the first before (`align`).
        curve: `"bezier"`, or a `Bezier` of other settings: beside the straight line one with a bend
            that is trained on these batches, with BatchNorm by the statistics of each. Its points
            are evaluated with statistics that are recalibrated, or those of the batch where that is
            the only policy: a bend has no running ones.
        max_samples: Evaluate on the first this many samples only, of splits too.
        path: A file (HDF5) that keeps all values, and the bend, so that an interrupted call goes
            on.
        overwrite: Replace an existing file.
        device: As for `compute`.
        metrics: Those that are wanted, such as for a figure: what there is not is refused at the
            first point, not the last.
        progress: Called as progress(done, total) after every point, and step of a training;
            `"auto"` and None as for `compute`.

    Returns:
        Barriers with their curves; printed, a table and a sentence for each.

    Raises:
        LandscapeError: If a setting is wrong, an end cannot be read, is of another architecture, or
            is the other one; if units cannot be aligned (`ProblemError`: the problem;
            `SettingsMismatchError`: the file holds something else).

    Example:
        >>> import torch
        >>> a, b = torch.nn.Linear(1, 1, bias=False), torch.nn.Linear(1, 1, bias=False)
        >>> _ = a.weight.data.fill_(-1.0), b.weight.data.fill_(1.0)
        >>> bump = lambda model, x: 1 - (model(x) ** 2).mean(1)  # of two ends at 0, and 1 between
        >>> found = barrier(Problem(a, bump, [torch.ones(4, 1)]), b).find()
        >>> found.height, found.at
        (1.0, 0.5)
    """
    if not 3 <= steps <= MOST_POINTS:
        raise LandscapeError(f"expected steps to be 3 or more, up to {MOST_POINTS:,}, got {steps}")
    problem = replace(problem, model=travelling(problem.model))
    a, b = fit_ends(problem, ends)
    asked = None if curve is None else Bezier.parse(curve)
    policies = _policies(problem, batchnorm)
    for end in (a, b):
        check_statistics(problem, end, policies)
    with (
        undisturbed(resolved := resolve_device(device)),
        reporting(progress, "measuring the barrier") as report,
    ):
        data = read_data(problem, max_samples=max_samples)
        way = Way(
            problem=problem,
            data=data,
            a=a,
            b=b,
            t=np.linspace(0, 1, steps),
            policies=policies if asked is None else (*policies, _of_curve(problem, policies)),
            device=resolved,
            curve=asked,
        )
        note = ""
        if align:
            way, note = _align(way)
        way, values = evaluate(way, path, metrics, overwrite=overwrite, progress=report)
    return Connection(
        ends=(a.label, b.label),
        barriers=tuple(measure_barrier(curve) for curve in _curves(way, values)),
        aligned=note,
        **_about(way),
    )


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


def _of_curve(problem: Problem, policies: Sequence[BatchNormPolicy]) -> BatchNormPolicy:
    """Choose what BatchNorm does on a curve, whose bend has no running statistics."""
    if not layers(problem.model):
        return "frozen"
    return "batch" if tuple(policies) == ("batch",) else "recalibrated"


def _about(way: Way) -> dict[str, Any]:
    """Tell what there is of a curve."""
    if way.curve is None or way.bend is None:
        return {}
    middle = between(way.a, way.b, 0.5).parameters
    return {
        "trained": f"on the problem's batches for {way.curve.steps} steps (seed {way.curve.seed})",
        "stretch": stretch(way.a, way.b, way.bend),
        "bend": {n: (v + way.bend[n].to(v.dtype)).numpy() for n, v in middle.items()},
    }


def _align(way: Way) -> tuple[Way, str]:
    """Put the units of the second end in order; make sure that it computes what it did."""
    model, b = way.problem.model, way.b
    found = align_units(model, way.a, b)
    # What a loss of zero is but for rounding, only another point tells.
    before, after, middle = (
        samples_at(end, way.problem, way.data, device=way.device, batchnorm="frozen")["loss"]
        for end in (b, shuffled(model, b), between(way.a, b, 0.5))
    )
    scale = float(np.nanmax(np.abs([before.values, middle.values])))
    if not np.allclose(before.values, after.values, rtol=_SAME, atol=_SAME * scale, equal_nan=True):
        raise LandscapeError(
            f"cannot align {type(model).__name__}: units that seem alike are not; in another order "
            f"the loss of {b.label} is {after.mean:.6g}, not {before.mean:.6g}",
            hint="something in its forward pass, or in the loss, depends on their order",
        )
    note = f"aligned by matching weights ({found.moved} of {found.units} units changed places"
    if norm(difference(found.fitted.parameters, way.a.parameters)) == 0:
        note += f"; {b.label} is {way.a.label} in another order"
    return replace(way, b=found.fitted), f"{note})"


def _curves(way: Way, values: Mapping[Place, Values]) -> list[Curve]:
    """Collect points to curves, metric by metric."""
    kinds = way.problem.metric_kinds()
    several = bool(layers(way.problem.model))
    curves = []
    for metric in values[0, 0]:
        for index, policy in enumerate(way.policies):
            points = [values[index, i][metric] for i in range(len(way.t))]
            rows = [point.residuals for point in points if point.residuals is not None]
            curves.append(
                Curve(
                    metric=metric,
                    batchnorm=policy if several else "",
                    bent=way.is_bent(index),
                    **asdict(metric_kind(metric, kinds)),
                    t=way.t,
                    values=np.array([point.mean for point in points]),
                    residuals=np.stack(rows) if len(rows) == len(points) else None,
                    samples=points[0].samples,
                )
            )
    return curves
