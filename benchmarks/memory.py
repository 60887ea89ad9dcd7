"""What a worker process holds in memory: peak against model, data and activations; growth."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from torch import Tensor, nn

import landscape as ls
from benchmarks.contestants.outcome import Array
from benchmarks.rounds import say
from benchmarks.text import table

_FLOAT = 4  # bytes
_MIB = 2**20
_COPIES = np.array([4, 1, 1])  # of model (center, point, two directions), data, activations
_GROWTH_STEPS = 101  # 10,201 points


@dataclass(frozen=True)
class Sizes:
    """A perceptron with one hidden layer, and its data: sizes that are known exactly."""

    name: str
    features: int = 64
    hidden: int = 64
    samples: int = 64
    batch: int = 8

    @cached_property
    def bytes(self) -> Array:
        """Bytes of the model, of the data, and of the activations of one batch (before, after)."""
        model = (self.features + 1) * self.hidden + self.hidden + 1
        return _FLOAT * np.array(
            [model, self.samples * self.features, 2 * self.batch * self.hidden], dtype=float
        )

    def problem(self) -> ls.Problem:
        """Make the problem."""
        generator = torch.Generator().manual_seed(0)
        model = nn.Sequential(
            nn.Linear(self.features, self.hidden), nn.ReLU(), nn.Linear(self.hidden, 1)
        )
        data = torch.randn(self.samples, self.features, generator=generator)
        return ls.Problem(model, squared, list(data.split(self.batch)))


def squared(model: nn.Module, batch: Tensor) -> Tensor:
    """Return the squared output of each sample."""
    values: Tensor = model(batch)[:, 0].square()
    return values


class Watch:
    """Reads the memory of this process's workers whenever points have been stored."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.resident: list[int] = []
        self.peak = 0

    def __call__(self, done: int, *_: Any) -> None:
        """Take a reading: the largest worker."""
        found = [_memory(child) for child in psutil.Process().children(recursive=True)]
        self.done.append(done)
        self.resident.append(max(resident for resident, _ in found))
        self.peak = max(self.peak, *(peak for _, peak in found))


def measure_memory() -> None:
    """Print how the peak of a worker depends on the sizes, and its growth over 10,000 points."""
    base = Sizes("base")
    cases = {
        "model": replace(base, features=4096, hidden=4096),
        "data": replace(base, features=4096, samples=4096, batch=512),
        "activations": replace(base, features=8, hidden=4096, samples=4096, batch=4096),
    }
    say("  memory of a worker")
    bottom = _footprint(base)
    extra = {name: sizes.bytes - base.bytes for name, sizes in cases.items()}
    found = {name: _footprint(sizes) - bottom for name, sizes in cases.items()}
    rows = [_row(index, extra[name], found[name]) for index, name in enumerate(cases)]
    print(f"\nA worker, above the {bottom[1] / _MIB:.0f} MiB of one with a tiny problem\n")
    header = ["larger by", "MiB", "resident MiB", "copies", "peak MiB", "copies", "aim"]
    print(table(header, [[name, *row] for name, row in zip(cases, rows, strict=True)]))
    aim = sum(float(_COPIES @ added) for added in extra.values())
    peak = sum(float(one[1]) for one in found.values())
    verdict = "met" if peak <= aim else "NOT MET"
    print(
        f"aim: peak of model x {_COPIES[0]} + data + activations of a batch, all three together: "
        f"{peak / _MIB:.0f} MiB, at most {aim / _MIB:.0f}: {verdict}"
    )
    _growth(base)


def _row(index: int, added: Array, found: Array) -> list[str]:
    """Make a row: what was added in the one quantity, and what that made of memory."""
    others = float(np.delete(_COPIES * added, index).sum())
    cells = [f"{added[index] / _MIB:.0f}"]
    for memory in found:
        cells += [f"{memory / _MIB:.0f}", f"{(memory - others) / added[index]:.1f}"]
    return [*cells, f"{_COPIES[index]}"]


def _footprint(sizes: Sizes) -> Array:
    """Return the memory of a worker over a few points: at the end, and at its peak."""
    watch = Watch()
    ls.compute(
        sizes.problem(), planes=1, steps=5, workers=2, store_directions=False, progress=watch
    )
    return np.array([watch.resident[-1], watch.peak], dtype=float)


def _growth(sizes: Sizes) -> None:
    """Print how the memory of a worker changes over 10,000 points, after the first tenth."""
    say(f"  {_GROWTH_STEPS**2:,} points")
    watch = Watch()
    ls.compute(sizes.problem(), planes=1, steps=_GROWTH_STEPS, workers=2, progress=watch)
    done, resident = np.array(watch.done), np.array(watch.resident) / _MIB
    settled = done >= done[-1] / 10
    slope = np.polyfit(done[settled], resident[settled], 1)[0]
    growth = resident[-1] - resident[settled][0]
    print(
        f"growth over {done[-1]:,} points: {growth:+.2f} MiB after the first tenth, "
        f"{1000 * slope:+.3f} MiB per 1,000 points"
    )


def _memory(process: psutil.Process) -> tuple[int, int]:
    """Return resident and peak memory of a process in bytes, as Linux tells them."""
    try:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        return 0, 0
    sizes = {key: text for key, _, text in (line.partition(":") for line in lines)}
    resident, peak = (1024 * int(sizes.get(key, "0 kB").split()[0]) for key in ("VmRSS", "VmHWM"))
    return resident, peak
