"""`landscape compare`: how two surfaces differ, plane by plane."""

from pathlib import Path

from landscape.cli.run import AsJson, Everything
from landscape.cli.terminal import print_json, print_result, shown


def compare(
    a: Path,
    b: Path,
    /,
    *,
    metric: str = "loss",
    rise: float | None = None,
    everything: Everything = False,
    as_json: AsJson = False,
) -> None:
    """Compare two surfaces over the same random planes, with 95 % intervals and adjusted tests.

    Args:
        a: Surface file.
        b: Another one, with the same seed, planes, radius and steps.
        metric: Which of their metrics.
        rise: Radii are taken to twice the value at the center, and to the center plus this.
            Default one round number that both surfaces reach.
        everything: Print all statistics.
        as_json: Print JSON.
    """
    from landscape.surface import load

    surfaces = (load(a), load(b))

    from landscape.measures import compare as compare_surfaces

    found = compare_surfaces(*surfaces, metric=metric, rise=rise)
    if as_json:
        print_json({"a": str(a), "b": str(b), **found.to_dict()})
        return
    print_result(f"a: {shown(a)}, b: {shown(b)}, {shown(metric)}")
    print_result(found.table(everything=everything))
