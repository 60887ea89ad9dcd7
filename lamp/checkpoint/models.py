"""Checkpoints: parameters in a .safetensors file, and beside it how they came to be, as JSON."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lamp.checkpoint.files import read_info, write_info
from lamp.checkpoint.tensors import check_suffix, read_tensors, write_tensors
from lamp.models import build_model, describe_model

_LARGEST = 2**20  # of the numbers that describe an architecture: more is damage, or an attack


def save_checkpoint(
    path: str | Path, model: nn.Module, info: Mapping[str, Any] | None = None
) -> Path:
    """Write a model's parameters and buffers, and `info` beside them.

    The information is in the .safetensors file too, which is replaced in one step and counts when
    reading. The JSON is its copy for the eye and for other programs. It is removed first and
    written last: whenever the writer dies, the JSON is missing or that of the parameters.

    Args:
        path: Ends in `.safetensors`; the JSON has the same name with `.json`. Folders are made.
            An earlier checkpoint is replaced, and its JSON.
        model: Its `config` is written where it has one, so that `load_checkpoint` can build it.
        info: What else to write: anything that JSON holds. The default is nothing.

    Returns:
        The path, as a `Path`.

    Raises:
        ValueError: If `path` ends otherwise, or another's file has the name of the JSON.

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
    json_path = json_beside(path)
    everything = {"model": describe_model(model), **(info or {})}
    json_path.unlink(missing_ok=True)
    write_tensors(path, model.state_dict(), everything)
    write_info(json_path, everything)
    return path


def json_beside(path: Path) -> Path:
    """Return where the JSON of a checkpoint belongs, and refuse to replace another's file there.

    Raises:
        ValueError: If there is a file that does not describe a model, as every such JSON does.
    """
    beside = path.with_suffix(".json")
    try:
        described = read_info(beside)["model"].keys() >= {"class", "config"}
    except FileNotFoundError:
        return beside
    except (ValueError, KeyError, AttributeError):
        described = False
    if not described:
        raise ValueError(
            f"{beside} is not the JSON of a checkpoint and would be replaced by that of {path}: "
            "move it, or choose another path"
        )
    return beside


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
        # Shapes first: a header that claims billions of channels must not get the memory.
        model = _build(Path(path), info.get("model") or {})
        _check_architecture(Path(path), tensors, model.state_dict())
        model = model.to_empty(device="cpu").eval()
    else:
        _check_architecture(Path(path), tensors, model.state_dict())
    model.load_state_dict(tensors)
    return model, info


class _ShapesOnly(TorchFunctionMode):
    """Makes tensors without memory and leaves them undefined, whatever is asked for."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        options = {key: value for key, value in (kwargs or {}).items() if key != "generator"}
        return func(*args, **(options | ({"device": "meta"} if "device" in options else {})))


def _build(path: Path, description: Any) -> nn.Module:
    """Build the model that a checkpoint describes, of shapes without memory."""
    try:
        _check_numbers(description)
        with torch.device("meta"), _ShapesOnly():
            return build_model(description)
    except Exception as error:  # any: it is called with whatever stands in the file
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        raise ValueError(
            f"{path} does not say how to build its model ({kind}{error}): pass one as `model`"
        ) from error


def _check_numbers(description: Any) -> None:
    """Raise a ValueError for a number that no architecture has, nested or not."""
    if not isinstance(description, Mapping):
        raise ValueError(f"expected class and config, got {type(description).__name__}")
    for key, value in description.items():
        if isinstance(value, Mapping):
            _check_numbers(value)
        elif isinstance(value, int | float) and not 0 <= value <= _LARGEST:
            raise ValueError(f"expected {key} of at most {_LARGEST}, got {value}")


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
