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

from lamp.checkpoint.files import damage_errors, parse_info
from landscape.files import replacing

_METADATA_KEY, _DIGEST = "lamp", "sha256"


def write_tensors(path: Path, tensors: Mapping[str, Tensor], info: Mapping[str, Any]) -> None:
    """Write a .safetensors file with `info` and a checksum in its header: all of it or nothing."""
    kept = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    text = json.dumps(info)
    with replacing(path) as temporary:
        temporary.write_bytes(save(kept, {_METADATA_KEY: text, _DIGEST: _digest(kept, text)}))


def read_tensors(path: str | Path, remedy: str = "") -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read a .safetensors file and the `info` in its header, onto the CPU.

    Args:
        path: The file.
        remedy: What to do if it is damaged.

    Returns:
        Tensors by name, and the information, empty if the file was written by others.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no safetensors file, what stands in its header is no object, or
            anything in it is not as it was written.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"no checkpoint {path}")
    with damage_errors(path, remedy):
        try:
            with safe_open(path, "pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no dict)
        except SafetensorError as error:
            end = f": {remedy}" if remedy else ""
            raise ValueError(f"{path} is damaged or no safetensors file ({error}){end}") from error
        text = metadata.get(_METADATA_KEY, "{}")
        if _DIGEST in metadata and metadata[_DIGEST] != _digest(tensors, text):
            raise ValueError("its checksum is of other values")
        return tensors, parse_info(text)


def _digest(tensors: Mapping[str, Tensor], text: str) -> str:
    """Return the SHA-256 of all that is in a file."""
    return hashlib.sha256(f"{fingerprint(tensors)} {text}".encode()).hexdigest()


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
