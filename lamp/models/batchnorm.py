"""The statistics of BatchNorm: taken anew, or left alone for a while."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim.swa_utils import update_bn

from lamp.models.borrowed import channels_last, mode

_IMAGES = 4096  # more do not change an average of so many
_BATCH = 256


def batchnorms(model: nn.Module) -> list[_BatchNorm]:
    """Return the layers that normalize by statistics of a batch and remember them."""
    return [
        module
        for module in model.modules()
        if isinstance(module, _BatchNorm) and module.track_running_stats
    ]


def recalibrate(model: nn.Module, images: Tensor) -> None:
    """Set BatchNorm's statistics to averages over images, with the parameters as they are.

    While a model is trained, running statistics follow parameters that move on: an average over
    about the last ten steps. After few steps, as with large batches, they are those of another
    network, and the model in eval mode is not the one that was trained. Here batches of the final
    model are averaged instead (`torch.optim.swa_utils.update_bn`; Wu & Johnson 2021, "Rethinking
    'batch' in BatchNorm", section 3).

    Args:
        model: Changed in place; its mode is left as found. Without BatchNorm nothing is done.
        images: What it was trained on, shape (N, C, H, W); at most 4,096 at equal distances are
            used.

    Example:
        >>> model = nn.Sequential(nn.BatchNorm2d(1))
        >>> recalibrate(model, torch.arange(8.0).reshape(2, 1, 2, 2))
        >>> model[0].running_mean, model[0].running_var
        (tensor([3.5000]), tensor([6.]))
    """
    if not batchnorms(model):
        return
    first = next(model.parameters(), next(model.buffers()))
    used = images[:: -(-len(images) // _IMAGES)].to(first.device)
    with (
        mode(model, training=True),
        channels_last(model) as memory_format,  # one layout, so that the last bits are the same
        torch.no_grad(),
    ):
        used = used.contiguous(memory_format=memory_format)
        update_bn(used.chunk(-(-len(used) // _BATCH)), model)


@contextmanager
def frozen_statistics(layers: Sequence[_BatchNorm]) -> Iterator[None]:
    """Let batches be normalized by their own statistics for a while, and remember none of them."""
    momenta = [layer.momentum for layer in layers]
    counts = [layer.num_batches_tracked for layer in layers]
    kept = [None if count is None else count.clone() for count in counts]
    for layer in layers:
        layer.momentum = 0.0
    try:
        yield
    finally:
        for layer, momentum, count, was in zip(layers, momenta, counts, kept, strict=True):
            layer.momentum = momentum
            if count is not None and was is not None:
                count.copy_(was)
