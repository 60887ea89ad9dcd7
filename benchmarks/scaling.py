"""What the cost grows with: points, samples, parameters, workers; with fitted exponents."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import linregress

from benchmarks import trained as networks
from benchmarks.contestants.outcome import Array
from benchmarks.plan import Plan
from benchmarks.rounds import Times, interleave, say
from benchmarks.text import spread, table

_POINTS = (5, 9, 17, 33)  # a side
_SAMPLES = (64, 128, 256, 512, 1024)
_WIDTHS = (4, 8, 16, 32)
_WIDTH_SAMPLES = 64
_EFFICIENCY_BOUND = 0.9
_DASK_BOUND = 1.1  # Dask / local workers, at most


@dataclass(frozen=True)
class Row:
    """Cost against one quantity: x of shape (n,), cost in seconds of shape (round, n)."""

    name: str
    cost: str
    x: Array
    seconds: Array

    def exponent(self) -> tuple[float, float]:
        """Fit log cost = exponent * log x + constant; the exponent and its standard error."""
        x = np.broadcast_to(self.x, self.seconds.shape).ravel()
        fit = linregress(np.log(x), np.log(self.seconds.ravel()))
        return float(fit.slope), float(fit.stderr)


def scale(plan: Plan) -> None:
    """Print the table of exponents, and how well two workers do.

    Args:
        plan: How much to run.
    """
    workers = _workers(plan)
    rows = [_points(plan), _samples(plan), _parameters(plan), _by_workers(workers)]
    print(f"\ncost ~ quantity ^ exponent, {plan.rounds} rounds; medians in ms, or s for grids\n")
    print(
        table(
            ["", "cost of", "from", "to", "cost from", "cost to", "exponent"],
            [_cells(row) for row in rows],
        )
    )
    print()
    print(_efficiency(workers))


def _points(plan: Plan) -> Row:
    """Cost of a whole grid, the start-up included."""
    file = _file(plan, "classifier", samples=128)
    times = interleave({"ours": _POINTS}, file, rounds=plan.rounds)["ours"]
    return Row("points", "a grid", np.square(_POINTS).astype(float), times.seconds)


def _samples(plan: Plan) -> Row:
    """Cost of a point of the classifier."""
    files = [_file(plan, "classifier", samples=samples) for samples in _SAMPLES]
    return _per_point(plan, "samples", _SAMPLES, files)


def _parameters(plan: Plan) -> Row:
    """Cost of a point of autoencoders of growing width, which need not be trained for that."""
    files = [_file(plan, "autoencoder", samples=_WIDTH_SAMPLES, width=width) for width in _WIDTHS]
    return _per_point(plan, "parameters", [networks.read(file).parameters for file in files], files)


def _per_point(plan: Plan, name: str, x: Sequence[int], files: Sequence[Path]) -> Row:
    """Measure the cost of a point for several files, interleaved."""
    rounds = []
    for number in range(plan.rounds):
        say(f"  {name}, round {number + 1} of {plan.rounds}")
        turn = [interleave({"ours": plan.small}, file, rounds=1)["ours"] for file in files]
        rounds.append([float(times.per_point[0]) for times in turn])
    return Row(name, "a point", np.array(x, dtype=float), np.array(rounds))


def _workers(plan: Plan) -> dict[str, Times]:
    """Run one long grid on one process, on two, and on two of Dask."""
    file = plan.file("autoencoder")
    point = interleave({"ours": plan.small}, file, rounds=1)["ours"].per_point[0]
    steps = math.ceil(math.sqrt(plan.worker_seconds / point)) | 1
    say(f"  a grid of {steps}x{steps} for the workers")
    names = ("ours", "two_workers", "two_dask")
    turns = dict.fromkeys(names, (steps,))
    return interleave(turns, file, rounds=plan.worker_rounds, optional=("two_dask",))


def _by_workers(times: dict[str, Times]) -> Row:
    """Cost of the long grid against the number of workers."""
    seconds = np.hstack([times[name].seconds for name in ("ours", "two_workers")])
    return Row("workers", "a grid", np.array([1.0, 2.0]), seconds)


def _cells(row: Row) -> list[str]:
    """Make the cells of a row."""
    exponent, error = row.exponent()
    unit: Callable[[float], str] = (
        (lambda s: f"{1e3 * s:.2f} ms") if row.cost == "a point" else (lambda s: f"{s:.2f} s")
    )
    first, last = np.median(row.seconds[:, 0]), np.median(row.seconds[:, -1])
    fitted = f"{exponent:.2f}" + (f" +- {error:.2f}" if row.seconds.size > 2 else " (two runs)")
    ends = [f"{row.x[0]:,.0f}", f"{row.x[-1]:,.0f}"]
    return [row.name, row.cost, *ends, unit(float(first)), unit(float(last)), fitted]


def _efficiency(times: dict[str, Times]) -> str:
    """Say how well two workers are used, and what Dask costs."""
    one, two, dask = (times[name] for name in ("ours", "two_workers", "two_dask"))
    efficiency = one.seconds[:, 0] / two.seconds[:, 0] / 2
    met = "met" if np.median(efficiency) >= _EFFICIENCY_BOUND else "NOT MET"
    alone, pair = spread(one.seconds[:, 0], ".1f"), spread(two.seconds[:, 0], ".1f")
    lines = [
        f"one process: {alone} s; two workers, their start included: {pair} s",
        f"aim: efficiency of two workers {spread(efficiency)}, at least {_EFFICIENCY_BOUND}: {met}",
    ]
    if dask.absent:
        lines.append(f"aim: Dask / local workers at most {_DASK_BOUND}: NOT MET, {dask.absent}")
    else:
        ratio = dask.seconds[:, 0] / two.seconds[:, 0]
        met = "met" if np.median(ratio) <= _DASK_BOUND else "NOT MET"
        lines.append(f"two Dask workers: {spread(dask.seconds[:, 0], '.1f')} s")
        lines.append(f"aim: Dask / local workers {spread(ratio)}, at most {_DASK_BOUND}: {met}")
    return "\n".join(lines)


def _file(plan: Plan, network: str, *, samples: int, width: int = 16) -> Path:
    """Write an untrained network: the cost does not depend on the values."""
    path = plan.folder / f"{network}-{samples}-{width}.pt"
    if not path.exists():
        made = networks.train(network, root=plan.root, samples=samples, width=width, steps=0)
        networks.write(made, path)
    return path
