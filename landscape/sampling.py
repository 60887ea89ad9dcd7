"""Evaluate a loss on grids of planes, resumably, on every core."""

import contextlib
import tempfile
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from landscape.arguments import checked
from landscape.checks import (
    check_directions,
    check_drift,
    check_metrics,
    evaluate_center,
    evaluate_witness,
    remeasure,
)
from landscape.files import resolve
from landscape.filling import Filling, Progress, make_states
from landscape.laying import check_window, framed, make_planes, points_of_interest
from landscape.objective.data import read_data
from landscape.objective.evaluate import Objective
from landscape.objective.private import travelling
from landscape.pilot import settle_radius
from landscape.planes.along import Along, along_of
from landscape.planes.plane import Plane
from landscape.planes.space import ParameterSpace
from landscape.problem import Problem
from landscape.progress import reporting
from landscape.request import Request, choose_tuning, make_blueprint, points_left
from landscape.running.allocator import give_memory_back, keep_freed_memory, trim_memory
from landscape.running.evaluator import Evaluator, undisturbed
from landscape.running.executors import work_here, work_on
from landscape.running.job import Job
from landscape.running.pool import Pool
from landscape.running.resources import check_workers, resolve_device, worthwhile_processes
from landscape.settings import (
    BatchNormPolicy,
    GridSettings,
    Normalize,
    Precision,
    Vectors,
)
from landscape.surface.create import create
from landscape.surface.data import Surface
from landscape.surface.file import writing
from landscape.surface.identity import check_identity
from landscape.surface.read import load
from landscape.surface.writer import SurfaceWriter


