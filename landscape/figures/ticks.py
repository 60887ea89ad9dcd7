"""How the ticks of an axis are placed and written."""

from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.axis import Axis
from matplotlib.ticker import Formatter, Locator, LogLocator, MaxNLocator, NullLocator

from landscape.figures.text import Kind, labels_of


class TickLabels(Formatter):
    """Labels of an axis in as few digits as tell its ticks apart.

    Args:
        kind: Units of the values.
        log: Whether ticks are the logarithms of the values.
    """

    def __init__(self, kind: Kind = "absolute", *, log: bool = False) -> None:
        self.kind: Kind = kind
        self.log = log

    def __call__(self, value: float, pos: int | None = None) -> str:  # noqa: ARG002
        """Write a single tick."""
        return self.format_ticks([value])[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Write all ticks of the axis."""
        labels = labels_of([10.0**v if self.log else v for v in values], self.kind)
        return [for_axis(label) for label in labels]


_TEX = str.maketrans({"−": "$-$", "×": r"$\times$", "·": r"$\cdot$", "%": r"\%"})


def for_axis(label: str) -> str:
    """Write the label of a tick for LaTeX, where a user's own axes have that."""
    return label.translate(_TEX) if mpl.rcParams["text.usetex"] else label


def set_log_ticks(axis: Axis, span: float, kind: Kind = "absolute") -> None:
    """Put 1, 2, 5, 10 ... on a logarithmic axis, or fewer where these would be too many.

    Args:
        axis: Of a figure.
        span: Largest value divided by the smallest.
        kind: Units of the values.
    """
    subs = (1, 2, 5) if span < 200 else (1, 3) if span < 3000 else (1,)
    log: Locator = LogLocator(subs=subs, numticks=8)
    few = MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10])  # of 1, 2, 5 there may be none
    axis.set_major_locator(few if span < 4 else log)
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(TickLabels(kind))
