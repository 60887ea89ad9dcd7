"""What BatchNorm does away from the center: three policies, one of which a surface must choose."""

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from landscape.objective.operations import Watching
from landscape.settings import BatchNormPolicy

ONE_SAMPLE = "Expected more than 1 value per channel"
ONE_SAMPLE_HINT = (
    "BatchNorm by the statistics of a batch needs two samples in every batch: choose another batch "
    "size or leave out the last batch; batchnorm='frozen' (--batchnorm frozen) needs running "
    "statistics in the layer"
)


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


def in_effect(policy: BatchNormPolicy, forward: Callable[[], object], *, folded: bool) -> str:
    """Tell by which statistics a model is really normalized.

    A layer without running statistics, or `torch.nn.functional.batch_norm(training=True)`,
    normalizes by those of the batch whatever the policy is.

    Args:
        policy: What was asked for.
        forward: Runs the model, prepared by the policy, over a batch.
        folded: Whether layers with running statistics are folded away.

    Returns:
        The policy where it holds everywhere, `batch` where it holds nowhere, else such as
        `frozen and batch`.
    """
    seen = {False} if folded else set()

    def see(operation: Any, args: Sequence[Any], tensors: list[Tensor]) -> None:
        names = [argument.name for argument in operation._schema.arguments]
        if "batch_norm" not in operation.overloadpacket.__name__ or "training" not in names:
            return
        # InstanceNorm is computed as BatchNorm of one sample with as many channels.
        if len(tensors[0]) > 1:
            seen.add(bool(args[names.index("training")]))

    with Watching(see):
        forward()
    if policy == "batch" or True not in seen:
        return policy
    return "batch" if False not in seen else f"{policy} and batch"


def layers(model: nn.Module) -> list[_BatchNorm]:
    """Return the BatchNorm layers of a model that keep running statistics."""
    return [
        module
        for module in model.modules()
        if isinstance(module, _BatchNorm) and module.track_running_stats
    ]
