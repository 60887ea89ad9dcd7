"""What lies between two checkpoints: all barriers, as tables and as plain values."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from landscape.errors import LandscapeError
from landscape.measures.barrier import Barrier, say_all
from landscape.measures.tables import Style, Table, written
from landscape.measures.text import limits, number, plain


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Connection:
    """What lies between two checkpoints.

    Args:
        ends: Their names.
        barriers: One for each metric and policy of BatchNorm.
        aligned: What was done to the second one, empty if nothing.
        trained: On what the bend of a curve was trained, and how long; empty where there is none.
        stretch: Length of the curve, in lengths of the line.
        bend: The point in parameter space toward which the curve bends, by names of parameters: a
            checkpoint, though the curve does not go through it; its units stand in the order of
            the first end's where the second was aligned.
    """

    ends: tuple[str, str]
    barriers: tuple[Barrier, ...]
    aligned: str = ""
    trained: str = ""
    stretch: float = 1.0
    bend: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def find(
        self, metric: str = "loss", batchnorm: str | None = None, *, bent: bool = False
    ) -> Barrier:
        """Return one barrier.

        Args:
            metric: Of which metric.
            batchnorm: By which policy; None takes the first.
            bent: That on the curve, not on the line.

        Returns:
            The barrier.

        Raises:
            LandscapeError: If it is not there.
        """
        for one in self.barriers:
            found = one.curve.metric, one.curve.bent
            if found == (metric, bent) and batchnorm in {None, one.curve.batchnorm}:
                return one
        there = sorted({one.curve.metric for one in self.barriers})
        raise LandscapeError(
            f"no barrier of {metric!r}" + (f" with batchnorm {batchnorm!r}" if batchnorm else ""),
            hint=f"there are: {', '.join(there)}",
        )

    def table(self, *, style: Style = "text") -> str:
        """Write all barriers as a table, and a sentence for each.

        Args:
            style: `"text"`, `"markdown"`, `"latex"` or `"html"`.

        Returns:
            Several lines.
        """
        first = self.barriers[0]
        named = any(one.curve.batchnorm or one.curve.bent for one in self.barriers)
        name = "on" if self.trained else "BatchNorm"
        head = ["metric", *([name] if named else []), f"at {self.ends[0]}"]
        head += [
            f"at {self.ends[1]}",
            "barrier",
            f"{first.confidence:.0%} interval",
            "at t",
            "interval of t",
        ]
        rows = [
            [
                one.curve.metric,
                *([one.curve.name] if named else []),
                *(number(float(v)) for v in one.curve.values[[0, -1]]),
                number(one.height),
                limits(one.low, one.high),
                *_where(one),
            ]
            for one in self.barriers
        ]
        numbers = (1, 2, 3) if not named else (2, 3, 4)
        about = [
            f"On {len(first.curve.t)} points from {self.ends[0]} (t = 0) to {self.ends[1]} (t = 1)"
            + (f", {self.aligned}" if self.aligned else "")
            + ": heights above the chord, paired over samples; limits hold for all points at once."
        ]
        if any(one.curve.batchnorm == "frozen" for one in self.barriers):
            about.append(
                "frozen: running statistics of both ends, interpolated as the parameters are."
            )
        if self.trained:
            about.append(
                f"Bezier: a curve with one bend, trained {self.trained}; it is "
                f"{self.stretch:.3g} times as long as the line. More steps may find a lower one."
            )
        sentences = [f"{said}." for said in say_all(self.barriers)]
        table = Table(head=head, rows=rows, right=numbers)
        return written([table], style=style, after=[*about, *sentences])

    def _repr_html_(self) -> str:
        """Show itself in a notebook."""
        return self.table(style="html")

    def __repr__(self) -> str:
        heights = ", ".join(
            f"{one.curve.metric} ({one.curve.name}) {number(one.height)} "
            f"{limits(one.low, one.high)}".rstrip()
            for one in self.barriers
        )
        return f"Connection({self.ends[0]} to {self.ends[1]}, barrier of {heights})"

    def rows(self) -> list[dict[str, Any]]:
        """List all points of all curves as plain values, for CSV."""
        return [
            {
                "metric": one.curve.metric,
                "batchnorm": one.curve.batchnorm,
                "curve": "bezier" if one.curve.bent else "line",
                "t": float(t),
                "value": plain(float(value)),
                "chord": plain(float(chord)),
                "height": plain(float(height)),
                "height_se": plain(float(error)),
                "height_low": plain(float(low)),
                "height_high": plain(float(high)),
            }
            for one in self.barriers
            for t, value, chord, height, error, low, high in zip(
                one.curve.t,
                one.curve.values,
                one.curve.chord,
                one.curve.heights,
                one.curve.standard_errors,
                one.band_low,
                one.band_high,
                strict=True,
            )
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers as plain values, for JSON."""
        return {
            "ends": list(self.ends),
            "aligned": self.aligned,
            "trained": self.trained,
            "stretch": self.stretch,
            "barriers": [
                {
                    "metric": one.curve.metric,
                    "batchnorm": one.curve.batchnorm,
                    "curve": "bezier" if one.curve.bent else "line",
                    "barrier": plain(one.height),
                    "low": plain(one.low),
                    "high": plain(one.high),
                    "at": plain(one.at) if one.height else None,
                    "at_low": plain(one.at_low),
                    "at_high": plain(one.at_high),
                    "confidence": one.confidence,
                    "connected": one.connected,
                    "samples": one.curve.samples,
                    "sentence": one.sentence(),
                }
                for one in self.barriers
            ],
            "points": self.rows(),
        }

    def __str__(self) -> str:
        return self.table()


def _where(one: Barrier) -> tuple[str, str]:
    """Write where a barrier is, and where it may be; a height of 0 is nowhere."""
    at = f"{one.at:.3g}" if one.height else ""
    return at, "" if math.isnan(
        one.at_low
    ) or one.connected else f"{one.at_low:.3g} to {one.at_high:.3g}"
