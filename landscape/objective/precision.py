"""The arithmetic of an evaluation, whatever the process's own settings are."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch

from landscape.errors import LandscapeError
from landscape.settings import Precision


def check_precision(precision: Precision, device: str) -> None:
    """Refuse a precision that a device does not have.

    Raises:
        LandscapeError: If TF32 is asked for without CUDA.
    """
    if precision == "tf32" and torch.device(device).type == "cpu":
        raise LandscapeError(
            "expected precision float32 or bfloat16 on the CPU, got tf32",
            hint="TF32 is a format of NVIDIA's GPUs",
        )


@contextlib.contextmanager
def arithmetic(precision: Precision, dtype: str, device: str) -> Iterator[None]:
    """Compute in one precision; afterwards all settings are as they were.

    torch computes convolutions on CUDA in TF32 unless it is told not to, and a script may have
    chosen any precision for products. Neither would hold in another process, so that values would
    depend on the number of workers: `float32` means float32 here. The settings belong to the
    process, not to a thread: the first of several threads changes them, the last restores them.

    Args:
        precision: `float32`; `tf32`: products and convolutions of numbers rounded to 10 bits;
            `bfloat16`: torch's autocast to numbers of 7 bits.
        dtype: Of new tensors, such as `float64`.
        device: Where to evaluate. On CUDA, convolutions sum in one order, as a file that goes on is
            held to its own bits; transposed ones otherwise do not.

    Yields:
        Nothing.
    """
    kind = torch.device(device).type  # autocast does not take the number of a device
    with _held.lock:
        _held.users += 1
        for setting in _settings(precision, dtype, kind):
            _held.found.setdefault(setting.name, (setting.write, setting.read()))
            setting.write(setting.wanted)
    try:
        with torch.autocast(kind, torch.bfloat16, enabled=precision == "bfloat16"):
            yield
    finally:
        with _held.lock:
            _held.users -= 1
            if _held.users == 0:
                for write, value in _held.found.values():
                    write(value)
                _held.found.clear()


@dataclass(frozen=True)
class _Setting:
    """A setting of the process, and what it is to be."""

    name: str
    read: Callable[[], Any]
    write: Callable[[Any], None]
    wanted: Any


@dataclass
class _Held:
    """How many threads compute in `arithmetic`, and what the first of them found."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0
    found: dict[str, tuple[Callable[[Any], None], Any]] = field(default_factory=dict)


_held = _Held()


def _settings(precision: Precision, dtype: str, device: str) -> Iterator[_Setting]:
    """Yield what decides about the arithmetic on a device."""
    allowed = precision == "tf32"
    yield _Setting(
        "products",
        torch.get_float32_matmul_precision,
        torch.set_float32_matmul_precision,
        "high" if allowed else "highest",
    )
    yield _Setting("dtype", torch.get_default_dtype, torch.set_default_dtype, getattr(torch, dtype))
    if device != "cpu":
        read, write = (
            partial(f, torch.backends.cudnn, "deterministic") for f in (getattr, setattr)
        )
        yield _Setting("order of sums", read, write, wanted=True)
    for number, (backend, name) in enumerate(_convolutions(device)):
        wanted = allowed if name == "allow_tf32" else "tf32" if allowed else "ieee"
        read, write = partial(getattr, backend, name), partial(setattr, backend, name)
        yield _Setting(f"{device} {number}", read, write, wanted)


def _convolutions(device: str) -> list[tuple[Any, str]]:
    """Return where a device's precision of convolutions and recurrent layers is set."""
    if not hasattr(torch.backends.cudnn, "conv"):  # before torch 2.9
        return [(torch.backends.cudnn, "allow_tf32")] if device != "cpu" else []
    backend: Any = torch.backends.mkldnn if device == "cpu" else torch.backends.cudnn
    return [(backend.conv, "fp32_precision"), (backend.rnn, "fp32_precision")]
