"""Numbers of comparisons as cells of tables, lines of a terminal, and sentences."""

import math
from collections.abc import Sequence

import pandas as pd

from lamp.pages import Estimate
from lamp.statistics import Effect
from landscape.measures import Interval, Statistic
from landscape.measures.text import aligned


def cell(value: float | None) -> Estimate | None:
    """Make a cell of a table; empty for NaN."""
    return None if value is None or math.isnan(value) else Estimate(value=value)


def effect_cell(effect: Effect | Interval | Statistic | pd.Series | None) -> Estimate | None:
    """Make a cell with an interval; empty where there is no number."""
    if effect is None or math.isnan(effect.value):
        return None
    if math.isnan(effect.low):
        bound = isinstance(effect, Statistic) and effect.is_bound
        return Estimate(value=effect.value, bound=bound)
    return Estimate(value=effect.value, low=effect.low, high=effect.high)


def p_text(p: float) -> str:
    """Write a p-value.

    Example:
        >>> p_text(0.0312), p_text(0.0004), p_text(float("nan"))
        ('.031', '<.001', '')
    """
    if math.isnan(p):
        return ""
    return "<.001" if p < 0.001 else f"{p:.3f}".removeprefix("0")


def short(value: float) -> str:
    """Write an AUROC; a dash for NaN.

    Example:
        >>> short(0.9312), short(1.0), short(float("nan"))
        ('.931', '1.000', '-')
    """
    return "-" if math.isnan(value) else f"{value:.3f}".removeprefix("0")


def signed(value: float) -> str:
    """Write a difference of AUROC; what rounds to zero has no sign.

    Example:
        >>> signed(-0.0123), signed(0.2), signed(-0.0001)
        ('−.012', '+.200', '.000')
    """
    if math.isnan(value):
        return "-"
    text = f"{abs(value):.3f}".removeprefix("0")
    return text if text == ".000" else ("−" if value < 0 else "+") + text


def effect_text(effect: Effect | pd.Series | None) -> str:
    """Write an effect and its interval.

    Example:
        >>> effect_text(Effect(value=0.01, low=0.002, high=0.02, p=0.01, higher=9, pairs=10,
        ...                    groups=10))
        '+.010 [+.002, +.020]'
    """
    if effect is None:
        return "-"
    if math.isnan(effect.low):
        return signed(effect.value)
    return f"{signed(effect.value)} [{signed(effect.low)}, {signed(effect.high)}]"


def align(rows: Sequence[Sequence[str]]) -> str:
    """Align the columns of a table for a terminal, the first to the left, the others right.

    Example:
        >>> print(align([("batch", "L2"), ("16", ".926")]))
        batch    L2
        16     .926
    """
    return "\n".join(aligned(rows, right=range(1, len(rows[0]))))


def listed(items: Sequence[object]) -> str:
    """Join items as in a sentence.

    Example:
        >>> listed([1, 2, 3])
        '1, 2 and 3'
    """
    words = [str(item) for item in items]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def ratio_cell(effect: Effect | Interval | pd.Series | None) -> Estimate | None:
    """Make a cell with a ratio from an effect on a logarithm; empty where there is none."""
    if effect is None or math.isnan(effect.value):
        return None
    value, low, high = (math.exp(number) for number in (effect.value, effect.low, effect.high))
    if math.isnan(low):
        return Estimate(value=value)
    return Estimate(value=value, low=low, high=high)


def ratio_text(effect: Effect | Interval | pd.Series | None) -> str:
    """Write a ratio from an effect on a logarithm.

    Example:
        >>> ratio_text(Effect(value=0.0, low=-0.1, high=0.1, p=1.0, higher=5, pairs=10, groups=10))
        '1.00 times (0.90 to 1.11)'
        >>> ratio_text(Interval(0.0031, 0.0025, 0.0038, 50))
        '1.003 times (1.003 to 1.004)'
    """
    if effect is None:
        return "-"
    if math.isnan(effect.value):
        return "an unknown number of times"
    value, low, high = (math.exp(number) for number in (effect.value, effect.low, effect.high))
    digits = 2
    while digits < 4 and not low <= 1 <= high and 1 in (round(low, digits), round(high, digits)):
        digits += 1  # until it is seen on which side of 1 the interval lies
    limits = "" if math.isnan(low) else f" ({low:.{digits}f} to {high:.{digits}f})"
    return f"{value:.{digits}f} times{limits}"
