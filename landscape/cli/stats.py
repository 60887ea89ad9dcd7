"""`landscape stats`: sharpness of surface files, with intervals over planes."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from landscape.cli.run import print_json, say


def stats(
    surfaces: Annotated[list[Path], Parameter(negative=(), consume_multiple=True)],
    /,
    *,
    metric: str = "loss",
    as_json: Annotated[bool, Parameter("--json", negative=())] = False,
) -> None:
    """Measure sharpness, each statistic with a 95 % interval over replicate planes.

    Args:
        surfaces: Surface files.
        metric: Which of their metrics.
        as_json: Print JSON: a list with one entry a file.
    """
    from landscape.measures import summarize
    from landscape.surface import load

    summaries = {str(path): summarize(load(path), metric=metric) for path in surfaces}
    if as_json:
        print_json([{"file": path, **summary.to_dict()} for path, summary in summaries.items()])
        return
    for path, summary in summaries.items():
        say(f"{path}, {metric}")
        say(str(summary))