@checked
def compute(
    problem: Problem,
    *,
    planes: int | Sequence[Plane] = 5,
    along: str | Along = "random",
    steps: int = 51,
    radius: float | Literal["auto"] = 1.0,
    window: str | Sequence[float] | None = None,
    line: bool = False,
    normalize: Normalize = "filter",
    vectors: Vectors = "zero",
    orthogonal: bool = False,
    only: str | Sequence[str] = (),
    freeze: str | Sequence[str] = (),
    trainable: bool = False,
    seed: int = 0,
    batchnorm: BatchNormPolicy = "frozen",
    precision: Precision = "float32",
    max_samples: int | None = None,
    tolerance: float | None = None,
    clip: float = 10.0,
    tolerance_metrics: Sequence[str] = ("loss",),
    max_evaluations: int | None = None,
    path: str | Path | None = None,
    overwrite: bool = False,
    store_directions: bool = False,
    workers: int | None = None,
    executor: Executor | None = None,
    device: str = "auto",
    progress: Progress | Literal["auto"] | None = "auto",
) -> Surface:
    """Evaluate a loss on grids around the center, in replicate random planes or given ones.

    f(alpha, beta) = loss(center + alpha * delta + beta * eta), with directions drawn from a
    Gaussian and scaled filter by filter to the center (Li et al. 2018, section 4). An interrupted
    call goes on when it is repeated with the same arguments. Neither the caller's model nor any
    global random state changes.

    Args:
        problem: Model, loss and data.
        planes: Number of replicate planes: independent pairs of random directions (intervals need
            at least two); or planes of your own through the model's parameters.
        along: Where planes lie: `"random"`; `"to:b.pt"` (a line to a checkpoint), `"to:b.pt,c.pt"`
            (a plane); `"pca:run"` (nearest to the path of an optimizer: a folder of checkpoints);
            `"hessian"` (the two eigenvectors along which the loss curves most);
            one direction beside random ones, alone with `line`: `"gradient"`, `"worst"`,
            `"update:b.pt"`, `"file:d.npz"`; or a value such as `To(model_b)`, `Worst(steps=9)`.
        steps: Points per side; an odd number puts the center on the grid. 51 as in Li et al.
        radius: Half side of the grid, in units of the directions. 1 as in Li et al.; `"auto"`
            finds where the loss of a typical plane reaches `clip` times that of the center.
        window: Ends of the grid instead of a radius: (alpha_low, alpha_high, beta_low, beta_high),
            or two numbers for a line, or for both sides. None: what suits the directions.
        line: One random direction for each plane instead of two.
        normalize: Scale of random directions: that of each filter, layer or weight of the center,
            1 (`"unit"`), or as drawn (`"none"`).
        vectors: Biases and parameters of normalization layers in random directions: `"zero"` as in
            Li et al.'s figures, unless nothing else moves; or `"random"`, scaled as one filter.
        orthogonal: Make the second direction of a plane orthogonal to the first.
        only: What moves: parameters or modules by name, with wildcards, such as `["encoder.*"]`.
            Empty moves everything. What does not move keeps its bits.
        freeze: What stays, in the same way.
        trainable: Move only what requires a gradient, such as adapters and heads.
        seed: Of random directions; the same seed draws the same for models of one architecture.
        batchnorm: BatchNorm statistics away from the center: `"frozen"` as in Li et al., those of
            the `"batch"`, or `"recalibrated"` at every point.
        precision: Arithmetic of products and convolutions; `"tf32"` (CUDA) and `"bfloat16"` are
            faster, and the file says how far they are off.
        max_samples: Evaluate on the first this many samples only.
        tolerance: Estimate points to this relative error, of the value or of that at the center
            where it is larger, from as few measured ones as that takes. None measures all.
        clip: The tolerance holds up to this multiple of the value at the center at least (higher
            where hardly any of the surface lies below that); figures draw no higher.
        tolerance_metrics: Metrics for which it holds; others are estimated without a promise.
        max_evaluations: Stop after this many points; the same call without it goes on.
        path: The surface file (HDF5). None keeps nothing on disk.
        overwrite: Replace an existing file.
        store_directions: Write them to the file, each as large as the model, not their seed alone.
        workers: Processes with one thread each. None: one for each core (or GPU), or none at all
            where the whole grid takes a few seconds. Values do not depend on it.
        executor: Where to evaluate instead: any `concurrent.futures.Executor`, which is not shut
            down, with `workers` saying how many it has if it does not say itself; or a cluster by
            Dask's `client.get_executor(pure=False, retries=2)`.
        device: As torch names it, such as `"cuda:1"`; `"auto"` takes CUDA where there is one.
        progress: Called as progress(done, total, info); `"auto"`: a bar for people; None: nothing.

    Returns:
        The surface, all points measured or failed; with a tolerance, measured or estimated.

    Raises:
        LandscapeError: If a setting is wrong (`ProblemError`: the problem; `SettingsMismatchError`:
            the file holds the result of something else; `SurfaceFileError`: the file).

    Example:
        >>> import torch
        >>> model = torch.nn.Linear(2, 1, bias=False)
        >>> loss = lambda model, x: model(x).square().mean(1)
        >>> surface = compute(Problem(model, loss, [torch.eye(2)]), planes=2, steps=5, workers=1)
        >>> surface.loss.shape
        (2, 5, 5)
    """
    directions = along_of(along, planes)
    problem = replace(problem, model=travelling(problem.model))
    space = ParameterSpace(
        problem.model, only=only, freeze=freeze, trainable=trainable, vectors=vectors
    )
    grid = GridSettings(
        planes=len(planes) if isinstance(planes, Sequence) else planes,
        along=directions.text,
        steps=steps,
        radius=radius,
        window=window,
        line=line,
        normalize=normalize,
        vectors=vectors,
        orthogonal=orthogonal,
        only=space.only,
        freeze=space.freeze,
        trainable=trainable,
        seed=seed,
        batchnorm=batchnorm,
        precision=precision,
        max_samples=max_samples,
        tolerance=tolerance,
        clip=clip,
        tolerance_metrics=tolerance_metrics,
        max_evaluations=max_evaluations,
    )
    check_workers(workers)
    request = Request(
        problem=problem,
        space=space,
        along=directions,
        grid=check_window(directions.settle(grid)),
        device=resolve_device(device),
        workers=workers,
        executor=executor,
        store_directions=store_directions,
    )
    with undisturbed(request.device), reporting(progress, "computing") as report:
        if path is not None:
            return _compute(request, resolve(path), overwrite=overwrite, progress=report)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "surface.h5"
            surface = _compute(request, file, overwrite=False, progress=report)
        metadata = {key: value for key, value in surface.metadata.items() if key != "path"}
        return replace(surface, metadata=metadata)


