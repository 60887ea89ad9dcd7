"""What refinement itself costs, by count and not by clock: a resumed run must decide alike."""

SHARE = 0.06
"""Of the time of the full grid that refinement may take before it gives up: with what it has
measured by then, and all the rest, no surface costs more than 1.1 times its full grid."""

# Seconds, fitted to 264 rounds with 25 to 1,000 data among 81 to 2,601 candidates, with a margin.
_ROUND, _DATUM, _PRODUCT = 4e-3, 1e-4, 1.2e-9


def round_cost(fresh: int, data: int, places: int) -> float:
    """Return the modelled seconds of taking some data, and of choosing as many points again.

    Args:
        fresh: New data.
        data: All data.
        places: Where estimates are kept.

    Returns:
        Seconds on one core of 2023.
    """
    return _ROUND + fresh * (_DATUM + _PRODUCT * (places + data) * (data + 40))


class Allowance:
    """Decide when to stop choosing and to measure all that is left.

    Ski rental: choosing well may pay or not, nobody knows before; once what was spent on it reaches
    a fixed share of the price of everything, everything is bought.

    Args:
        seconds: Time that measuring one point takes; infinite where choosing costs nothing beside.
        points: Of the whole grid.
    """

    def __init__(self, seconds: float, points: int) -> None:
        self._seconds, self._points = seconds, points
        self._spent = 0.0

    def spend(self, cost: float) -> None:
        """Count what a round has cost."""
        self._spent += cost

    def is_used_up(self, next_cost: float, left: int) -> bool:
        """Tell whether one more round is too much, or dearer than the points that are left."""
        if next_cost >= self._seconds * left:
            return True
        return self._spent + next_cost > SHARE * self._seconds * self._points
