"""The package `landscaper` (Vis4SciML/Landscaper).

It rescales every direction tensor by tensor, so that it looks at a plane of its own unless the
directions have that scale already. Each point is reached by adding the step once for each grid line
from the center: a point costs more on a finer grid.
"""

import copy
import itertools
import math
import time

import numpy as np
import torch
from landscaper import LossLandscape
from landscaper.compute import normalize_direction
from torch import Tensor, nn

from benchmarks.contestants.outcome import Outcome, Run, center_only
from benchmarks.trained import Trained

Batches = list[tuple[Tensor, Tensor]]


def prepare(trained: Trained) -> Run:
    """Keep the data in memory in batches, as the package lets its user do.

    Args:
        trained: The network and its data.

    Returns:
        Evaluates a grid.
    """
    size = trained.batch_size
    batches = list(zip(trained.images.split(size), trained.targets.split(size), strict=True))
    criterion = trained.criterion
    directions = [
        [one[name].to(trained.device) for name, _ in trained.model.named_parameters()]
        for one in reversed(trained.directions)  # the first dimension is beta
    ]
    same_plane = _keeps(directions)

    def run(steps: int) -> Outcome:
        values: list[float] = []  # the package alters its maximum: take the values as computed

        def scalar_fn(model: nn.Module, data: Batches) -> float:
            total = torch.zeros((), device=trained.device)
            for inputs, targets in data:
                total += criterion(model(inputs), targets) * len(inputs)
            values.append(total.item() / len(trained.images))
            return values[-1]

        model = trained.private_model()
        distance = _distance(model, directions, steps)
        start = time.perf_counter()
        LossLandscape.compute(
            model, batches, directions, scalar_fn, steps, distance, dim=2, device=trained.device
        )
        seconds = time.perf_counter() - start
        grid = np.array(values).reshape(steps, steps)
        if not same_plane:
            grid = center_only(grid[steps // 2, steps // 2], steps)
        return Outcome(seconds, grid, {"directions": "ours" if same_plane else "its own scale"})

    return run


def _distance(model: nn.Module, directions: list[list[Tensor]], steps: int) -> float:
    """Return the distance that puts the edge of its grid where ours is.

    Its step is |theta| distance / (steps / 2), and the edge (steps // 2) steps away.
    """
    lengths = [math.sqrt(sum(float(t.square().sum()) for t in one)) for one in directions]
    center = math.sqrt(sum(float(p.square().sum()) for p in model.parameters()))
    return float(np.mean(lengths)) / center * (steps / 2) / (steps // 2)


def _keeps(directions: list[list[Tensor]]) -> bool:
    """Tell whether the package leaves these directions as they are, up to one common length."""
    ratios = []
    for direction in directions:
        scaled = normalize_direction(copy.deepcopy(direction), direction)
        for tensor, given in itertools.zip_longest(scaled, direction):
            if given.norm() > 0:
                ratios.append(float(tensor.norm() / given.norm()))
    return bool(np.ptp(ratios) < 1e-5 * np.max(ratios))
