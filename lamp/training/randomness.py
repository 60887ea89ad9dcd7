"""What a training must not leave to chance: random states, and the order of sums on a GPU."""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

Outside = Callable[[Callable[..., None]], Callable[..., None]]
"""Makes of a callback one that draws from the caller's random states."""


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[Outside]:
    """Seed what a model such as one with Dropout draws from; the caller's states come back.

    On a GPU the gradients of convolutions are summed in one order meanwhile: cuDNN otherwise adds
    in the order in which threads arrive, and no training repeats another's bits.

    Args:
        seed: Of all of them.
        device: Where the model is: its random state takes part.

    Yields:
        What makes callbacks of the caller: what they draw moves the caller's states, not these.

    Example:
        >>> with seeded(0, torch.device("cpu")):
        ...     first = torch.rand(1)
        >>> with seeded(0, torch.device("cpu")):
        ...     first == torch.rand(1)
        tensor([True])
    """
    others, in_order = random_state(device), torch.backends.cudnn.deterministic

    def outside(call: Callable[..., None]) -> Callable[..., None]:
        def wrapped(*arguments: object) -> None:
            nonlocal others
            own = random_state(device)
            set_random_state(others, device)
            try:
                call(*arguments)
            finally:
                others = random_state(device)
                set_random_state(own, device)

        return wrapped

    try:
        torch.default_generator.manual_seed(seed)  # torch.manual_seed seeds every device
        if device.type == "cuda":
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002 (models draw from the global one)
        random.seed(seed)
        torch.backends.cudnn.deterministic = in_order or device.type == "cuda"
        yield outside
    finally:
        torch.backends.cudnn.deterministic = in_order
        set_random_state(others, device)


def random_state(device: torch.device) -> dict[str, Tensor]:
    """Return all random states as tensors by name."""
    _, keys, *position = np.random.get_state(legacy=True)  # noqa: NPY002
    version, words, spare = random.getstate()
    state = {
        "torch": torch.get_rng_state(),
        "numpy": torch.from_numpy(np.asarray(keys).astype(np.int64)),
        "numpy_position": torch.tensor(position, dtype=torch.float64),
        "python": torch.tensor(words),
        "python_spare": torch.tensor(
            [version] if spare is None else [version, spare], dtype=torch.float64
        ),
    }
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def set_random_state(state: Mapping[str, Tensor], device: torch.device) -> None:
    """Bring back what `random_state` returned."""
    torch.set_rng_state(state["torch"])
    position, has_spare, spare = state["numpy_position"].tolist()
    keys = state["numpy"].numpy().astype(np.uint32)
    np.random.set_state(("MT19937", keys, int(position), int(has_spare), spare))  # noqa: NPY002
    version, *spare = state["python_spare"].tolist()
    words = tuple(state["python"].tolist())
    random.setstate((int(version), words, spare[0] if spare else None))
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)
