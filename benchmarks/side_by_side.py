"""The main table: a full grid by everyone, on three networks."""

from pathlib import Path

import numpy as np

from benchmarks import trained as networks
from benchmarks.plan import GRID, Plan
from benchmarks.rounds import Times, interleave
from benchmarks.text import spread, table

PACKAGES = ("loss_landscapes", "landscaper")
CONTESTANTS = ("limit", "ours", "plain_loop", *PACKAGES)
PEER_HINT = "pip install --no-deps --target benchmarks/.cache/peers -r benchmarks/peers.txt"

_LIMIT_BOUND = 1.10  # ours / limit, at most
_PEER_BOUND = 1.4  # peer / ours on the autoencoder, at least


def compare(plan: Plan) -> None:
    """Print the table of each network, and whether the aims are met.

    Args:
        plan: How much to run.
    """
    for network in networks.SAMPLES:
        file = plan.file(network)
        times = _race(plan, file)
        trained = networks.read(file)
        small, large = (f"{steps}x{steps}" for steps in plan.steps)
        how = "run" if GRID in plan.steps else f"from the straight line through {small} and {large}"
        print(
            f"\n{network}: {trained.parameters:,} parameters, {len(trained.pixels)} samples of "
            f"{' x '.join(map(str, trained.pixels.shape[1:]))}, batches of {trained.batch_size}; "
            f"{plan.rounds} rounds; {GRID}x{GRID} {how}\n"
        )
        print(_table(times))
        for one in times.values():
            for name, value in one.notes.items():
                if one.name != "ours":
                    print(f"{one.name}: {name}: {_note(value)}")
            if one.absent:
                print(f"{one.name} {one.absent}; to install: {PEER_HINT}")
        for line in _aims(network, times):
            print(line)


def _race(plan: Plan, file: Path) -> dict[str, Times]:
    """Run everyone on one network; a peer may be missing or fail."""
    turns = dict.fromkeys(CONTESTANTS, plan.steps)
    return interleave(turns, file, rounds=plan.rounds, optional=PACKAGES)


def _table(times: dict[str, Times]) -> str:
    """Make the rows of one network."""
    limit, ours = times["limit"], times["ours"]
    rows = []
    for one in times.values():
        if one.absent:
            continue
        rows.append(
            [
                one.name,
                spread(1e3 * one.per_point, ".1f"),
                f"{1e3 * np.median(one.cpu_per_point):.1f}",
                f"{np.median(one.start_up):.2f}",
                f"{np.median(one.whole(GRID)):.0f}",
                spread(one.per_point / limit.per_point),
                spread(one.whole(GRID) / limit.whole(GRID)),
                spread(one.whole(GRID) / ours.whole(GRID)),
                _agreement(one, ours),
            ]
        )
    header = ["", "ms / point", "CPU ms", "start-up s", "51x51 s", "point / limit", "51x51 / limit"]
    return table([*header, "51x51 / ours", "same values"], rows)


def _agreement(one: Times, ours: Times) -> str:
    """Compare the values with ours where both have one."""
    known = np.isfinite(one.values)
    if one is ours:
        return "-"
    difference = np.abs(one.values - ours.values)[known] / np.abs(ours.values[known])
    return f"{known.sum()} points: {difference.max():.0e}"


def _aims(network: str, times: dict[str, Times]) -> list[str]:
    """Say whether the aims are met in the median of the rounds."""
    ours = times["ours"].whole(GRID)
    limit = float(np.median(ours / times["limit"].whole(GRID)))
    lines = [_aim(f"{limit:.2f} x the limit on {GRID}x{GRID}, at most", _LIMIT_BOUND, limit, -1)]
    if network == "autoencoder":
        for name in CONTESTANTS[2:]:
            if not times[name].absent:
                ratio = float(np.median(times[name].whole(GRID) / ours))
                text = f"{ratio:.2f} x faster than {name} on {GRID}x{GRID}, at least"
                lines.append(_aim(text, _PEER_BOUND, ratio, 1))
    return lines


def _aim(text: str, bound: float, value: float, sign: int) -> str:
    """Say whether a value is on the right side of its bound."""
    met = sign * value >= sign * bound
    return f"aim: {text} {bound:.2f}: {'met' if met else 'NOT MET'}"


def _note(value: str | float) -> str:
    """Write a note."""
    return f"{value:.2f}" if isinstance(value, float) else str(value)
