"""A training on disk: what identifies it, its state while it runs, and how it is taken up again."""

import json
import platform
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lamp.checkpoint import fingerprint, read_tensors, write_info, write_tensors
from lamp.models import describe_model
from lamp.training.loop import Loss, Run

_MODEL = "model."
_OPTIMIZER = "optimizer."


def identify(run: Run) -> dict[str, Any]:
    """Return everything that the result depends on, to recognise a training by."""
    identity = {
        "model": describe_model(run.model),
        "settings": run.settings.model_dump(),
        "loss": _describe_loss(run.loss),
        "images": fingerprint({"images": run.images}),
        "targets": None if run.targets is None else fingerprint({"targets": run.targets}),
        "initial_parameters": fingerprint(run.model.state_dict()),
    }
    as_read: dict[str, Any] = json.loads(json.dumps(identity))  # a tuple comes back as a list
    return as_read


def describe(run: Run, identity: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is written with the parameters: identity, history and versions."""
    return {
        **identity,
        "finished": run.step == run.settings.steps,
        "steps": run.step,
        "seconds": run.seconds,
        "loss_buffers": {name: buffer.tolist() for name, buffer in run.loss_buffers().items()},
        "history": {"samples": run.samples, "loss": run.losses},
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "threads": torch.get_num_threads(),
        },
    }


class PartialSaver:
    """Callable that writes the state of a training to `path` when `seconds` have gone by."""

    def __init__(self, run: Run, path: Path, identity: Mapping[str, Any], seconds: float) -> None:
        self.run, self.path, self.identity, self.seconds = run, path, identity, seconds
        self.last = time.monotonic()

    def __call__(self) -> None:
        """Write the state if it is time and the training is not at its end."""
        run = self.run
        due = time.monotonic() - self.last >= self.seconds
        if due and run.step < run.settings.steps:
            write_tensors(self.path, _state(run), describe(run, self.identity))
            self.last = time.monotonic()


def adopt(run: Run, path: Path, identity: Mapping[str, Any]) -> None:
    """Take up the training in `path`, finished or not, if it is the one described.

    Raises:
        ValueError: If it is another one; it names the first difference, old and new.
    """
    tensors, info = read_tensors(path)
    finished = bool(info.get("finished"))
    parameters = tensors if finished else _under(tensors, _MODEL)
    expected = dict(identity)
    if expected["initial_parameters"] == fingerprint(parameters):
        del expected["initial_parameters"]  # this very model, called a second time
    _check_same(path, info, expected)
    run.model.load_state_dict(parameters)
    run.step, run.seconds = info["steps"], info["seconds"]
    run.samples, run.losses = info["history"]["samples"], info["history"]["loss"]
    for name, buffer in run.loss_buffers().items():
        buffer.copy_(torch.tensor(info["loss_buffers"][name], dtype=buffer.dtype))
    if not finished:
        _load_optimizer(path, run.optimizer, _under(tensors, _OPTIMIZER))
    elif not path.with_suffix(".json").is_file():  # the writer died between the two
        write_info(path.with_suffix(".json"), info)


def partial_state(path: Path) -> tuple[dict[str, Tensor], int]:
    """Read an unfinished training: its model's state, and how many samples that has seen."""
    tensors, info = read_tensors(path)
    return _under(tensors, _MODEL), int(info["history"]["samples"][-1])


def _state(run: Run) -> dict[str, Tensor]:
    """Return parameters, buffers and the optimizer's memory under one set of names."""
    state = {f"{_MODEL}{key}": value for key, value in run.model.state_dict().items()}
    for index, parameter in enumerate(_optimized(run.optimizer)):
        for name, value in run.optimizer.state.get(parameter, {}).items():
            if isinstance(value, Tensor):
                state[f"{_OPTIMIZER}{index}.{name}"] = value
    return state


def _load_optimizer(
    path: Path, optimizer: torch.optim.Optimizer, state: Mapping[str, Tensor]
) -> None:
    """Give an optimizer its memory back.

    `Optimizer.load_state_dict` is not used as it wants groups and settings, which are not stored.
    """
    parameters = _optimized(optimizer)
    for key, value in state.items():
        index, name = key.split(".", 1)
        parameter = parameters[int(index)] if int(index) < len(parameters) else None
        if parameter is None or (value.ndim and value.shape != parameter.shape):
            raise ValueError(
                f"{path} holds an optimizer's memory in another form ({key} of shape "
                f"{tuple(value.shape)}), as another version wrote it: remove the file to train anew"
            )
        optimizer.state[parameter][name] = value.to(parameter.device)


def _optimized(optimizer: torch.optim.Optimizer) -> list[nn.Parameter]:
    """Return the parameters of an optimizer in order."""
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors whose names begin with `prefix`, without it."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _describe_loss(loss: Loss) -> str:
    """Describe a loss the same way in every process: no memory addresses."""
    if isinstance(loss, nn.Module):
        return repr(loss)
    return str(getattr(loss, "__qualname__", type(loss).__qualname__))


def _check_same(path: Path, stored: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Raise a ValueError for the first key in which two trainings differ."""
    old, new = _flat(stored), _flat(expected)
    for key, value in new.items():
        if old.get(key) != value:
            raise ValueError(
                f"{path} belongs to another training: {key} was {old.get(key)!r} and is {value!r}; "
                f"{_remedy(key)}"
            )


def _remedy(key: str) -> str:
    """Say what to do about a difference."""
    if key == "initial_parameters":
        return "build the model anew with the same seed, or choose another path"
    return "choose another path, or remove the file to train anew"


def _flat(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as one, with dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
