"""Fill the grids of replicate planes, resumably, on every core."""

import importlib.metadata
import json
import logging
import platform
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import loky
import numpy as np
import torch

from landscape.directions.layouts import filter_layouts
from landscape.directions.normalize import normalization_report
from landscape.directions.plane import Plane, random_plane
from landscape.errors import LandscapeError, ProblemError
from landscape.objective.batches import read_batches
from landscape.objective.objective import Objective, Sample
from landscape.objective.problem import Problem
from landscape.parameters import fingerprint, parameters_of
from landscape.sampling.evaluator import Evaluator, Job, same_values, undisturbed, write_job
from landscape.sampling.executors import Chunk, Finished, run_in_process, run_on_workers
from landscape.settings import Device, GridSettings, settings_from
from landscape.surface import store
from landscape.surface.grid import axis
from landscape.surface.surface import Surface

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
    if workers is not None and workers < 1:
        raise LandscapeError(f"expected at least one worker, got {workers}")
    if path is None:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "surface.h5"
            _compute(problem, grid, target, workers, _device(device), False, progress)
            return store.load(target)
    target = Path(path)
    if overwrite:
        target.unlink(missing_ok=True)
    _compute(problem, grid, target, workers, _device(device), store_directions, progress)
    return store.load(target)


def _compute(
    problem: Problem,
    grid: GridSettings,
    path: Path,
    workers: int | None,
    device: str,
    store_directions: bool,
    progress: Progress | None,
) -> None:
    """Create or continue the file until no point is missing."""
    with undisturbed():
        data = read_batches(problem.batches, max_samples=grid.max_samples)
        objective = Objective(problem, data, device=device, batchnorm=grid.batchnorm)
        center, seconds = _evaluate_center(objective)
        planes = _random_planes(problem, grid)
        coordinates = axis(grid.radius, grid.steps)
        blueprint = store.Blueprint(
            alpha=coordinates,
            beta=np.zeros(1) if grid.line else coordinates,
            gram=np.stack([plane.gram for plane in planes]),
            center={name: sample.mean for name, sample in center.items()},
            identity={
                **grid.model_dump(),
                "center": fingerprint(planes[0].center),
                "buffers": fingerprint(dict(problem.model.named_buffers())),
                "data": data.fingerprint,
                "device": device,
                "layout": objective.layout,
                "metrics": list(center),
            },
            provenance=_provenance(problem, grid, data.samples, objective, center),
            directions=_stored(planes) if store_directions else (),
        )
        if path.exists():
            store.check_identity(path, blueprint.identity)
        else:
            store.create(path, blueprint)
        job = Job(
            problem=problem,
            data=data,
            device=device,
            batchnorm=grid.batchnorm,
            alpha=blueprint.alpha,
            beta=blueprint.beta,
            center=blueprint.center,
        )
        with store.SurfaceWriter(path) as writer, tempfile.TemporaryDirectory() as folder:
            missing = writer.missing()
            count = _worker_count(workers, device, seconds * len(missing))
            chunks = _chunks(missing, seconds, count)
            if not missing:
                return
            if count == 1:
                evaluator = Evaluator(job, planes.__getitem__, objective=objective)
                finished = run_in_process(evaluator, chunks)
            else:
                write_job(Path(folder), job, planes)
                finished = run_on_workers(Path(folder), chunks, workers=count)
            _store(writer, finished, len(missing), progress)


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


def _stored(planes: Sequence[Plane]) -> list[store.Directions]:
    """Turn directions into float32 arrays for the file."""
    return [
        [
            {name: tensor.float().cpu().numpy() for name, tensor in direction.items()}
            for direction in plane.directions
        ]
        for plane in planes
    ]


def _store(
    writer: store.SurfaceWriter,
    finished: Iterator[Finished],
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


def _chunks(points: Sequence[store.Point], seconds: float, workers: int) -> list[Chunk]:
    """Cut points into chunks of half a second, and at least eight for each worker."""
    size = max(1, round(_CHUNK_SECONDS / max(seconds, 1e-6)))
    size = max(1, min(size, len(points) // (8 * workers)))
    return [points[start : start + size] for start in range(0, len(points), size)]


def _worker_count(workers: int | None, device: str, seconds: float) -> int:
    """Choose the number of processes: one each core, but none besides this for short work."""
    if workers is not None:
        return workers
    if device != "cpu" or seconds < _WORTH_PROCESSES_SECONDS:
        return 1
    return int(loky.cpu_count())


def _device(device: str) -> str:
    """Resolve `auto`; refuse a device that is not there."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" and not torch.cuda.is_available():
        raise LandscapeError("no CUDA device is available", hint="use --device cpu or auto")
    return device


def _provenance(
    problem: Problem,
    grid: GridSettings,
    samples: int,
    objective: Objective,
    center: Mapping[str, Sample],
) -> dict[str, str | int | float]:
    """Collect how a file came to be."""
    dtypes = sorted({str(p.dtype).removeprefix("torch.") for p in problem.model.parameters()})
    versions = {
        name: importlib.metadata.version(name) for name in ("lamp-landscape", "torch", "numpy")
    }
    return {
        "title": "Loss surface",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(sys.argv),
        "git": _git(),
        "problem": problem.spec or "Python objects",
        "model": type(problem.model).__name__,
        "samples": samples,
        "dtype": ",".join(dtypes),
        "layout": objective.layout,
        "normalize": grid.normalize,
        "batchnorm": grid.batchnorm,
        "radius": grid.radius,
        "seed": grid.seed,
        "normalization_report": json.dumps(
            normalization_report(
                filter_layouts(problem.model), parameters_of(problem.model), how=grid.normalize
            )
        ),
        "python": platform.python_version(),
        **versions,
        **{f"center_{name}_se": sample.standard_error for name, sample in center.items()},
    }


def _git() -> str:
    """Name the commit of the current folder, if it is in a git repository."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty"],  # noqa: S607, the user's own git
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "none"
    return found.stdout.strip()
