"""An error-controlled grid against the plain loop's full one, on the autoencoder, end to end."""

import numpy as np

from benchmarks.contestants.adaptive import TOLERANCE
from benchmarks.plan import GRID, Plan
from benchmarks.rounds import interleave
from benchmarks.text import spread

_BOUND = 30.0  # plain loop / ours, at least


def compare_adaptive(plan: Plan) -> None:
    """Print time, share of points, and how many times faster than the plain loop.

    Args:
        plan: How much to run.
    """
    turns = {"adaptive": (GRID,), "plain_loop": plan.steps}
    times = interleave(turns, plan.file("autoencoder"), rounds=plan.rounds)
    ours, loop = times["adaptive"].whole(GRID), times["plain_loop"].whole(GRID)
    how = "run" if GRID in plan.steps else "by its straight line over smaller grids"
    share = float(times["adaptive"].notes["share of points"])
    print(
        f"\nautoencoder, {GRID}x{GRID}, tolerance {TOLERANCE}, {plan.rounds} rounds: "
        f"{spread(ours, '.1f')} s with {share:.1%} of the points measured\n"
        f"plain loop, {GRID}x{GRID} {how}: {spread(loop, '.0f')} s"
    )
    ratio = float(np.median(loop / ours))
    verdict = "met" if ratio >= _BOUND else "NOT MET"
    print(f"plain loop / ours: {spread(loop / ours, '.1f')}")
    print(f"aim: {ratio:.1f} x faster than the plain loop, at least {_BOUND:.0f}: {verdict}")