def _compute(
    request: Request, path: Path, *, overwrite: bool, progress: Progress | None
) -> Surface:
    """Create or continue the file until no point is missing."""
    grid, problem = request.grid, request.problem
    with contextlib.ExitStack() as stack:
        found = load(path) if path.exists() and not overwrite else None
        if found is None or not found.is_complete:  # a finished file is only read, and once
            stack.enter_context(writing(path))
            found = load(path) if path.exists() and not overwrite else None
        unfinished = found is None or not found.is_complete
        keep_freed_memory()
        stack.callback(give_memory_back)
        executor = request.executor
        if executor is None and (request.workers or 1) > 1 and points_left(grid, found):
            executor = stack.enter_context(Pool(request.workers or 1))  # starts while this prepares
        data = read_data(problem, max_samples=grid.max_samples)
        tuning = choose_tuning(request, data, found)
        objective = Objective(
            problem,
            data,
            device=request.device,
            batchnorm=grid.batchnorm,
            tuning=tuning,
            moves=request.space.moving,
        )
        trim_memory()  # of tuning, and of the copy whose memory the objective replaced
        center, seconds = evaluate_center(objective, data.sizes)
        check_metrics(request, center)
        made = make_planes(request, data)
        # To make them draws every direction; a file that is there has them.
        gram = np.stack([p.gram for p in made.planes]) if found is None else found.gram
        trim_memory()
        check_directions(request, made, gram)
        grid = settle_radius(framed(grid, made), objective, center, made.planes, found=found)
        witness = evaluate_witness(objective, center, made.planes[0], grid.extent)
        blueprint = make_blueprint(
            replace(request, grid=grid),
            data,
            tuning,
            made=made,
            points=points_of_interest(request, made, data, objective) if found is None else (),
            gram=gram,
            center=center,
            witness=witness,
            seconds=seconds,
            batchnorm=objective.batchnorm_in_effect(),
            radius_from=f"auto, clip {grid.clip:g}" if request.grid.radius == "auto" else "given",
            found=found,
        )
        if found is None:
            create(path, blueprint)
            trim_memory()  # of directions that were written
        else:
            check_identity(found, blueprint)
            remeasure(objective, found, made.planes)
        if unfinished:
            job = Job(
                problem=problem,
                data=data,
                device=request.device,
                grid=grid,
                planes=made.planes,
                tuning=tuning,
                alpha=blueprint.alpha,
                beta=blueprint.beta,
                center=blueprint.center,
            )
            if executor is None and request.workers is None:
                count = worthwhile_processes(request.device, seconds * points_left(grid, found))
                executor = stack.enter_context(Pool(count)) if count > 1 else None
            if executor is None:
                workers = work_here(Evaluator(job, objective=objective), seconds=seconds)
            else:
                running = work_on(executor, job, workers=request.workers, seconds=seconds)
                workers = stack.enter_context(running)
            writer = stack.enter_context(SurfaceWriter(path))
            Filling(
                writer,
                workers,
                make_states(grid, blueprint, found),
                tolerance=grid.tolerance,
                most=grid.max_evaluations,
                expected=seconds * points_left(grid, found),
                progress=progress,
            ).run()
            del workers  # in this process they hold planes
        objective.leave()
        trim_memory()
        after = {name: sample.mean for name, sample in objective.evaluate().items()}
        surface = load(path) if found is None or unfinished else found
        check_drift(surface, after)
        if unfinished:
            remeasure(objective, surface, made.planes, most=1)
    return surface
