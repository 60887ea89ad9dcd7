"""The package `loss-landscapes` (marcellodebernardi/loss-landscapes).

Its `planar_interpolation` takes a plane as three models, so that it looks along our directions;
its `random_plane` has the same loop with directions of its own. Its walk shifts every second row
by one step: the values are put where they belong here, and one cell of those rows is left empty.
"""

import time

import loss_landscapes
import numpy as np
import torch
from loss_landscapes.metrics import Loss
from loss_landscapes.metrics.metric import Metric
from loss_landscapes.model_interface.model_wrapper import ModelWrapper, wrap_model
from torch import nn

from benchmarks.contestants.outcome import Array, Outcome, Run
from benchmarks.trained import Trained

_TRIALS = 3


class BatchedLoss(Metric):
    """The loss over batches: a metric of the user's own, which the package's text recommends."""

    def __init__(self, trained: Trained) -> None:
        super().__init__()
        self._criterion, self._device = trained.criterion, trained.device
        size = trained.batch_size
        self._batches = list(
            zip(trained.images.split(size), trained.targets.split(size), strict=True)
        )
        self._samples = len(trained.images)

    def __call__(self, model_wrapper: ModelWrapper) -> float:
        """Return the mean loss over all samples."""
        total = torch.zeros((), device=self._device)
        for inputs, targets in self._batches:
            total += self._criterion(model_wrapper.forward(inputs), targets) * len(inputs)
        return total.item() / self._samples


def prepare(trained: Trained) -> Run:
    """Choose the faster of the package's own metric and one over batches; not timed.

    Args:
        trained: The network and its data.

    Returns:
        Evaluates a grid.
    """
    metrics = {
        "all samples at once": Loss(trained.criterion, trained.images, trained.targets),
        "batches": BatchedLoss(trained),
    }
    wrapper = wrap_model(trained.private_model())
    seconds = dict.fromkeys(metrics, float("inf"))
    for _ in range(_TRIALS):
        for name, metric in metrics.items():
            start = time.perf_counter()
            metric(wrapper)
            seconds[name] = min(seconds[name], time.perf_counter() - start)
    best = min(seconds, key=seconds.__getitem__)

    def run(steps: int) -> Outcome:
        corners = _corners(trained, steps)
        start = time.perf_counter()
        found = loss_landscapes.planar_interpolation(*corners, metrics[best], steps=steps)
        seconds = time.perf_counter() - start
        return Outcome(seconds, _straightened(found), {"metric": best})

    return run


def _corners(trained: Trained, steps: int) -> list[nn.Module]:
    """Make the three models whose plane has our grid; columns are evaluated after a first step."""
    one, other = trained.directions
    spacing = 2 / (steps - 1)
    start = _moved(trained, {n: -(1 + spacing) * one[n] - other[n] for n in one})
    ends = [
        _moved(
            trained,
            {
                n: -(1 + spacing) * one[n] - other[n] + steps * spacing * direction[n]
                for n in direction
            },
        )
        for direction in (other, one)  # rows are beta
    ]
    return [start, *ends]


def _moved(trained: Trained, offset: dict[str, torch.Tensor]) -> nn.Module:
    """Copy the model and move it."""
    model = trained.private_model()
    for name, parameter in model.named_parameters():
        parameter.add_(offset[name].to(parameter.device))
    return model


def _straightened(found: Array) -> Array:
    """Undo the shift of every second row."""
    values = found.astype(float)
    values[1::2, :-1] = found[1::2, 1:]
    values[1::2, -1] = np.nan
    return values
