"""Keep the C library from returning the memory of activations between layers and points."""

import ctypes
import os
import sys
from collections.abc import Callable
from typing import Any

_TRIM, _MMAP = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of glibc's malloc.h
_KEPT = 32 * 2**20  # where glibc's own dynamic thresholds end
_DEFAULT = 128 * 2**10  # where they begin


def keep_freed_memory() -> None:
    """Let glibc reuse freed memory instead of returning it to the system and asking for it again.

    By default it depends on luck, namely on what lies at the end of the heap, whether every point
    takes its activations from the system anew: thousands of page faults, which can make a
    convolutional network half as slow again. Where Dask has fixed the thresholds for its workers
    (MALLOC_TRIM_THRESHOLD_=65536) it is twice as slow, always. Does nothing without glibc.
    """
    _set(trim=2 * _KEPT, mmap=_KEPT)


def give_memory_back() -> None:
    """Return what is free to the system, and to the thresholds that the environment fixes.

    Where it fixes none they stay as they are: that is where glibc's own dynamic ones end once a
    block of 32 MB has been freed, and glibc knows no way back to the dynamic ones themselves.
    """
    fixed = {name: os.environ.get(f"MALLOC_{name}_THRESHOLD_", "") for name in ("TRIM", "MMAP")}
    if any(value.isdigit() for value in fixed.values()):
        trim, mmap = (int(v) if v.isdigit() else _DEFAULT for v in fixed.values())
        _set(trim=trim, mmap=mmap)
    trim_memory()


def trim_memory() -> None:
    """Return what is free to the system: between large steps, so that their memory does not add."""
    trim = _function("malloc_trim")
    if trim is not None:
        trim(0)


def _set(*, trim: int, mmap: int) -> None:
    """Set both thresholds, if the C library is glibc."""
    mallopt = _function("mallopt")
    if mallopt is not None:
        mallopt(_TRIM, trim)
        mallopt(_MMAP, mmap)


def _function(name: str) -> Callable[..., Any] | None:
    """Find a function of glibc; None with another C library."""
    if sys.platform != "linux":  # elsewhere ctypes cannot open the process itself, or has no glibc
        return None
    found: Callable[..., Any] | None = getattr(ctypes.CDLL(None), name, None)
    return found
