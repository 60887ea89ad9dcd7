"""Checkpoints of a model: files, state dicts or other models, fitted to the names of this one."""

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import safetensors
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from landscape.errors import LandscapeError, describe
from landscape.planes.names import plain_name
from landscape.planes.parameters import Parameters, fingerprint
from landscape.planes.sharing import own_parameters

_MODEL_KEYS = ("state_dict", "model_state_dict", "model")
_OPTIMIZER_KEYS = ("optimizer", "optimizer_state_dict", "optimizer_states")
_CODE_HINT = (
    "only tensors are read, never code: save model.state_dict(), or {'model': ..., 'optimizer': "
    "...} of state dicts"
)


@dataclass(frozen=True, eq=False, repr=False)
class Checkpoint:
    """What a file holds.

    Args:
        label: The file's name.
        tensors: Of the model, by the names that they have there; empty where there are none.
        optimizer: Its state dict, if there is one.
    """

    label: str
    tensors: Mapping[str, Tensor]
    optimizer: Mapping[str, Any] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Fitted:
    """A checkpoint in the names of a model.

    Args:
        label: Where it is from.
        parameters: By the names and in the order of `parameters_of(model)`, in CPU memory.
        buffers: Those that the checkpoint has, such as BatchNorm's running statistics.
    """

    label: str
    parameters: Parameters
    buffers: Parameters

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all tensors."""
        return fingerprint({**self.parameters, **self.buffers})


def read_checkpoint(path: str | Path, *, lazily: bool = False) -> Checkpoint:
    """Read a checkpoint without running code from it.

    Args:
        path: `.safetensors`; or any other name for a file of `torch.save`, which is read with
            `weights_only=True`. A state dict, or a dictionary with one as `state_dict`,
            `model_state_dict` or `model`, and optionally that of an optimizer as `optimizer`,
            `optimizer_state_dict` or `optimizer_states` (a list, of which the first is taken).
        lazily: Read tensors from the file when they are used, which must stay as it is; those of
            `.safetensors` always are.

    Returns:
        What it holds.

    Raises:
        LandscapeError: If there is no such file, it is damaged, or it holds something else.
    """
    path = Path(path)
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "no file"
        raise LandscapeError(f"expected a checkpoint, got {kind}: {path}")
    if path.suffix == ".safetensors":
        try:
            return Checkpoint(path.name, load_file(path))
        except (OSError, ValueError, RuntimeError, safetensors.SafetensorError) as error:
            raise LandscapeError(f"cannot read {path}: {describe(error)}") from error
    try:
        lazily = lazily and zipfile.is_zipfile(path)  # other files are of before torch 1.6
        found = torch.load(path, map_location="cpu", weights_only=True, mmap=lazily)
    except pickle.UnpicklingError as error:
        raise LandscapeError(
            f"{path} is no checkpoint of tensors alone, or is damaged", hint=_CODE_HINT
        ) from error
    except Exception as error:  # any: torch raises what it likes on damaged bytes
        raise LandscapeError(f"cannot read {path}: {describe(error)}", hint=_CODE_HINT) from error
    return _unwrapped(path, found)


def _unwrapped(path: Path, found: Any) -> Checkpoint:
    """Find the state dicts of model and optimizer in what a file holds."""
    if not isinstance(found, Mapping):
        raise LandscapeError(
            f"expected a state dict in {path}, got {type(found).__name__}", hint=_CODE_HINT
        )
    optimizer = next((found[key] for key in _OPTIMIZER_KEYS if key in found), None)
    if isinstance(optimizer, list):
        optimizer = optimizer[0] if optimizer else None
    tensors = found
    while not _is_state(tensors):
        inner = next((tensors[k] for k in _MODEL_KEYS if isinstance(tensors.get(k), Mapping)), None)
        if inner is None:
            break
        tensors = inner
    state = OrderedDict((k, v) for k, v in tensors.items() if isinstance(v, Tensor))
    if not _is_state(tensors):
        if optimizer is None:
            raise LandscapeError(
                f"expected a state dict in {path}, got a dictionary of "
                f"{', '.join(map(repr, list(found)[:4])) or 'nothing'}",
                hint=f"the model's is looked for as {', '.join(_MODEL_KEYS)}",
            )
        state = OrderedDict()
    return Checkpoint(path.name, state, optimizer)


def _is_state(found: Mapping[Any, Any]) -> bool:
    """Tell whether a dictionary is a state dict: names and tensors, and whatever modules add."""
    tensors = [isinstance(value, Tensor) for value in found.values()]
    return any(tensors) and not any(
        isinstance(found.get(key), Mapping) for key in (*_MODEL_KEYS, *_OPTIMIZER_KEYS)
    )


def as_checkpoint(source: Any, label: str) -> Checkpoint:
    """Take a file, a state dict or a model as a checkpoint.

    Args:
        source: Which.
        label: Its name, where it is no file.

    Returns:
        The checkpoint.

    Raises:
        LandscapeError: If it is none of them, or cannot be read.
    """
    if isinstance(source, str | Path):
        return read_checkpoint(source)
    if isinstance(source, nn.Module):
        source = source.state_dict()
    if (
        isinstance(source, Mapping)
        and source
        and all(isinstance(value, Tensor) for value in source.values())
    ):
        return Checkpoint(label, {name: value.detach().cpu() for name, value in source.items()})
    raise LandscapeError(
        f"expected a file, a state dict or a model, got {type(source).__name__}",
        hint="such as 'b.pt', model.state_dict(), or model",
    )


def fit_checkpoint(checkpoint: Checkpoint, model: nn.Module) -> Fitted:
    """Find a model's parameters and buffers in a checkpoint.

    What wrappers put into names (`module.`, `_orig_mod.`) does not matter, nor does a path that one
    side has before all of its names. Of tied parameters one name is enough.

    Args:
        checkpoint: As read.
        model: Any module; it is left as found.

    Returns:
        Parameters and buffers by the model's names.

    Raises:
        LandscapeError: If something is missing, of another shape, not finite, or too much.
    """
    aliases = _aliases(model)
    buffers = dict(model.named_buffers())
    held = {plain_name(name): value for name, value in checkpoint.tensors.items()}
    if not held:
        raise LandscapeError(f"{checkpoint.label} holds no model", hint="save its state dict, too")
    names = [*dict(model.named_parameters(remove_duplicate=False)), *buffers]
    keys = _keys(names, held)
    parameters: Parameters = {}
    for name, value in own_parameters(model).items():
        parameters[name] = _found(checkpoint.label, held, [keys[n] for n in aliases[name]], value)
    kept = {n: held[keys[n]] for n, b in buffers.items() if _same_shape(held.get(keys[n]), b)}
    more = sorted(set(held) - set(keys.values()))
    if more:
        raise LandscapeError(
            f"{checkpoint.label} is of another architecture: it has {len(more)} tensors more than "
            f"this model, such as {more[0]!r}",
            hint="give a checkpoint of the model that build() returns",
        )
    return Fitted(checkpoint.label, parameters, kept)


def _aliases(model: nn.Module) -> dict[str, list[str]]:
    """Return for each parameter all of its names, its first one first."""
    names: dict[int, list[str]] = {}
    for name, value in model.named_parameters(remove_duplicate=False):
        names.setdefault(id(value), []).append(name)
    return {same[0]: same for same in names.values()}


def _keys(names: list[str], held: Mapping[str, Tensor]) -> dict[str, str]:
    """Return under which name a checkpoint holds each tensor of a model, if it does."""
    plain = [plain_name(name) for name in names]
    for key in _paths(plain, held):
        found = [key(name) for name in plain]
        if set(held).intersection(found):
            return dict(zip(names, found, strict=True))
    return dict(zip(names, plain, strict=True))


def _paths(plain: list[str], held: Mapping[str, Tensor]) -> Iterator[Any]:
    """Yield ways from a model's names to a checkpoint's: as they are, with a path more or less."""
    yield lambda name: name
    first = plain[0]
    for other in held:
        if other.endswith(f".{first}"):
            path = other.removesuffix(first)
            yield lambda name, path=path: path + name
    parts = first.split(".")
    for count in range(1, len(parts)):
        path = ".".join(parts[:count]) + "."
        if all(name.startswith(path) for name in plain):
            yield lambda name, path=path: name.removeprefix(path)


def _found(label: str, held: Mapping[str, Tensor], keys: list[str], like: Tensor) -> Tensor:
    """Return one parameter; refuse what is missing, of another shape, untied or not finite."""
    values = {key: held[key] for key in keys if key in held}
    if not values:
        raise LandscapeError(
            f"{label} is of another architecture: {keys[0]!r} is missing",
            hint=f"it has {', '.join(map(repr, list(held)[:3]))}",
        )
    (key, value), *others = values.items()
    if value.shape != like.shape:
        raise LandscapeError(
            f"{label} is of another architecture: expected {key!r} of shape {tuple(like.shape)}, "
            f"got {tuple(value.shape)}"
        )
    for other, tied in others:
        if not torch.equal(value, tied):
            raise LandscapeError(
                f"{label} is of another architecture: {key!r} and {other!r}, which are one "
                "parameter of this model, differ there"
            )
    if value.is_floating_point() and not bool(value.isfinite().all()):
        raise LandscapeError(f"{label} has values in {key!r} that are not finite")
    return value.detach().cpu()


def _same_shape(value: Tensor | None, like: Tensor) -> bool:
    """Tell whether a tensor can stand in the place of another."""
    return value is not None and value.shape == like.shape
