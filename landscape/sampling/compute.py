"""Fill the grids of replicate planes, resumably, on every core."""

import contextlib
import logging
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import loky
import numpy as np
import torch

from landscape.directions.plane import Plane
from landscape.errors import LandscapeError, ProblemError
from landscape.objective.batches import ResidentBatches, plain, read_batches
from landscape.objective.objective import Objective, Sample
from landscape.objective.problem import Problem
from landscape.parameters import fingerprint
from landscape.sampling.evaluator import Evaluator, same_values, undisturbed
from landscape.sampling.executors import work_here, work_on
from landscape.sampling.job import Job, draw_plane
from landscape.sampling.pool import Pool
from landscape.sampling.provenance import provenance
from landscape.sampling.workers import Workers
from landscape.settings import Device, GridSettings, settings_from
from landscape.surface.access import writing
from landscape.surface.create import Blueprint, Directions, create
from landscape.surface.grid import axis
from landscape.surface.store import check_identity, load
from landscape.surface.surface import Surface
from landscape.surface.writer import SurfaceWriter

logger = logging.getLogger("landscape")

Progress = Callable[[int, int, Mapping[str, Any]], None]
"""Called as progress(done, total, info) after every stored chunk of points. `info` has the number
of `failed` points and of `workers`, and their `efficiency`: the share of their time, from the first
point on, that went into evaluating."""

_WORTH_PROCESSES_SECONDS = 8.0  # starting workers takes a few seconds: each imports torch


def compute(
    problem: Problem,
    *,
    path: str | Path | None = None,
    workers: int | None = None,
    executor: Executor | None = None,
    device: Device = "auto",
    overwrite: bool = False,
    store_directions: bool = True,
    progress: Progress | None = None,
    **settings: Any,
) -> Surface:
    """Evaluate a loss on grids around the center, in replicate random planes.

    f(alpha, beta) = loss(center + alpha * delta + beta * eta), with directions drawn from a
    Gaussian and scaled filter by filter to the center (Li et al. 2018, section 4). An interrupted
    call goes on when it is repeated with the same arguments. Neither the caller's model nor any
    global random state changes.

    Args:
        problem: Model, loss and data.
        path: The surface file (HDF5). None keeps nothing on disk.
        workers: Processes with one thread each. None: one for each core, or none at all where the
            whole grid takes a few seconds. Values do not depend on it.
        executor: Where to evaluate instead: any `concurrent.futures.Executor`, which is not shut
            down, with `workers` saying how many it has if it does not say itself; or a cluster by
            Dask's `client.get_executor(pure=False, retries=2)`.
        device: `"auto"` takes CUDA where there is one.
        overwrite: Replace an existing file.
        store_directions: Write the directions to the file, not their seed alone.
        progress: Called as progress(done, total, info) whenever points have been stored.
        **settings: Fields of `GridSettings`: planes=5, steps=51, radius=1.0, line=False,
            normalize="filter", batchnorm="frozen", seed=0, max_samples=None.

    Returns:
        The surface, all points measured or failed.

    Raises:
        LandscapeError: If a setting is wrong (`ProblemError`: the problem; `SettingsMismatchError`:
            the file holds the result of other settings).

    Example:
        >>> model = torch.nn.Linear(2, 1, bias=False)
        >>> loss = lambda model, x: model(x).square().mean(1)
        >>> surface = compute(Problem(model, loss, [torch.eye(2)]), planes=2, steps=5, workers=1)
        >>> surface.loss.shape
        (2, 5, 5)
    """
    grid = settings_from(GridSettings, settings)
    if workers is not None and (not isinstance(workers, int) or workers < 1):
        raise LandscapeError(f"expected workers to be a number of at least 1, got {workers!r}")
    if executor is not None and not isinstance(executor, Executor):
        raise LandscapeError(
            f"expected executor to be a concurrent.futures.Executor, got {type(executor).__name__}",
            hint="for a Dask client: executor=client.get_executor(pure=False, retries=2)",
        )
    plan = _Plan(problem, grid, workers, executor, _device(device), store_directions)
    with undisturbed():
        if path is not None:
            return _compute(plan, Path(path), overwrite=overwrite, progress=progress)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "surface.h5"
            surface = _compute(plan, file, overwrite=False, progress=progress)
        metadata = {key: value for key, value in surface.metadata.items() if key != "path"}
        return replace(surface, metadata=metadata)


