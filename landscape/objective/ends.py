"""The loss of the model that a checkpoint really is: with its own parameters and buffers."""

from dataclasses import replace

import torch
from torch import nn

from landscape.objective.data import ResidentBatches
from landscape.objective.evaluate import Objective
from landscape.objective.private import private_copy
from landscape.objective.values import Sample
from landscape.planes.checkpoints import Fitted
from landscape.planes.sharing import own_parameters
from landscape.problem import Problem
from landscape.settings import BatchNormPolicy


def samples_at(
    fitted: Fitted,
    problem: Problem,
    data: ResidentBatches,
    *,
    device: str,
    batchnorm: BatchNormPolicy,
) -> dict[str, Sample]:
    """Evaluate a checkpoint by itself, as if it had been loaded into the model.

    Args:
        fitted: The checkpoint.
        problem: Model and loss.
        data: The batches.
        device: Where to evaluate.
        batchnorm: `frozen` are here the checkpoint's own statistics.

    Returns:
        Every metric's values.

    Raises:
        ProblemError: If the loss fails there.
    """
    there = replace(problem, model=loaded(problem.model, fitted, device))
    return Objective(there, data, device=device, batchnorm=batchnorm).evaluate()


def loaded(model: nn.Module, fitted: Fitted, device: str) -> nn.Module:
    """Copy a model and give it the tensors of a checkpoint.

    Args:
        model: Any module; it is left as found.
        fitted: Parameters and buffers by its names.
        device: Where the copy is to be.

    Returns:
        The copy.
    """
    copied = private_copy(model, device)
    theirs = {value.data_ptr() for value in own_parameters(model).values()}
    for parameter in copied.parameters():  # some lie in the caller's memory yet
        if parameter.data_ptr() in theirs:
            parameter.data = parameter.detach().clone()
    own = own_parameters(copied)
    buffers = dict(copied.named_buffers())
    with torch.no_grad():
        for name, value in fitted.parameters.items():
            own[name].copy_(value)
        for name, value in fitted.buffers.items():
            buffers[name].copy_(value)
    return copied
