"""Two checkpoints as the ends of a line, and the points between them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from landscape.errors import LandscapeError
from landscape.objective.batchnorm import layers
from landscape.planes.along.to import Source, To, difference
from landscape.planes.checkpoints import Fitted, as_checkpoint, fit_checkpoint
from landscape.planes.parameters import Parameters, norm
from landscape.problem import Problem


def fit_ends(problem: Problem, ends: Sequence[Source]) -> tuple[Fitted, Fitted]:
    """Read both ends, and refuse two that are one.

    Args:
        problem: Whose names and shapes they must have.
        ends: One or two; before one alone comes the problem's own model.

    Returns:
        Both, by the names of the model.

    Raises:
        LandscapeError: If one does not fit, or both are the same.
    """
    if len(ends) not in {1, 2}:
        raise LandscapeError(
            f"expected one or two checkpoints, got {len(ends)}",
            hint="a barrier lies between two; of one alone, the problem's own model is the other",
        )
    names = _names(ends)
    sources: list[tuple[str, Source]] = list(zip(names, ends, strict=True))
    if len(sources) == 1:
        sources.insert(0, ("the model", problem.model))
    a, b = (
        replace(fit_checkpoint(as_checkpoint(source, name), problem.model), label=name)
        for name, source in sources
    )
    if norm(difference(b.parameters, a.parameters)) == 0:
        raise LandscapeError(
            f"{a.label} and {b.label} hold the same parameters: nothing lies between them",
            hint="give two checkpoints of different trainings, or of different steps",
        )
    return a, b


def between(a: Fitted, b: Fitted, t: float) -> Fitted:
    """Interpolate two checkpoints: parameters, and buffers that both have.

    Args:
        a: At t = 0, to the bit.
        b: At t = 1.
        t: Between.

    Returns:
        The point; in float32 at least.
    """
    if t in {0.0, 1.0}:
        return b if t else a

    def mixed(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> Parameters:
        result = {}
        for name, value in one.items():
            if name not in other:
                continue
            dtype = torch.promote_types(value.dtype, other[name].dtype)
            if not dtype.is_floating_point:  # counters and masks
                result[name] = value
                continue
            dtype = torch.promote_types(dtype, torch.float32)
            result[name] = torch.lerp(value.to(dtype), other[name].to(dtype), t)
        return result

    return Fitted(f"t = {t:g}", mixed(a.parameters, b.parameters), mixed(a.buffers, b.buffers))


def check_statistics(problem: Problem, end: Fitted, policies: Sequence[str]) -> None:
    """Refuse to freeze running statistics that an end does not have.

    Args:
        problem: Its model.
        end: A checkpoint.
        policies: What BatchNorm is to do.

    Raises:
        LandscapeError: Naming the first that is missing.
    """
    found = set(map(id, layers(problem.model)))
    for path, module in problem.model.named_modules():
        name = f"{path}.running_mean".lstrip(".")
        if "frozen" in policies and id(module) in found and name not in end.buffers:
            raise LandscapeError(
                f"{end.label} has no running statistics of BatchNorm: {name!r} is missing",
                hint="leave out frozen: --batchnorm batch,recalibrated",
            )


def _names(ends: Sequence[Source]) -> tuple[str, ...]:
    """Name the ends; files of one name by the part of their paths in which they differ."""
    names = To(ends).names
    paths = [Path(end).resolve() for end in ends if isinstance(end, str | Path)]
    if len(paths) == 2 and paths[0].name == paths[1].name and paths[0] != paths[1]:
        shared = os.path.commonpath(paths)
        return tuple(path.relative_to(shared).as_posix() for path in paths)
    return names
