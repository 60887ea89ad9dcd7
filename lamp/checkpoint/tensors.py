"""Tensors by name in a .safetensors file, and how they came to be in its header, as JSON."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from lamp.checkpoint.files import damage_errors, parse_info, write_whole

_METADATA_KEY = "lamp"


def write_tensors(path: Path, tensors: Mapping[str, Tensor], info: Mapping[str, Any]) -> None:
    """Write a .safetensors file with `info` in its header: all of it or nothing."""
    data = save(
        {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()},
        {_METADATA_KEY: json.dumps(info)},
    )
    write_whole(path, data)


def read_tensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read a .safetensors file and the `info` in its header, onto the CPU.

    Args:
        path: The file.

    Returns:
        Tensors by name, and the information, empty if the file was written by others.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no safetensors file, or what stands in its header is no object.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"no checkpoint {path}")
    with damage_errors(path):
        try:
            with safe_open(path, "pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no dict)
        except SafetensorError as error:
            raise ValueError(f"{path} is damaged or no safetensors file ({error})") from error
        return tensors, parse_info(metadata.get(_METADATA_KEY, "{}"))


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
