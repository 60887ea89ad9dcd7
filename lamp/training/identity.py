"""What identifies a training: everything that its result depends on."""

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cloudpickle
import torch
from torch import Tensor, nn

from lamp.checkpoint import fingerprint
from lamp.losses.base import base_name
from lamp.models import describe_model
from lamp.training.content import content
from lamp.training.loop import Loss, Run
from lamp.training.randomness import seeded

WITNESS = "loss_witness"
_TOLERANCE = 1e-4  # of a witness: between machines, values in float32 differ by less
_REMEDIES = {
    "initial_parameters": "build the model anew with the same seed, or choose another path",
    "loss_tensors": "make the loss anew, or choose another path",
    "loss_content": "a value that it captured, an attribute or its code has changed; choose "
    "another path, or remove the file to train anew",
    "model_content": "an attribute of a layer, a value that it captured or its code has changed; "
    "choose another path, or remove the file to train anew",
}


def identify(run: Run) -> dict[str, Any]:
    """Return everything that the result depends on, to recognise a training by.

    Names alone do not tell: two losses of one name differ in what they captured, two models of
    one class in attributes. So their content is hashed, and the value and gradient of the loss at
    a fixed point, the witness, tell what no attribute shows, such as another file it reads.

    Raises:
        ValueError: If loss or model hold something that cannot be recognised.
    """
    identity = {
        "model": describe_model(run.model),
        "settings": run.settings.model_dump(),
        "loss": _describe_loss(run.loss),
        "images": fingerprint({"images": run.images}),
        "targets": None if run.targets is None else fingerprint({"targets": run.targets}),
        **mutable(run),
        WITNESS: _witness(run),
    }
    as_read: dict[str, Any] = json.loads(json.dumps(identity))  # a tuple comes back as a list
    return as_read


def mutable(run: Run) -> dict[str, Any]:
    """Return the part of the identity that training itself may change."""
    state = run.model.state_dict(keep_vars=True)
    own = _tensors(run.loss)
    return {
        "initial_parameters": fingerprint(state),
        "loss_tensors": fingerprint(own),
        "model_content": content(run.model, [*state.values(), *run.model.parameters()]),
        "loss_content": content(run.loss, own.values()),
    }


def check_same(path: Path, stored: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Raise a ValueError for the first key in which two trainings differ."""
    old, new = _flat(stored), _flat(expected)
    for key, value in new.items():
        same = _close(old.get(key), value) if key == WITNESS else old.get(key) == value
        if not same:
            remedy = _REMEDIES.get(key, "choose another path, or remove the file to train anew")
            raise ValueError(
                f"{path} belongs to another training: {key} was {old.get(key)!r} and is {value!r}; "
                f"{remedy}"
            )


def _tensors(loss: Loss) -> dict[str, Tensor]:
    """Return parameters and buffers of a loss by name."""
    if not isinstance(loss, nn.Module):
        return {}
    return {**dict(loss.named_parameters()), **dict(loss.named_buffers())}


def _describe_loss(loss: Loss) -> str:
    """Describe a loss the same way in every process: no memory addresses."""
    text = repr(loss) if isinstance(loss, nn.Module) else base_name(loss)
    return re.sub(r" at 0x[0-9a-f]+", "", text)


def _witness(run: Run) -> list[float] | None:
    """Return value and gradient, along four directions, of a copy of the loss at a fixed point.

    The copy, by way of bytes, keeps what a loss remembers as it is. None if it cannot be copied
    or does not take errors of every size on a batch of the data's shape.
    """
    device = next(run.model.parameters()).device
    count = min(run.settings.batch_size, len(run.images))
    like = run.images[:count] if run.targets is None else run.targets[:count]
    if not like.is_floating_point():
        return None
    generator = torch.Generator().manual_seed(0)
    target, size, sign, *directions = torch.rand((7, *like.shape), generator=generator)
    errors = 10 ** (-4 * size) * (sign - 0.5).sign()
    point = (target + errors).clamp(0.001, 0.999).to(device).requires_grad_()
    try:
        loss = cloudpickle.loads(cloudpickle.dumps(run.loss))
        with seeded(0, device):
            value = loss(point, target.to(device))
            (gradient,) = torch.autograd.grad(value, point)
    except Exception:  # any: it is the user's own code, at a point that is not the user's
        return None
    slope = gradient.double().cpu()
    numbers = [value.detach(), *((slope * direction).sum() for direction in directions)]
    found = [float(number) for number in numbers]
    return found if all(map(math.isfinite, found)) else None


def _close(old: Any, new: list[float] | None) -> bool:
    """Tell whether two witnesses agree, as far as rounding allows."""
    if not isinstance(old, list) or new is None or len(old) != len(new):
        return bool(old == new)
    # Rounding of a sum with both signs is small beside its terms, not beside the sum.
    around = _TOLERANCE * max(map(abs, new[1:]))
    return math.isclose(old[0], new[0], rel_tol=_TOLERANCE) and all(
        abs(a - b) <= around for a, b in zip(old[1:], new[1:], strict=True)
    )


def _flat(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as one, with dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
