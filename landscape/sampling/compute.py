"""Fill the grids of replicate planes, resumably, on every core."""

import contextlib
import logging
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import loky
import numpy as np
import torch

from landscape.directions.layouts import filter_layouts
from landscape.directions.plane import Plane, random_plane
from landscape.errors import LandscapeError, ProblemError
from landscape.objective.batches import ResidentBatches, plain, read_batches
from landscape.objective.objective import Objective
from landscape.objective.problem import Problem
from landscape.objective.sample import Sample
from landscape.objective.trials import tune
from landscape.objective.tuning import Tuning
from landscape.parameters import fingerprint, parameters_of
from landscape.sampling.evaluator import Evaluator, Job, same_values, undisturbed, write_job
from landscape.sampling.executors import (
    Chunk,
    Finished,
    job_folder,
    run_in_process,
    run_on_workers,
)
from landscape.sampling.provenance import provenance
from landscape.settings import Device, GridSettings, settings_from
from landscape.surface.access import writing
from landscape.surface.create import Blueprint, Directions, create
from landscape.surface.grid import axis
from landscape.surface.store import check_identity, load
from landscape.surface.surface import Surface
from landscape.surface.writer import Point, SurfaceWriter

logger = logging.getLogger("landscape")

Progress = Callable[[int, int, Mapping[str, Any]], None]
"""Called as progress(done, total, info) after every stored chunk of points."""

_CHUNK_SECONDS = 0.5
_WORTH_PROCESSES_SECONDS = 8.0  # starting workers takes a few seconds: each imports torch


def compute(
    problem: Problem,
    *,
    path: str | Path | None = None,
    workers: int | None = None,
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
        device: `"auto"` takes CUDA where there is one.
        overwrite: Replace an existing file.
        store_directions: Write the directions to the file, not their seed alone.
        progress: Called as progress(done, total, info) whenever points have been stored.
        **settings: Fields of `GridSettings`: planes=5, steps=51, radius=1.0, line=False,
            normalize="filter", batchnorm="frozen", precision="float32", seed=0,
            max_samples=None.

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
    plan = _Plan(problem, grid, workers, _device(device), store_directions)
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
    device: str
    store_directions: bool


def _compute(plan: _Plan, path: Path, *, overwrite: bool, progress: Progress | None) -> Surface:
    """Create or continue the file until no point is missing."""
    data = read_batches(plan.problem.batches, max_samples=plan.grid.max_samples)
    tuning = _tuning(plan, data, path if path.exists() and not overwrite else None)
    objective = Objective(
        plan.problem, data, device=plan.device, batchnorm=plan.grid.batchnorm, tuning=tuning
    )
    center, seconds = _evaluate_center(objective)
    planes = _random_planes(plan.problem, plan.grid)
    blueprint = _blueprint(plan, data, tuning, center, planes)
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
        batchnorm=plan.grid.batchnorm,
        tuning=tuning,
        alpha=blueprint.alpha,
        beta=blueprint.beta,
        center=blueprint.center,
    )
    with writing(path):
        if overwrite or not path.exists():
            create(path, blueprint)
        else:  # another process may have created it meanwhile
            check_identity(path, blueprint)
        with SurfaceWriter(path) as writer, job_folder() as folder:
            missing = writer.missing()
            count = _worker_count(plan, seconds * len(missing))
            chunks = _chunks(missing, seconds, count)
            if count == 1:
                evaluator = Evaluator(job, planes.__getitem__, objective=objective)
                finished = run_in_process(evaluator, chunks)
            else:
                write_job(folder, job, planes)
                finished = run_on_workers(folder, chunks, workers=count)
            with contextlib.closing(finished):
                _store(writer, finished, len(missing), progress)
    return load(path)


def _blueprint(
    plan: _Plan,
    data: ResidentBatches,
    tuning: Tuning,
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
            "metrics": list(center),
        },
        provenance=provenance(plan.problem, plan.grid, data.samples, tuning, center),
        directions=_stored(planes) if plan.store_directions else (),
    )


def _tuning(plan: _Plan, data: ResidentBatches, path: Path | None) -> Tuning:
    """Take the tuning of a file to be continued, whose bits depend on it, or find one."""
    if path is not None:
        metadata = load(path).metadata
        center = fingerprint(parameters_of(plan.problem.model))
        same = metadata["config"].get("center") == center  # else the file will be refused
        if same and "tuning" in metadata:
            return Tuning.from_json(metadata["tuning"])
    return tune(
        plan.problem,
        data,
        device=plan.device,
        batchnorm=plan.grid.batchnorm,
        precision=plan.grid.precision,
        points=plan.grid.planes * plan.grid.steps ** (1 if plan.grid.line else 2),
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


def _random_planes(problem: Problem, grid: GridSettings) -> list[Plane]:
    """Draw the replicate planes of a grid."""
    layouts = filter_layouts(problem.model)
    center = parameters_of(problem.model)
    return [
        random_plane(
            center,
            layouts,
            seed=grid.seed,
            index=index,
            normalize=grid.normalize,
            axes=1 if grid.line else 2,
        )
        for index in range(grid.planes)
    ]


def _stored(planes: Sequence[Plane]) -> list[Directions]:
    """Turn directions into float32 arrays for the file."""
    return [
        [
            {name: tensor.float().cpu().numpy() for name, tensor in direction.items()}
            for direction in plane.directions
        ]
        for plane in planes
    ]


def _store(
    writer: SurfaceWriter,
    finished: Generator[Finished],
    total: int,
    progress: Progress | None,
) -> None:
    """Store every finished chunk at once; count errors by their text."""
    done = 0
    errors: Counter[str] = Counter()
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
            progress(done, total, {"failed": errors.total()})
    for text, count in errors.most_common():
        logger.warning("%d of %d points failed: %s", count, total, text)


def _chunks(points: Sequence[Point], seconds: float, workers: int) -> list[Chunk]:
    """Cut points into chunks of half a second, and at least eight for each worker."""
    size = max(1, round(_CHUNK_SECONDS / max(seconds, 1e-6)))
    size = max(1, min(size, len(points) // (8 * workers)))
    return [points[start : start + size] for start in range(0, len(points), size)]


def _worker_count(plan: _Plan, seconds: float) -> int:
    """Choose the number of processes: one each core, but none besides this for short work."""
    if plan.workers is not None:
        return plan.workers
    if plan.device != "cpu" or seconds < _WORTH_PROCESSES_SECONDS:
        return 1
    return int(loky.cpu_count())


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
