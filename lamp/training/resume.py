"""A training on disk: its state while it runs, and how it is taken up again."""

import platform
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lamp.checkpoint import damage_errors, fingerprint, read_tensors, write_info, write_tensors
from lamp.training.identity import WITNESS, check_same, mutable
from lamp.training.loop import Run
from lamp.training.randomness import random_state, set_random_state

_MODEL = "model."
_OPTIMIZER = "optimizer."
_RANDOM = "random."
_ANEW = "remove it to train anew"


def describe(run: Run, identity: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is written with the parameters: identity, history and versions."""
    return {
        **identity,
        "now": mutable(run),
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
        due = time.monotonic() - self.last >= self.seconds
        if due and self.run.step < self.run.settings.steps:
            self.write()

    def write(self) -> None:
        """Write the state."""
        write_tensors(self.path, _state(self.run), describe(self.run, self.identity))
        self.last = time.monotonic()


def adopt(run: Run, path: Path, identity: Mapping[str, Any]) -> None:
    """Take up the training in `path`, finished or not, if it is the one described.

    Raises:
        ValueError: If it is another one; it names the first difference, old and new. If it is
            damaged, or of a loss or model whose memory is not in it.
    """
    with damage_errors(path, _ANEW):
        tensors, info = read_tensors(path, _ANEW)
        finished = bool(info.get("finished"))
        now = info.get("now") or {}
        check_same(path, info, _expected(identity, info, now))
        parameters = tensors if finished else _under(tensors, _MODEL)
        if now["initial_parameters"] != fingerprint(parameters):
            raise ValueError("its parameters are not those that were written")
        if not finished:
            _check_memory(path, now, identity, info)
        run.model.load_state_dict(parameters)
        _take_history(run, info, finished=finished)
        if not finished:
            _load_optimizer(path, run.optimizer, _under(tensors, _OPTIMIZER))
            set_random_state(_under(tensors, _RANDOM), _device(run))
        elif not path.with_suffix(".json").is_file():  # the writer died between the two
            write_info(path.with_suffix(".json"), info)


def partial_state(path: Path) -> tuple[dict[str, Tensor], int]:
    """Read an unfinished training: its model's state, and how many samples that has seen."""
    with damage_errors(path, _ANEW):
        tensors, info = read_tensors(path, _ANEW)
        return _under(tensors, _MODEL), int(info["history"]["samples"][-1])


def _expected(
    identity: Mapping[str, Any], stored: Mapping[str, Any], now: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what must agree: not what this very model or loss, called again, has changed."""
    expected = dict(identity)
    for key, value in now.items():
        if identity.get(key) == value != stored.get(key):
            del expected[key]
            if key.startswith("loss"):
                expected.pop(WITNESS, None)
    return expected


def _check_memory(
    path: Path, now: Mapping[str, Any], identity: Mapping[str, Any], stored: Mapping[str, Any]
) -> None:
    """Refuse to go on with a loss or model that remembers more than is stored."""
    for what in ("loss", "model"):
        key = f"{what}_content"
        if now[key] != stored[key] and now[key] != identity[key]:
            raise ValueError(
                f"{path} cannot be gone on with: its {what} changed something in itself at every "
                f"step that is no parameter or buffer, and is not stored: keep it in a buffer "
                f"(register_buffer), or {_ANEW}"
            )


def _take_history(run: Run, info: Mapping[str, Any], *, finished: bool) -> None:
    """Take up counts, losses, and what the loss remembers."""
    samples, losses = info["history"]["samples"], info["history"]["loss"]
    steps, seconds = int(info["steps"]), float(info["seconds"])
    whole = [int(number) for number in samples], [float(number) for number in losses]
    end = steps == run.settings.steps if finished else 0 < steps < run.settings.steps
    if not end or len(samples) != len(losses) or whole[0][-1] != steps * run.settings.batch_size:
        raise ValueError(f"{steps} steps, {len(samples)} and {len(losses)} entries of history")
    run.step, run.seconds = steps, seconds
    run.samples, run.losses = whole
    for name, buffer in run.loss_buffers().items():
        buffer.copy_(torch.tensor(info["loss_buffers"][name], dtype=buffer.dtype))


def _state(run: Run) -> dict[str, Tensor]:
    """Return parameters, buffers, the optimizer's memory and random states under one set of names.

    All that the rest of the training depends on.
    """
    state = {f"{_MODEL}{key}": value for key, value in run.model.state_dict().items()}
    for index, parameter in enumerate(_optimized(run.optimizer)):
        for name, value in run.optimizer.state.get(parameter, {}).items():
            if isinstance(value, Tensor):
                state[f"{_OPTIMIZER}{index}.{name}"] = value
    return state | {f"{_RANDOM}{key}": value for key, value in random_state(_device(run)).items()}


def _device(run: Run) -> torch.device:
    """Return where the model is."""
    return next(run.model.parameters()).device


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
