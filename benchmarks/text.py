"""Tables in plain text, and the machine in words."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from benchmarks.contestants.outcome import Array


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Align columns: the first to the left, the others to the right.

    Args:
        header: Names of the columns.
        rows: Cells.

    Returns:
        Lines.
    """
    lines = [list(header), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    text = [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return "\n".join([text[0], "-" * len(text[0]), *text[1:]])


def spread(values: Array, form: str = ".2f") -> str:
    """Write the median of several rounds with the least and the greatest."""
    if len(values) == 1:
        return f"{values[0]:{form}}"
    return f"{np.median(values):{form}} ({values.min():{form}} - {values.max():{form}})"


def machine(device: str = "cpu") -> str:
    """Describe the machine, the device that evaluates, and how busy the machine is."""
    versions = f"torch {torch.__version__}, numpy {np.__version__}"
    lines = [
        f"{os.cpu_count()} cores, {_processor()}, {platform.system()}",
        f"Python {platform.python_version()}, {versions}; one thread a process",
    ]
    if device != "cpu":
        lines.append(f"evaluated on {torch.cuda.get_device_name(device)}")
    if hasattr(os, "getloadavg"):
        lines.append(f"load average {os.getloadavg()[0]:.1f} before the first run")
    return "\n".join(lines)


def _processor() -> str:
    """Name the processor as the system does."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return (
                    f"{line.partition(':')[2].strip()} ({torch.backends.cpu.get_cpu_capability()})"
                )
    return f"{platform.processor() or platform.machine()}"
