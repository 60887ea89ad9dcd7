"""Results as plain text, metrics as a table, and rows of images as CSV."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lamp.cli.notes import count_kinds
from lamp.detection import METRICS, Decisions, Detector, Interval, Report
from landscape.cli.terminal import shown
from landscape.errors import LandscapeError
from landscape.files import write_whole
from landscape.measures.text import aligned

_FEW = 8  # images of which each is told on the terminal; the table has them all
_HEADER = b"path,score,threshold,anomalous,p_value"
_FORMULA = ("=", "+", "-", "@", "'", *"＝＋－＠")
_SEPARATORS = frozenset(',;"\t\r\n')  # of fields, where a semicolon or a tab is usual, and lines


def as_text(decided: Decisions, report: Report, names: Sequence[str]) -> str:
    """Write what came out, in lines: how many images, how many above the threshold, metrics.

    Args:
        decided: Scores and decisions.
        report: What was measured.
        names: Of the images.

    Returns:
        Lines.
    """
    kinds, threshold = decided.images.kinds, decided.threshold
    known = f": {count_kinds(kinds)}" if kinds is not None else ""
    summary = (
        f"threshold {threshold.value:.4g} from {threshold.held_out} held-out normal images "
        f"(false alarms at most {threshold.false_alarms:.3g}): {decided.anomalous.sum()} above it"
    )
    unreadable = len(decided.images.unreadable)
    lost = f"; {unreadable} more could not be read" if unreadable else ""
    lines = [f"{len(names)} image{'s' * (len(names) != 1)}{known}{lost}", summary]
    if len(names) <= _FEW:
        lines += _each(decided, names)
    if report.metrics:
        lines.append(metrics_table(report.metrics))
    return "\n".join(lines)


def whole_result(
    detector: Detector, decided: Decisions, report: Report, rows: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Put everything that was worked out into what JSON holds."""
    return {
        "threshold": vars(decided.threshold),
        "held_out_scores": detector.held_out.tolist(),
        "metrics": {
            who: {name: vars(interval) for name, interval in metrics.items()}
            for who, metrics in report.metrics.items()
        },
        "images": rows,
        "notes": [*decided.images.notes, *decided.notes, *report.notes],
    }


def _each(decided: Decisions, names: Sequence[str]) -> list[str]:
    """Write score and decision of each image."""
    each = zip(names, decided.scores, decided.p_values, decided.anomalous, strict=True)
    return aligned(
        [
            [
                f"  {shown(name)}",
                f"score {score:.4g}",
                f"p = {p_value:.2g}",
                "anomalous" if anomalous else "normal",
            ]
            for name, score, p_value, anomalous in each
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


def check_table(path: Path) -> None:
    """Refuse to replace a file that is no table of `lamp score`.

    Raises:
        LandscapeError: If there is one.
    """
    if not path.is_file() or path.stat().st_size == 0:
        return
    with path.open("rb") as file:
        if file.read(len(_HEADER)) != _HEADER:
            raise LandscapeError(
                f"{path} is no table of scores: it would be replaced",
                hint="choose another --csv, or remove the file",
            )


def write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows as CSV; bytes of file names that are no UTF-8 stay what they are."""
    write_whole(path, as_csv(rows).encode(errors="surrogateescape"))


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    r"""Write rows as CSV with a header; None is empty.

    A text that a spreadsheet would take for a formula, or that begins with an apostrophe, gets an
    apostrophe before it: without the first one of a text it is what it was.

    Example:
        >>> as_csv([{"path": "a.png", "label": None}])
        'path,label\na.png,\n'
        >>> as_csv([{"path": "=1+1.png", "score": -0.5}])
        "path,score\n'=1+1.png,-0.5\n"
    """
    lines = [tuple(rows[0]), *(row.values() for row in rows)]
    return "".join(",".join(map(_field, line)) + "\n" for line in lines)


def _field(value: Any) -> str:
    """Write one field; it is quoted where a spreadsheet may take a part of it for the next."""
    text = "" if value is None else str(value)
    if isinstance(value, str) and value.lstrip().startswith(_FORMULA):
        text = f"'{text}"
    quoted = text.replace('"', '""')
    return f'"{quoted}"' if set(text) & _SEPARATORS else text


def _cell(interval: Interval | None) -> str:
    """Write a value and its interval, or that there is none.

    Example:
        >>> _cell(Interval(1.0, math.nan, math.nan))
        '1.000 [too few images]'
    """
    if interval is None:
        return "-"
    if math.isnan(interval.low):
        return f"{interval.value:.3f} [too few images]".removeprefix("0")
    value, low, high = (
        f"{number:.3f}".removeprefix("0")
        for number in (interval.value, interval.low, interval.high)
    )
    return f"{value} [{low}, {high}]"
