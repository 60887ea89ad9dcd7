"""The arithmetic of matrix products and convolutions, whatever the process's own settings are."""

import contextlib
from collections.abc import Iterator
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
def arithmetic(precision: Precision, device: str) -> Iterator[None]:
    """Compute in one precision; afterwards all settings are as they were.

    torch computes convolutions on CUDA in TF32 unless it is told not to, and a script may have
    chosen any precision for products. Neither would hold in another process, so that values would
    depend on the number of workers: `float32` means float32 here.

    Args:
        precision: `float32`; `tf32`: products and convolutions of numbers rounded to 10 bits;
            `bfloat16`: torch's autocast to numbers of 7 bits.
        device: Where to evaluate.

    Yields:
        Nothing.
    """
    kind = torch.device(device).type  # autocast does not take the number of a device
    allowed = precision == "tf32"
    products = torch.get_float32_matmul_precision()
    kept = [(backend, name, getattr(backend, name)) for backend, name in _convolutions(kind)]
    torch.set_float32_matmul_precision("high" if allowed else "highest")
    for backend, name, _ in kept:
        setattr(backend, name, allowed if name == "allow_tf32" else "tf32" if allowed else "ieee")
    try:
        with torch.autocast(kind, torch.bfloat16, enabled=precision == "bfloat16"):
            yield
    finally:
        torch.set_float32_matmul_precision(products)
        for backend, name, value in kept:
            setattr(backend, name, value)


@contextlib.contextmanager
def default_dtype(name: str | None) -> Iterator[None]:
    """Make new tensors in the dtype that was torch's default where the surface was begun.

    The default belongs to the process, not to a thread. It is set only where it is another one:
    in a worker process, never in the process of the caller, whose own default it is.

    Args:
        name: Such as `float64`; None leaves it.

    Yields:
        Nothing.
    """
    found = torch.get_default_dtype()
    wanted = found if name is None else getattr(torch, name)
    if wanted == found:
        yield
        return
    torch.set_default_dtype(wanted)
    try:
        yield
    finally:
        torch.set_default_dtype(found)


def _convolutions(device: str) -> list[tuple[Any, str]]:
    """Return where a device's precision of convolutions and recurrent layers is set."""
    if not hasattr(torch.backends.cudnn, "conv"):  # before torch 2.9
        return [(torch.backends.cudnn, "allow_tf32")] if device != "cpu" else []
    backend: Any = torch.backends.mkldnn if device == "cpu" else torch.backends.cudnn
    return [(backend.conv, "fp32_precision"), (backend.rnn, "fp32_precision")]