@dataclass(frozen=True)
class _Plan:
    """What was asked for, checked."""

    problem: Problem
    grid: GridSettings
    workers: int | None
    executor: Executor | None
    device: str
    store_directions: bool


def _compute(plan: _Plan, path: Path, *, overwrite: bool, progress: Progress | None) -> Surface:
    """Create or continue the file until no point is missing."""
    with contextlib.ExitStack() as stack:
        missing = _missing(plan, path, overwrite)
        executor = _executor(plan, missing, stack)  # processes start while this one prepares
        data = read_batches(plan.problem.batches, max_samples=plan.grid.max_samples)
        objective = Objective(plan.problem, data, device=plan.device, batchnorm=plan.grid.batchnorm)
        center, seconds = _evaluate_center(objective)
        if plan.executor is None and plan.workers is None and plan.device == "cpu":
            executor = _processes(seconds * missing, stack)
        planes = [
            draw_plane(plan.problem.model, plan.grid, index) for index in range(plan.grid.planes)
        ]
        blueprint = _blueprint(plan, data, objective, center, planes)
        _check_movement(objective, center, planes[0], plan.grid.radius)
        if path.exists() and not overwrite:
            check_identity(path, blueprint)
            surface = load(path)
            if surface.measured.all():
                return surface
        job = Job(
            problem=plan.problem,
            data=data,
            device=plan.device,
            grid=plan.grid,
            alpha=blueprint.alpha,
            beta=blueprint.beta,
            center=blueprint.center,
        )
        stack.enter_context(writing(path))
        if overwrite or not path.exists():
            create(path, blueprint)
        else:  # another process may have created it meanwhile
            check_identity(path, blueprint)
        writer = stack.enter_context(SurfaceWriter(path))
        if executor is None:
            evaluator = Evaluator(job, planes.__getitem__, objective=objective)
            workers = work_here(evaluator, seconds=seconds)
        else:
            running = work_on(executor, job, workers=plan.workers, seconds=seconds)
            workers = stack.enter_context(running)
        _store(writer, workers, progress)
    return load(path)


def _missing(plan: _Plan, path: Path, overwrite: bool) -> int:
    """Count the points that are not measured yet, as far as an existing file can be believed."""
    if path.exists() and not overwrite:
        return int((~load(path).measured).sum())
    return plan.grid.planes * plan.grid.steps ** (1 if plan.grid.line else 2)


def _blueprint(
    plan: _Plan,
    data: ResidentBatches,
    objective: Objective,
    center: Mapping[str, Sample],
    planes: Sequence[Plane],
) -> Blueprint:
    """Describe the file: all that is known before the first point is evaluated."""
    coordinates = axis(plan.grid.radius, plan.grid.steps)
    buffers = {name: plain(buffer) for name, buffer in plan.problem.model.named_buffers()}
    return Blueprint(
        alpha=coordinates,
        beta=np.zeros(1) if plan.grid.line else coordinates,
        gram=np.stack([plane.gram for plane in planes]),
        center={name: sample.mean for name, sample in center.items()},
        identity={
            **plan.grid.model_dump(),
            "center": fingerprint(planes[0].center),
            "buffers": fingerprint(buffers),
            "data": data.fingerprint,
            "device": plan.device,
            "layout": objective.layout,
            "metrics": list(center),
        },
        provenance=provenance(plan.problem, plan.grid, data.samples, objective.layout, center),
        directions=_stored(planes) if plan.store_directions else (),
    )


