"""What BatchNorm does away from the center: three policies, one of which a surface must choose."""

from collections.abc import Callable

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from landscape.settings import BatchNormPolicy


def prepare(model: nn.Module, policy: BatchNormPolicy) -> None:
    """Put a model in evaluation mode, its BatchNorm layers as the policy says.

    `frozen` keeps the center's running statistics, as Li et al. (2018) do. `batch` normalizes by
    the statistics of each evaluation batch. `recalibrated` measures the running statistics anew at
    every point, which costs a second pass over the data.

    Args:
        model: A private copy; its mode changes.
        policy: One of the three.
    """
    model.eval()
    if policy == "batch":
        for layer in layers(model):
            layer.train()


def recalibrate(model: nn.Module, forward: Callable[[], object]) -> None:
    """Replace running statistics by their averages over one pass over the data.

    Args:
        model: A private copy; its BatchNorm buffers change.
        forward: Runs the model over all batches.
    """
    found = layers(model)
    momenta = [layer.momentum for layer in found]
    for layer in found:
        layer.reset_running_stats()
        layer.momentum = None  # cumulative average over batches
        layer.train()
    forward()
    for layer, momentum in zip(found, momenta, strict=True):
        layer.momentum = momentum
        layer.eval()


def layers(model: nn.Module) -> list[_BatchNorm]:
    """Return the BatchNorm layers of a model that keep running statistics."""
    return [
        module
        for module in model.modules()
        if isinstance(module, _BatchNorm) and module.track_running_stats
    ]
