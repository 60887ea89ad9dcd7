"""One GPU for each worker process of a machine, as long as there are enough."""

import os
from pathlib import Path

import psutil
import torch

from landscape.running.job import Job


def take_gpu(job: Job, folder: Path) -> None:
    """Make a GPU of its own the current one of this process, if the job needs one of several.

    Args:
        job: What this process will evaluate.
        folder: Where the processes of the job tell which GPU they have taken.
    """
    count = torch.cuda.device_count() if job.device == "cuda" else 0
    if count > 1:
        torch.cuda.set_device(claim(folder, count))


def claim(folder: Path, count: int) -> int:
    """Take the first number below `count` that no living process has taken.

    Args:
        folder: Where claims are files; all processes of the job see it.
        count: How many numbers there are.

    Returns:
        The number; where all are taken, one that is shared.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     claim(Path(folder), 2)
        0
    """
    for number in range(count):
        file = folder / f"gpu-{number}"
        for _ in range(2):
            try:
                with file.open("x") as claimed:
                    claimed.write(str(os.getpid()))
            except FileExistsError:
                owner = file.read_text()
                if owner == str(os.getpid()):
                    return number
                if not owner.isdigit() or psutil.pid_exists(int(owner)):
                    break
                file.unlink(missing_ok=True)  # it has died: try once more
            else:
                return number
    return os.getpid() % count
