"""`landscape stats`: sharpness of surface files, with intervals over planes."""

import math
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from landscape.cli.paths import check_metrics, check_output, write_rows
from landscape.cli.run import AsJson, Everything, Rise, TableStyle
from landscape.cli.terminal import print_json, print_result, shown, warn


def stats(
    surfaces: Annotated[list[Path], Parameter(negative=(), consume_multiple=True)],
    /,
    *,
    metric: str = "loss",
    rise: Rise = None,
    style: TableStyle = "text",
    table: Annotated[Path | None, Parameter("--csv")] = None,
    everything: Everything = False,
    as_json: AsJson = False,
) -> None:
    """Measure sharpness: a sentence and five statistics, with 95 % intervals over replicate planes.

    Args:
        surfaces: Surface files.
        metric: Which of their metrics.
        rise: Radii are taken to twice the value at the center, and to the center plus this: with a
            level of its own, a model that fits better is not called sharper for that alone.
            By default one round number that all these surfaces reach along most rays, or the error
            of a center where that is more; of an accuracy 10 points.
        style: How to print: as text, or one table with a column for each file, to be pasted into a
            page (markdown) or a paper (latex, with the package booktabs).
        table: Write all statistics, with every digit, to a .csv file, too.
        everything: Print all statistics.
        as_json: Print JSON: a list with one entry a file.
    """
    if table is not None:
        check_output(table, (".csv",), "a table", option="--csv")

    from landscape.surface import load

    loaded = {str(path): load(path) for path in surfaces}  # before measuring takes its time
    check_metrics(loaded.values(), [metric])

    from landscape.measures import common_rise, summarize
    from landscape.measures.side_by_side import side_by_side

    chosen = common_rise(*loaded.values(), metric=metric) if rise is None else rise
    shared = None if math.isnan(chosen) else chosen
    summaries = {
        path: summarize(surface, metric=metric, rise=shared) for path, surface in loaded.items()
    }
    if as_json:
        print_json([{"file": path, **summary.to_dict()} for path, summary in summaries.items()])
    elif style == "text":
        for path, summary in summaries.items():
            print_result(f"{shown(path)}, {shown(metric)}")
            print_result(summary.text(everything=everything))
    else:
        stems = {Path(path).stem: summary for path, summary in summaries.items()}
        named = stems if len(stems) == len(summaries) else summaries
        print_result(side_by_side(named, everything=everything, style=style))
    if table is not None:
        rows = [{"file": path, **row} for path, one in summaries.items() for row in one.rows()]
        write_rows(table, rows)
        warn(f"written: {shown(table)}")