def _check_movement(
    objective: Objective, center: Mapping[str, Sample], plane: Plane, radius: float
) -> None:
    """Refuse a loss that stays the same to the last bit when all parameters move a little."""
    objective.enter(plane)
    try:
        moved = objective.at(radius / 100, radius / 300)  # unequal: directions may cancel
    except ProblemError:
        return  # a point that fails is a result
    finally:
        objective.leave()
    if same_values(center, moved):
        raise ProblemError(
            "the loss does not change when the parameters do",
            hint="loss(model, batch) must use the model that it is given, not one from outside",
        )


def _evaluate_center(objective: Objective) -> tuple[dict[str, Sample], float]:
    """Evaluate the center twice; refuse what is random or not finite; time one evaluation."""
    first = objective.evaluate()
    start = time.perf_counter()
    second = objective.evaluate()
    seconds = time.perf_counter() - start
    for name, sample in first.items():
        if not np.isfinite(sample.mean):
            raise ProblemError(
                f"{name} at the center is {sample.mean}",
                hint="check that the model is trained and fed as in training",
            )
        if not same_values({name: sample}, {name: second[name]}):
            raise ProblemError(
                f"{name} at the center differs between two evaluations: "
                f"{sample.mean:.9g} and {second[name].mean:.9g}",
                hint="look for random numbers in loss or model, or dropout that ignores eval()",
            )
    return first, seconds


def _stored(planes: Sequence[Plane]) -> list[Directions]:
    """Turn directions into float32 arrays for the file."""
    return [
        [
            {name: tensor.float().cpu().numpy() for name, tensor in direction.items()}
            for direction in plane.directions
        ]
        for plane in planes
    ]


def _store(writer: SurfaceWriter, workers: Workers, progress: Progress | None) -> None:
    """Evaluate what is missing; store every finished chunk at once; count errors by their text."""
    missing = writer.missing()
    done = 0
    errors: Counter[str] = Counter()
    with contextlib.closing(workers.run(missing)) as finished:
        for chunk, results in finished:
            good = [(p, v) for p, v in zip(chunk, results, strict=True) if isinstance(v, dict)]
            if good:
                names = list(good[0][1])
                writer.write([p for p, _ in good], {n: [v[n] for _, v in good] for n in names})
            failed = {p: v for p, v in zip(chunk, results, strict=True) if isinstance(v, str)}
            if failed:
                writer.fail(list(failed))
                errors.update(failed.values())
            done += len(chunk)
            if progress is not None:
                info = {
                    "failed": errors.total(),
                    "workers": workers.count(),
                    "efficiency": workers.efficiency,
                }
                progress(done, len(missing), info)
    for text, count in errors.most_common():
        logger.warning("%d of %d points failed: %s", count, len(missing), text)


def _executor(plan: _Plan, missing: int, stack: contextlib.ExitStack) -> Executor | None:
    """Take the executor that was asked for, or start the processes; None: this process."""
    if plan.executor is None and missing and plan.workers is not None and plan.workers > 1:
        return stack.enter_context(Pool(plan.workers))
    return plan.executor


def _processes(seconds: float, stack: contextlib.ExitStack) -> Executor | None:
    """Start one process for each core, unless there is little to do."""
    cores = int(loky.cpu_count())
    if cores == 1 or seconds < _WORTH_PROCESSES_SECONDS:
        return None
    return stack.enter_context(Pool(cores))


def _device(device: str) -> str:
    """Resolve `auto`; refuse a device that is not there."""
    if device not in get_args(Device):
        known = ", ".join(get_args(Device))
        raise LandscapeError(f"expected device to be one of {known}, got {device!r}")
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" and not torch.cuda.is_available():
        raise LandscapeError("no CUDA device is available", hint="use --device cpu or auto")
    return device
