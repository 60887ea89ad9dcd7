"""What there is to evaluate on: the device and the processes that a caller asked for."""

import multiprocessing

import loky
import torch

from landscape.errors import LandscapeError

_WORTH_PROCESSES_SECONDS = 8.0  # starting workers takes a few seconds: each imports torch


def worthwhile_processes(device: str, seconds: float) -> int:
    """Choose a number of processes: one for each core or GPU, unless there is little to do.

    Args:
        device: Where to evaluate; a GPU that is named (`cuda:1`) is one.
        seconds: That all points will take in one process.

    Returns:
        The number; 1 for this process alone.
    """
    daemonic = multiprocessing.current_process().daemon  # and must not have children
    if seconds < _WORTH_PROCESSES_SECONDS or ":" in device or daemonic:
        return 1
    return torch.cuda.device_count() if device == "cuda" else int(loky.cpu_count())


def check_workers(workers: int | None) -> None:
    """Refuse less than one worker.

    Args:
        workers: None or a number.

    Raises:
        LandscapeError: Saying what came.
    """
    if workers is not None and workers < 1:
        raise LandscapeError(f"expected workers to be a number of at least 1, got {workers!r}")


def resolve_device(name: str) -> str:
    """Resolve `auto`, and refuse a device that is not there.

    Args:
        name: `auto`, `cpu`, `cuda`, or one of several GPUs, such as `cuda:1`.

    Returns:
        The device's name. For the CPU no GPU is looked at, which would open a context on it.

    Raises:
        LandscapeError: If there is no such device here.

    Example:
        >>> resolve_device("cpu")
        'cpu'
    """
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        device = None
    if device is None or device.type not in {"cpu", "cuda"}:
        raise LandscapeError(f"expected a device auto, cpu, cuda or cuda:1, got {name!r}")
    if device.type == "cpu":
        return "cpu"
    count = torch.cuda.device_count()
    if (device.index or 0) >= count:
        missing = f"{name} is not available, there are {count} CUDA devices"
        raise LandscapeError(
            missing if count else "no CUDA device is available", hint="use --device cpu or auto"
        )
    return name
