"""Checkpoints: parameters in a .safetensors file, and beside it how they came to be, as JSON."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from lamp.models import build_model, describe_model

_METADATA_KEY = "lamp"


def save_checkpoint(
    path: str | Path, model: nn.Module, info: Mapping[str, Any] | None = None
) -> Path:
    """Write a model's parameters and buffers, and `info` beside them.

    The information is in the .safetensors file too, which is replaced in one step and counts when
    reading. The JSON is its copy for the eye and for other programs. It is removed first and
    written last: whenever the writer dies, the JSON is missing or that of the parameters.

    Args:
        path: Ends in `.safetensors`; the JSON has the same name with `.json`. Folders are made.
        model: Its `config` is written where it has one, so that `load_checkpoint` can build it.
        info: What else to write: anything that JSON holds. The default is nothing.

    Returns:
        The path, as a `Path`.

    Raises:
        ValueError: If `path` ends otherwise.

    Example:
        >>> import tempfile
        >>> from lamp.models import Autoencoder
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = save_checkpoint(f"{folder.name}/a.safetensors", Autoencoder(16), {"digit": 3})
        >>> model, info = load_checkpoint(path)
        >>> info["digit"], info["model"]["config"]["size"]
        (3, 16)
        >>> folder.cleanup()
    """
    path = Path(path)
    check_suffix(path)
    json_path = path.with_suffix(".json")
    everything = {"model": describe_model(model), **(info or {})}
    json_path.unlink(missing_ok=True)
    write_tensors(path, model.state_dict(), everything)
    write_info(json_path, everything)
    return path


def load_checkpoint(
    path: str | Path, model: nn.Module | None = None
) -> tuple[nn.Module, dict[str, Any]]:
    """Read a model and what was written with it.

    Args:
        path: A file of `save_checkpoint`, or any .safetensors file if `model` is given.
        model: Loaded in place. By default the one that the checkpoint describes, an
            `Autoencoder`, `Classifier` or `Patchwise`, on the CPU, in eval mode.

    Returns:
        The model, and the information beside it (empty if there is none).

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no safetensors file, or one of another architecture.
    """
    tensors, info = read_tensors(path)
    if model is None:
        model = _build(Path(path), info.get("model") or {}).eval()
    _check_architecture(Path(path), tensors, model.state_dict())
    model.load_state_dict(tensors)
    return model, info


def write_tensors(path: Path, tensors: Mapping[str, Tensor], info: Mapping[str, Any]) -> None:
    """Write a .safetensors file with `info` in its header: all of it or nothing."""
    data = save(
        {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()},
        {_METADATA_KEY: json.dumps(info)},
    )
    _replace(path, data)


def write_info(path: Path, info: Mapping[str, Any]) -> None:
    """Write a JSON file: all of it or nothing."""
    _replace(path, (json.dumps(info, indent=2) + "\n").encode())


def read_tensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read a .safetensors file and the `info` in its header, onto the CPU.

    Args:
        path: The file.

    Returns:
        Tensors by name, and the information, empty if the file was written by others.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no safetensors file.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"no checkpoint {path}")
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no dict)
    except SafetensorError as error:
        raise ValueError(f"{path} is damaged or no safetensors file ({error})") from error
    return tensors, json.loads(metadata.get(_METADATA_KEY, "{}"))


def fingerprint(tensors: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of names, shapes, dtypes and values, wherever the tensors live.

    Example:
        >>> ones = torch.ones(2, 3)
        >>> fingerprint({"a": ones}) == fingerprint({"a": ones.t().contiguous().t()})
        True
    """
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype};".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def check_suffix(path: Path) -> None:
    """Raise a ValueError if `path` does not end in .safetensors."""
    if path.suffix != ".safetensors":
        raise ValueError(f"expected a path that ends in .safetensors, got {path}")


def _replace(path: Path, data: bytes) -> None:
    """Write a file under a temporary name and rename it, so that it is never half there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")  # fixed: what a kill leaves is overwritten
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _build(path: Path, description: Mapping[str, Any]) -> nn.Module:
    """Build the model that a checkpoint describes."""
    try:
        return build_model(description)
    except ValueError as error:
        raise ValueError(
            f"{path} does not say how to build its model ({error}): pass one as `model`"
        ) from error


def _check_architecture(
    path: Path, stored: Mapping[str, Tensor], expected: Mapping[str, Tensor]
) -> None:
    """Raise a ValueError for the first key whose shape differs, in the model's order."""
    for key in [*expected, *(key for key in stored if key not in expected)]:
        shapes = [
            str(tuple(tensors[key].shape)) if key in tensors else "nothing"
            for tensors in (stored, expected)
        ]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"{path} is of another architecture: {key} is {shapes[0]} in the file "
                f"and {shapes[1]} in the model"
            )
