"""Numbers, intervals and tables as text and JSON."""

import math
from collections.abc import Container, Iterable, Sequence
from statistics import NormalDist


def aligned(rows: Sequence[Sequence[str]], *, right: Container[int] = ()) -> list[str]:
    """Align the columns of a table, each as wide as its widest cell.

    Args:
        rows: The head and the rows, all of one length.
        right: Columns to align to the right; all others go to the left.

    Returns:
        One line each.

    Example:
        >>> aligned([("statistic", "mean"), ("slope", "0.5")], right=(1,))
        ['statistic  mean', 'slope       0.5']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def over_samples(error: float, confidence: float = 0.95) -> str:
    """Write half the width of the interval of a mean over samples.

    Args:
        error: Standard error over samples.
        confidence: Probability that the interval covers the true mean, of many samples.

    Returns:
        Text that follows the mean; empty where the error is NaN, and where it is 0: that all
        samples are alike, such as all of them right, does not make their mean exact.

    Example:
        >>> over_samples(0.1)
        ' ± 0.2 (95% over samples)'
        >>> over_samples(0.0)
        ''
    """
    if math.isnan(error) or error == 0:
        return ""
    half = NormalDist().inv_cdf((1 + confidence) / 2) * error
    return f" ± {half:.2g} ({confidence:.0%} over samples)"


def number(value: float) -> str:
    """Write a number with four digits.

    Args:
        value: Any number.

    Returns:
        Text; a dash for NaN.
    """
    return "-" if math.isnan(value) else f"{value:.4g}"


def limits(low: float, high: float) -> str:
    """Write an interval.

    Args:
        low: Lower limit.
        high: Upper limit.

    Returns:
        Text such as "[1.5, 2.5]"; empty where there is no interval.
    """
    return "" if math.isnan(low) or math.isnan(high) else f"[{number(low)}, {number(high)}]"


def plain(value: float) -> float | str | None:
    """Turn a number into strict JSON, which has neither NaN nor infinities.

    Args:
        value: Any number.

    Returns:
        The number; None for NaN; "inf" or "-inf".
    """
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else str(value)


def marks_of(notes: Iterable[str]) -> dict[str, str]:
    """Number the different notes.

    Args:
        notes: Some of them empty, some the same.

    Returns:
        A mark for each note that is not empty.

    Example:
        >>> marks_of(["few points", "", "few points", "flat"])
        {'few points': '[1]', 'flat': '[2]'}
    """
    different = dict.fromkeys(note for note in notes if note)
    return {note: f"[{index}]" for index, note in enumerate(different, start=1)}
