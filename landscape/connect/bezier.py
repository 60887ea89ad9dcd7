"""A curve with one bend between two checkpoints, along which the loss is as low as can be found."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from scipy.integrate import quad
from torch import Tensor

from landscape.arguments import checked
from landscape.connect.ends import between
from landscape.errors import LandscapeError, ProblemError
from landscape.objective.data import ResidentBatches
from landscape.objective.ends import loaded
from landscape.objective.evaluate import Objective
from landscape.planes.along.to import difference
from landscape.planes.checkpoints import Fitted
from landscape.planes.parameters import Parameters, dot, norm
from landscape.planes.plane import Plane
from landscape.problem import Problem

Slope = Callable[[Parameters, float, int], tuple[float, Parameters]]
"""Called as slope(bend, t, batch): the mean loss of a batch at a point, and its gradient."""

State = tuple[int, Tensor]
"""Steps that are done; bend and both averages of its gradients, shape (3, parameters)."""

_FORM = "bezier, bezier:steps=2000 or bezier:steps=2000,seed=1"
_RATE = 0.02  # of the first step, in root mean squares of the difference of a tensor's ends
_START = 0.01  # likewise, of the first bend: the straight line may be a ridge that is even
_AVERAGES = (0.9, 0.999)  # of gradients and their squares (Kingma & Ba 2015)
_TINY = 1e-12
_SAVES = 20  # of a training


@checked
@dataclass(frozen=True)
class Bezier:
    r"""A quadratic Bezier curve, whose bend is trained.

    $\phi(t) = (1 - t)^2 a + 2 t (1 - t) \theta + t^2 b$, with the $\theta$ that makes the mean of
    the loss over t in [0, 1] small (Garipov et al. 2018, section 3.3 and equation 2). A step takes
    one batch at one uniform t, by Adam, whose steps become shorter to the end. They are in units of
    the difference of both ends, tensor by tensor: what both share does not move.

    Args:
        steps: Of the training.
        seed: Of t, of the batches, and of the bend from which it starts, near the straight line.

    Raises:
        LandscapeError: If one of them is out of range.
    """

    steps: int = 2000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.seed < 0:
            raise LandscapeError(
                f"expected positive steps and a seed from 0, got {self.steps} and {self.seed}",
                hint=_FORM,
            )

    @property
    def text(self) -> str:
        """What a file calls it."""
        return f"bezier:steps={self.steps},seed={self.seed}"

    @classmethod
    def parse(cls, text: Any) -> "Bezier":
        """Read a text such as `bezier:steps=500`, or take a curve as it is."""
        if isinstance(text, cls):
            return text
        word, _, rest = str(text).partition(":")
        pairs = [part.partition("=")[::2] for part in rest.split(",")] if rest else []
        given = {key.strip(): value for key, value in pairs}
        try:
            if word != "bezier" or set(given) - {"steps", "seed"}:
                raise ValueError
            return cls(**{key: int(value) for key, value in given.items()})
        except ValueError as error:
            raise LandscapeError(f"expected a curve, got {text!r}", hint=_FORM) from error


def bent(a: Fitted, b: Fitted, bend: Parameters, t: float) -> Fitted:
    r"""Return a point of the curve: that of the straight line, and $2 t (1 - t)$ of the bend.

    Args:
        a: At t = 0, to the bit.
        b: At t = 1.
        bend: How far theta is from the middle of both.
        t: Between.

    Returns:
        The point, with buffers of the straight line.
    """
    point = between(a, b, t)
    if t in {0.0, 1.0}:
        return point
    lift = 2 * t * (1 - t)
    moved = {
        name: value + lift * bend[name].to(value.dtype) if value.is_floating_point() else value
        for name, value in point.parameters.items()
    }
    return replace(point, parameters=moved)


def stretch(a: Fitted, b: Fitted, bend: Parameters) -> float:
    r"""Return the length of the curve, in lengths of the straight line: $\int |\phi'(t)| dt$.

    Example:
        >>> a, b = (Fitted("", {"w": torch.tensor([x, 0.0])}, {}) for x in (-1.0, 1.0))
        >>> stretch(a, b, {"w": torch.zeros(2)})
        1.0
        >>> round(stretch(a, b, {"w": torch.tensor([0.0, 2.0])}), 6)  # a parabola of height 1
        1.478943
    """
    apart = difference(b.parameters, a.parameters)
    # phi' = (b - a) + 2 (1 - 2t) bend.
    across = sum(dot(apart[name], bend[name].to(apart[name].dtype)) for name in apart)
    squares = norm(apart) ** 2, 4 * across, 4 * norm(bend) ** 2

    def speed(t: float) -> float:
        u = 1 - 2 * t
        return float(np.sqrt(max(squares[0] + squares[1] * u + squares[2] * u * u, 0.0)))

    return float(quad(speed, 0, 1, points=[0.5])[0] / norm(apart))


def slope_along(
    problem: Problem, data: ResidentBatches, a: Fitted, b: Fitted, *, device: str
) -> Slope:
    """Make the function that differentiates the loss of one batch at a point of a curve.

    BatchNorm normalizes by the statistics of the batch, as in a training.

    Args:
        problem: Model and loss.
        data: The batches.
        a: One end.
        b: The other.
        device: Where to compute.

    Returns:
        The function; gradients are in CPU memory.
    """
    there = replace(problem, model=loaded(problem.model, a, device))
    objective = Objective(there, replace(data, splits={}), device=device, batchnorm="batch")
    apart = difference(b.parameters, a.parameters)

    def slope(bend: Parameters, t: float, batch: int) -> tuple[float, Parameters]:
        objective.enter(Plane(apart, (apart, bend)))
        return objective.slope(t, 2 * t * (1 - t), batch=batch)

    return slope


def train_bend(
    curve: Bezier,
    slope: Slope,
    apart: Parameters,
    batches: int,
    *,
    start: State | None = None,
    keep: Callable[[State], object] | None = None,
    progress: Callable[[int], object] | None = None,
) -> Parameters:
    """Train the bend of a curve.

    Args:
        curve: How long, and its seed.
        slope: Differentiates the loss.
        apart: Second end minus first.
        batches: How many there are.
        start: Where a training was interrupted.
        keep: Called with the state now and then, and at the end.
        progress: Called with the steps that are done, after each.

    Returns:
        How far theta is from the middle of both ends.

    Raises:
        ProblemError: If the loss or its gradient is missing or not finite somewhere.
    """
    scale = _scales(apart)
    done, state = start or (0, _first(scale, curve.seed))
    bend, mean, square = state = state.to(scale.dtype)
    for step in range(done, curve.steps):
        random = np.random.default_rng([curve.seed, step])  # a resumed training draws the same
        t, batch = float(random.uniform()), int(random.integers(batches))
        loss, found = slope(_split(bend, apart), t, batch)
        gradient = 2 * t * (1 - t) * _flat(found, bend.dtype)
        if not (math.isfinite(loss) and bool(gradient.isfinite().all())):
            raise ProblemError(
                f"cannot train the bend of a curve: at t = {t:.3g} the loss or its gradient is not "
                "finite",
                hint="without --curve (curve=) it is told where the straight line is not finite",
            )
        mean.lerp_(gradient, 1 - _AVERAGES[0])
        square.lerp_(gradient.square(), 1 - _AVERAGES[1])
        first, second = (1 - average ** (step + 1) for average in _AVERAGES)
        rate = _RATE * (1 - step / curve.steps)
        bend -= rate * scale * (mean / first) / ((square / second).sqrt() + _TINY)
        if keep is not None and (step + 1) % -(-curve.steps // _SAVES) == 0:
            keep((step + 1, state))
        if progress is not None:
            progress(step + 1)
    if keep is not None and done < curve.steps:
        keep((curve.steps, state))
    return _split(bend, apart)


def _first(scale: Tensor, seed: int) -> Tensor:
    """Make the state of a training that begins."""
    noise = torch.randn(len(scale), generator=torch.Generator().manual_seed(seed))
    return torch.stack([_START * scale * noise, torch.zeros_like(scale), torch.zeros_like(scale)])


def _scales(apart: Parameters) -> Tensor:
    """Return for each entry the root mean square of its tensor."""
    roots = [
        torch.full_like(value, norm({"": value}) / max(value.numel(), 1) ** 0.5, dtype=_real(value))
        for value in apart.values()
    ]
    return torch.cat([root.flatten() for root in roots])


def _real(value: Tensor) -> torch.dtype:
    """Return the dtype in which a tensor is counted."""
    return torch.promote_types(value.dtype, torch.float32)


def _flat(tensors: Parameters, dtype: torch.dtype) -> Tensor:
    """Lay tensors out one after the other."""
    return torch.cat([value.flatten().to(dtype) for value in tensors.values()])


def _split(flat: Tensor, like: Parameters) -> Parameters:
    """Take them apart again."""
    parts = torch.split(flat, [value.numel() for value in like.values()])
    return {n: part.view(like[n].shape) for n, part in zip(like, parts, strict=True)}
