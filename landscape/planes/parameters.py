"""Points in parameter space: a dictionary of tensors by name, and its geometry."""

import hashlib
import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from landscape.arguments import checked
from landscape.planes.sharing import own_parameters

Parameters = dict[str, Tensor]

PIECE = 2**18  # entries that are copied to float64 at a time: 2 MB


@checked
def parameters_of(model: nn.Module) -> Parameters:
    """Copy the parameters of a model.

    Args:
        model: Any module; it is left as found.

    Returns:
        Detached copies in the order of `model.named_parameters()`, on the model's devices and in
        its dtypes. A tied tensor appears once, under its first name, whether it is one object or
        one memory. Buffers are not parameters.

    Raises:
        ProblemError: If there is none, one is complex, or it is not clear which way one moves.

    Example:
        >>> {name: tuple(value.shape) for name, value in parameters_of(nn.Linear(3, 2)).items()}
        {'weight': (2, 3), 'bias': (2,)}
    """
    return {name: value.clone() for name, value in own_parameters(model).items()}


def check_alike(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> None:
    """Check that two points live in the same parameter space.

    Args:
        a: The expected names and shapes.
        b: The names and shapes to check. Their order, dtypes and devices may differ.

    Raises:
        ValueError: If a name is missing or a shape differs; the text names the first.
    """
    for name, value in a.items():
        if name not in b:
            raise ValueError(
                f"expected the same parameters, but {name!r} is missing from the second"
            )
        if value.shape != b[name].shape:
            raise ValueError(
                f"expected parameter {name!r} of shape {tuple(value.shape)}, "
                f"got {tuple(b[name].shape)}"
            )
    for name in b:
        if name not in a:
            raise ValueError(
                f"expected the same parameters, but {name!r} is missing from the first"
            )


def fingerprint(params: Mapping[str, Tensor]) -> str:
    """Hash a point: equal exactly where names, shapes, dtypes and all bits are equal.

    Args:
        params: A point or a direction. Neither the order of the names nor device, strides or
            memory format matter: names are taken in sorted order, entries in row-major order.

    Returns:
        SHA-256 as 64 hexadecimal digits.

    Example:
        >>> image = torch.arange(6.0).reshape(2, 3)
        >>> fingerprint({"w": image}) == fingerprint({"w": image.T.contiguous().T})
        True
    """
    digest = hashlib.sha256()
    for name in sorted(params):
        value = params[name].detach().cpu().contiguous()
        header = f"{name!r}:{tuple(value.shape)}:{value.dtype};"
        digest.update(header.encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def dot(a: Tensor, b: Tensor) -> float:
    """Compute the inner product of two tensors of one shape.

    Args:
        a: One of them.
        b: The other.

    Returns:
        Sum of the products of all entries, in float64 on the CPU: not every accelerator has it.

    Example:
        >>> dot(torch.ones(2, 3), torch.full((2, 3), 0.5))
        3.0
    """
    pieces = (split_entries(value.detach()) for value in (a, b))
    return sum(float(torch.dot(_double(x), _double(y))) for x, y in zip(*pieces, strict=True))


def norm(direction: Mapping[str, Tensor]) -> float:
    """Return the length of a direction in parameter space.

    Args:
        direction: Each tensor is asked for once.

    Returns:
        Root of the sum of all squares, in float64.

    Example:
        >>> norm({"a": torch.full((3,), 2.0), "b": torch.full((1,), 2.0)})
        4.0
    """
    return math.sqrt(sum(dot(value, value) for value in map(direction.__getitem__, direction)))


def split_entries(value: Tensor) -> tuple[Tensor, ...]:
    """Cut the entries into vectors: a float64 copy of a large layer would be twice its size."""
    return torch.split(value.reshape(-1), PIECE)


def _double(value: Tensor) -> Tensor:
    """Copy to float64 on the CPU."""
    return value.cpu().to(torch.float64)
