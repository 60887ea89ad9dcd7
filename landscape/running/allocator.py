"""Keep the C library from returning the memory of activations between layers and points."""

import ctypes
import os

_TRIM, _MMAP = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of glibc's malloc.h
_VARIABLE = "MALLOC_TRIM_THRESHOLD_"
_KEPT = 32 * 2**20  # where glibc's own dynamic thresholds end


def keep_freed_memory() -> None:
    """Let glibc reuse freed memory instead of returning it to the system and asking for it again.

    By default it depends on luck, namely on what lies at the end of the heap, whether every point
    takes its activations from the system anew: thousands of page faults, which can make a
    convolutional network half as slow again. Where Dask has fixed the thresholds for its workers
    (MALLOC_TRIM_THRESHOLD_=65536) it is twice as slow, always. Does nothing without glibc.
    """
    _set(trim=2 * _KEPT, mmap=_KEPT)


def give_memory_back() -> None:
    """Return what is free to the system, and to the thresholds that Dask has set, if it has."""
    fixed = os.environ.get(_VARIABLE, "")
    if fixed.isdigit():
        _set(trim=int(fixed), mmap=128 * 2**10)
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _set(*, trim: int, mmap: int) -> None:
    """Set both thresholds, if the C library is glibc."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM, trim)
        mallopt(_MMAP, mmap)
