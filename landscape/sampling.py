"""Evaluate a loss on grids of replicate planes, resumably, on every core."""

import contextlib
import tempfile
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import loky
import torch

from landscape.errors import LandscapeError
from landscape.filling import Filling, Progress
from landscape.objective.data import read_batches
from landscape.objective.evaluate import Objective
from landscape.planes.space import ParameterSpace, RandomPlanes
from landscape.points.refinement import Refinement
from landscape.preparation import (
    check_metrics,
    check_movement,
    choose_tuning,
    evaluate_center,
    make_blueprint,
)
from landscape.problem import Problem
from landscape.running.allocator import give_memory_back, keep_freed_memory
from landscape.running.evaluator import Evaluator, undisturbed
from landscape.running.executors import work_here, work_on
from landscape.running.job import Job
from landscape.running.pool import Pool
from landscape.settings import Device, GridSettings, settings_from
from landscape.surface.create import Blueprint, create
from landscape.surface.data import Surface
from landscape.surface.file import writing
from landscape.surface.identity import check_identity
from landscape.surface.read import load
from landscape.surface.writer import SurfaceWriter

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
        workers: Processes with one thread each. None: one for each core (or GPU), or none at all
            where the whole grid takes a few seconds. Values do not depend on it.
        executor: Where to evaluate instead: any `concurrent.futures.Executor`, which is not shut
            down, with `workers` saying how many it has if it does not say itself; or a cluster by
            Dask's `client.get_executor(pure=False, retries=2)`.
        device: `"auto"` takes CUDA where there is one.
        overwrite: Replace an existing file.
        store_directions: Write the directions to the file, not their seed alone.
        progress: Called as progress(done, total, info) whenever points have been stored.
        **settings: Fields of `GridSettings`: planes=5, steps=51, radius=1.0, line=False,
            normalize="filter", batchnorm="frozen", precision="float32", seed=0,
            max_samples=None; and to measure fewer points, tolerance=None, clip=10,
            tolerance_metrics=("loss",), max_evaluations=None.

    Returns:
        The surface, all points measured or failed; with a tolerance, measured or estimated.

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
    grid, problem = plan.grid, plan.problem
    found = load(path) if path.exists() and not overwrite else None
    with contextlib.ExitStack() as stack:
        keep_freed_memory()
        stack.callback(give_memory_back)
        missing = _missing(plan, found)
        executor = _executor(plan, missing, stack)  # processes start while this one prepares
        data = read_batches(problem.batches, max_samples=grid.max_samples)
        tuning = choose_tuning(problem, data, grid, device=plan.device, found=found)
        objective = Objective(
            problem, data, device=plan.device, batchnorm=grid.batchnorm, tuning=tuning
        )
        center, seconds = evaluate_center(objective)
        check_metrics(grid, center)
        if plan.executor is None and plan.workers is None:
            executor = _processes(plan.device, seconds * missing, stack)
        planes = RandomPlanes(
            ParameterSpace(problem.model),
            grid.planes,
            seed=grid.seed,
            normalize=grid.normalize,
            line=grid.line,
        )
        check_movement(objective, center, planes[0], grid.radius)
        blueprint = make_blueprint(
            problem,
            data,
            grid,
            device=plan.device,
            tuning=tuning,
            center=center,
            planes=planes,
            store_directions=plan.store_directions,
        )
        if found is not None:
            check_identity(path, blueprint)
            if found.is_complete:
                return found
        job = Job(
            problem=problem,
            data=data,
            device=plan.device,
            grid=grid,
            planes=planes,
            tuning=tuning,
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
            evaluator = Evaluator(job, objective=objective)
            workers = work_here(evaluator, seconds=seconds)
        else:
            running = work_on(executor, job, workers=plan.workers, seconds=seconds)
            workers = stack.enter_context(running)
        filling = Filling(writer, workers, grid, progress)
        if grid.tolerance is None:
            filling.all_points()
        else:
            filling.refine(_states(grid, grid.tolerance, blueprint))
    return load(path)


def _missing(plan: _Plan, found: Surface | None) -> int:
    """Guess how many points are to be measured, as far as an existing file can be believed."""
    if found is None:
        return plan.grid.likely_points
    missing = 0 if found.is_complete else int((~found.measured).sum())
    return min(missing, plan.grid.likely_points)


def _states(grid: GridSettings, tolerance: float, blueprint: Blueprint) -> list[Refinement]:
    """Make the state of refinement of every plane."""
    return [
        Refinement(
            blueprint.alpha,
            blueprint.beta,
            center=blueprint.center,
            tolerance=tolerance,
            clip=grid.clip,
            controlled=grid.tolerance_metrics,
        )
        for _ in range(grid.planes)
    ]


def _executor(plan: _Plan, missing: int, stack: contextlib.ExitStack) -> Executor | None:
    """Take the executor that was asked for, or start the processes; None: this process."""
    if plan.executor is None and missing and plan.workers is not None and plan.workers > 1:
        return stack.enter_context(Pool(plan.workers))
    return plan.executor


def _processes(device: str, seconds: float, stack: contextlib.ExitStack) -> Executor | None:
    """Start one process for each core or GPU, unless there is little to do."""
    count = torch.cuda.device_count() if device == "cuda" else int(loky.cpu_count())
    if count == 1 or seconds < _WORTH_PROCESSES_SECONDS:
        return None
    return stack.enter_context(Pool(count))


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
