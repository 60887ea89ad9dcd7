"""`landscape stats`: sharpness of surface files, with intervals over planes."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from landscape.cli.terminal import print_json, print_result, shown


def stats(
    surfaces: Annotated[list[Path], Parameter(negative=(), consume_multiple=True)],
    /,
    *,
    metric: str = "loss",
    rise: float | None = None,
    as_json: Annotated[bool, Parameter("--json", negative=())] = False,
) -> None:
    """Measure sharpness, each statistic with a 95 % interval over replicate planes.

    Args:
        surfaces: Surface files.
        metric: Which of their metrics.
        rise: Measure area and radii also at the value at the center plus this: with a level of
            its own, a model that fits better is not called sharper for that alone.
        as_json: Print JSON: a list with one entry a file.
    """
    from landscape.surface import load

    loaded = {str(path): load(path) for path in surfaces}  # before measuring takes its time

    from landscape.measures import summarize

    summaries = {
        path: summarize(surface, metric=metric, rise=rise) for path, surface in loaded.items()
    }
    if as_json:
        print_json([{"file": path, **summary.to_dict()} for path, summary in summaries.items()])
        return
    for path, summary in summaries.items():
        print_result(f"{shown(path)}, {shown(metric)}")
        print_result(str(summary))
