"""A private copy of a user's model, which computes what the model would and disturbs nobody."""

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from landscape.errors import ProblemError, describe
from landscape.objective.functions import rebind_functions
from landscape.planes.sharing import shared_regions

_COPY_HINT = "a model must survive copy.deepcopy; keep no open file or generator in it"
_SHARDED_HINT = "gather the whole parameters into a plain model on one device"


class WithoutProcesses(nn.Module):
    """Stands where DistributedDataParallel stood: the same names, the same values, one process.

    Args:
        module: What was wrapped.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call what was wrapped."""
        return self.module(*args, **kwargs)


def private_copy(model: nn.Module, device: str) -> nn.Module:
    """Copy a model to a device.

    What the copy must not share with the original is copied with it: functions that were put into
    a module (`model.forward = ...`, hooks) and close over the model get the copy. What it shares
    within itself it shares again: parameters that are views of each other's memory. All other
    parameters still lie in the caller's memory, where they may be read: who moves the copy gives
    them their own (`ResidentParameters`), and a copy of them made here would be one too many.

    Args:
        model: Any module; it is left as found.
        device: Any device of torch.

    Returns:
        The copy, in the original's mode.

    Raises:
        ProblemError: If the model cannot be copied or moved, or has no values here.
    """
    check_values(model)
    try:
        with torch.inference_mode(mode=False):
            memo = _cached_activations(model) | _lent_parameters(model)
            copied = _without_processes(model, memo)
            rebind_functions(copied, memo)
    except Exception as error:
        raise ProblemError(f"cannot copy the model: {describe(error)}", hint=_COPY_HINT) from error
    try:
        copied.to(device)
    except Exception as error:
        raise ProblemError(f"cannot move the model to {device}: {describe(error)}") from error
    for module in copied.modules():
        if isinstance(module, nn.DataParallel):
            module.device_ids = []  # one device: forward calls what was wrapped
    _share_again(model, copied)
    return copied


def in_float32(model: nn.Module) -> nn.Module:
    """Copy a model, its half precision in float32; what lies in one memory does so again.

    Args:
        model: Any module; it is left as found.

    Returns:
        The copy, on the CPU.
    """
    copied = private_copy(model, "cpu")
    for tensor in (*copied.parameters(), *copied.buffers()):
        tensor.data = widened(tensor.data)
    _share_again(model, copied)
    return copied


def widened(tensor: Tensor) -> Tensor:
    """Return a tensor, in float32 if it is in half precision."""
    return tensor.float() if tensor.dtype in {torch.float16, torch.bfloat16} else tensor


def travelling(model: nn.Module) -> nn.Module:
    """Return a model as it can be sent to another process: without a process group.

    Args:
        model: Any module; it is left as found.

    Returns:
        The model itself, or one that shares its tensors where it holds DistributedDataParallel.

    Raises:
        ProblemError: If the model has no values in this process.
    """
    check_values(model)
    if not any(isinstance(module, DistributedDataParallel) for module in model.modules()):
        return model
    kept = [*model.parameters(), *model.buffers()]
    return _without_processes(model, {id(tensor): tensor for tensor in kept})


def check_values(model: nn.Module) -> None:
    """Refuse a model whose parameters or buffers have no values in this process.

    Args:
        model: Any module.

    Raises:
        ProblemError: Naming the first of them.
    """
    for module in model.modules():
        if "FullyShardedDataParallel" in {kind.__name__ for kind in type(module).__mro__}:
            raise ProblemError(
                "the model is spread over processes (FullyShardedDataParallel)", hint=_SHARDED_HINT
            )
    for name, value in (*model.named_parameters(), *model.named_buffers()):
        if isinstance(value, UninitializedParameter | UninitializedBuffer):
            raise ProblemError(
                f"{name!r} has no shape yet",
                hint="run a lazy model once before you build the problem",
            )
        if value.is_meta:
            raise ProblemError(
                f"{name!r} has no values: it is on the meta device",
                hint="load the weights first, for instance model.to_empty(device='cpu') and "
                "load_state_dict",
            )
        if type(value).__name__ == "DTensor":
            raise ProblemError(f"{name!r} is spread over processes (DTensor)", hint=_SHARDED_HINT)


def _without_processes(model: nn.Module, memo: dict[int, Any]) -> nn.Module:
    """Copy a model whose wrappers for several processes, at any depth, are replaced."""
    # From the inside out: what stands for an outer wrapper holds what stands for an inner one.
    for module in reversed(list(model.modules())):
        if isinstance(module, DistributedDataParallel):
            inner: nn.Module = copy.deepcopy(module.module, memo)
            memo[id(module)] = WithoutProcesses(inner).train(module.training)
    copied: nn.Module = copy.deepcopy(model, memo)
    return copied


def _cached_activations(model: nn.Module) -> dict[int, Any]:
    """Return copies of tensors with a graph that modules keep, which deepcopy refuses to copy."""
    return {
        id(value): value.detach().clone()
        for module in model.modules()
        for value in vars(module).values()
        if isinstance(value, Tensor) and not value.is_leaf
    }


def _lent_parameters(model: nn.Module) -> dict[int, Any]:
    """Return parameters in the memory of those of a model: of those that a copy moves."""
    return {
        id(value): nn.Parameter(value.detach(), requires_grad=value.requires_grad)
        for value in model.parameters()
        if type(value) is nn.Parameter
        and value.is_floating_point()
        and value.layout is torch.strided
        and not value.is_inference()
    }


def _share_again(model: nn.Module, copied: nn.Module) -> None:
    """Lay tensors of a copy into common memory where those of the original are."""
    for region in shared_regions(model):
        mine = {member.name: _find(copied, member.name) for member in region.members}
        first = next(iter(mine.values()))
        memory = torch.zeros(region.span, dtype=first.dtype, device=first.device)
        for member in region.members:
            view = region.view(memory, member)
            view.copy_(member.tensor.detach())
            mine[member.name].data = view


def _find(model: nn.Module, name: str) -> Tensor:
    """Return the parameter, buffer or attribute of a name."""
    path, _, leaf = name.rpartition(".")
    found: Tensor = getattr(model.get_submodule(path), leaf)
    return found
