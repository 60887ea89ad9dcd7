"""Undo a setting of Dask that makes a worker evaluate at half its speed."""

import ctypes
import os

_TRIM, _MMAP = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of glibc's malloc.h
_VARIABLE = "MALLOC_TRIM_THRESHOLD_"
_KEPT = 32 * 2**20  # where glibc's own dynamic thresholds end


def keep_freed_memory() -> None:
    """Let glibc reuse the memory of activations instead of giving it back at every layer.

    Dask starts its workers with MALLOC_TRIM_THRESHOLD_=65536, which also fixes the size from which
    memory is mapped anew at each allocation at 128 kB: a convolutional autoencoder then takes twice
    the processor time. Does nothing in a process without that variable.
    """
    _set(trim=2 * _KEPT, mmap=_KEPT)


def give_memory_back() -> None:
    """Return to the setting with which the process was started."""
    _set(trim=int(os.environ.get(_VARIABLE) or 0), mmap=128 * 2**10)


def _set(*, trim: int, mmap: int) -> None:
    """Set both thresholds, where Dask has set one and the C library is glibc."""
    if not os.environ.get(_VARIABLE, "").isdigit():
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM, trim)
        mallopt(_MMAP, mmap)
