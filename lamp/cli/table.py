"""Results as plain text, metrics as a table, and rows of images as CSV."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from lamp.cli.found import Found
from lamp.cli.notes import count_kinds
from lamp.cli.scoring import Outcome
from lamp.detection import METRICS, Interval
from landscape.cli.terminal import shown
from landscape.measures.text import aligned

_FEW = 8  # images of which each is told on the terminal; the table has them all


def as_text(found: Found, outcome: Outcome) -> str:
    """Write what came out, in lines: how many images, how many above the threshold, metrics.

    Args:
        found: The images.
        outcome: What was worked out.

    Returns:
        Lines.
    """
    kinds, threshold = found.images.kinds, outcome.threshold
    known = f": {count_kinds(kinds)}" if kinds is not None else ""
    above = int((outcome.scored.scores > threshold.value).sum())
    decided = (
        f"threshold {threshold.value:.4g} from {threshold.held_out} held-out normal images "
        f"(false alarms at most {threshold.false_alarms:.3g}): {above} above it"
    )
    count = len(found.names)
    lines = [f"{count} image{'s' * (count != 1)}{known}", decided]
    if count <= _FEW:
        lines += _each(found, outcome)
    if outcome.metrics:
        lines.append(metrics_table(outcome.metrics))
    return "\n".join(lines)


def _each(found: Found, outcome: Outcome) -> list[str]:
    """Write score and decision of each image."""
    threshold = outcome.threshold.value
    scores = zip(found.names, outcome.scored.scores, outcome.p_values, strict=True)
    return aligned(
        [
            [
                f"  {shown(name)}",
                f"score {score:.4g}",
                f"p = {p_value:.2g}",
                "anomalous" if score > threshold else "normal",
            ]
            for name, score, p_value in scores
        ]
    )


def metrics_table(metrics: Mapping[str, Mapping[str, Interval]]) -> str:
    """Write the metrics of several detectors with their intervals, one detector a line.

    Args:
        metrics: By detector, by name.

    Returns:
        Lines; a dash where a detector has no such metric.

    Example:
        >>> print(metrics_table({"mean image": {"image_AUROC": Interval(0.5, 0.4, 0.6)}}))
                    image_AUROC
        mean image  .500 [.400, .600]
    """
    present = [name for name in METRICS if any(name in found for found in metrics.values())]
    lines = [["", *present]]
    for who, found in metrics.items():
        lines.append([who, *(_cell(found.get(name)) for name in present)])
    return "\n".join(aligned(lines))


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    r"""Write rows as CSV with a header; None is empty.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.

    Example:
        >>> as_csv([{"path": "a.png", "label": None}])
        'path,label\na.png,\n'
        >>> as_csv([{"path": "=1+1.png", "score": -0.5}])
        "path,score\n'=1+1.png,-0.5\n"
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _plain(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _plain(value: Any) -> Any:
    """Keep a text from being run as a formula."""
    formula = isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{value}" if formula else value


def _cell(interval: Interval | None) -> str:
    """Write a value and its interval."""
    if interval is None:
        return "-"
    value, low, high = (
        f"{number:.3f}".removeprefix("0")
        for number in (interval.value, interval.low, interval.high)
    )
    return f"{value} [{low}, {high}]"
