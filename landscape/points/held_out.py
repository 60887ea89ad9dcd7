"""Whether what was predicted of the last points, before they were measured, was right."""

from collections.abc import Sequence

HELD_OUT = 0.5
"""Share of the tolerance within which all of the last predictions must have been; they were made of
the least known points. At 0.7, 2 of 12 with one crease ended too early
(`benchmarks/formulas.py`, seeds 10 to 21)."""


def predicted_well(rounds: Sequence[tuple[int, float]], tolerance: float, enough: int) -> bool:
    """Tell whether the last rounds, of enough predictions, were all right.

    Args:
        rounds: Number of predictions and largest relative error of each round so far, in order.
        tolerance: Largest relative error of an estimate.
        enough: How many predictions suffice. Rounds grow, and then one may hold so many; but it
            counts as a whole, since its points are chosen for being the least known.

    Returns:
        Whether there are enough, and all of them were within `HELD_OUT` of the tolerance.
    """
    count = 0
    for size, error in reversed(rounds):
        if error > HELD_OUT * tolerance:
            return False
        count += size
        if count >= enough:
            return True
    return False
