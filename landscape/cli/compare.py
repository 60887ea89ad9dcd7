"""`landscape compare`: how surfaces differ from the first, plane by plane."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from landscape.cli.paths import check_inputs, check_metrics, check_output, write_rows
from landscape.cli.run import AsJson, Everything, Rise, TableStyle
from landscape.cli.signals import work_begins
from landscape.cli.terminal import print_json, print_result, shown, warn
from landscape.errors import LandscapeError

if TYPE_CHECKING:
    from landscape.measures.comparison import Comparison
    from landscape.surface import Surface


def compare(
    surfaces: Annotated[list[Path], Parameter(negative=(), consume_multiple=True)],
    /,
    *,
    metric: str = "loss",
    rise: Rise = None,
    figure: Path | None = None,
    plane: int | None = None,
    table: Annotated[Path | None, Parameter("--csv")] = None,
    title: Annotated[list[str] | None, Parameter(alias="--label", negative=())] = None,
    style: TableStyle = "text",
    everything: Everything = False,
    as_json: AsJson = False,
) -> None:
    """Compare surfaces with the first over the same random planes: what differs, and how surely.

    With 95 % intervals paired over planes, tests adjusted for their number, and for what does not
    differ how many planes might show it.

    Args:
        surfaces: Two surface files or more, with the same seed, planes, radius and steps.
        metric: Which of their metrics.
        rise: Radii are taken to twice the value at the center, and to the center plus this.
            By default one round number that all surfaces reach along most rays, or the error of a
            center where that is more; of an accuracy 10 points.
        figure: Draw them at equal levels, beside maps of the differences, hatched where these are
            within their error: .pdf, .png or .svg.
        plane: Which replicate plane the figure shows; by default the first one, which is 0, and
            the mean difference over all of them.
        table: Write all statistics to a .csv file, too.
        title: Of each surface, once for each file, in place of its name.
        style: How to print: as text, or to be pasted into a page (markdown) or a paper (latex).
        everything: Print all statistics.
        as_json: Print JSON.

    Raises:
        LandscapeError: If there are fewer than two files, or options do not go together.
    """
    if len(surfaces) < 2:
        raise LandscapeError(f"expected two surface files or more, got {len(surfaces)}")
    if title and (len(title) != len(surfaces) or len(set(title)) < len(title)):
        raise LandscapeError(
            f"expected {len(surfaces)} different --title, one for each file, got {', '.join(title)}"
        )
    if plane is not None and figure is None:
        raise LandscapeError("expected --plane with --figure: statistics are over all planes")
    if figure is not None:
        check_output(figure, (".pdf", ".png", ".svg"), "a figure", option="--figure")
    if table is not None:
        check_output(table, (".csv",), "a table", option="--csv")
    check_inputs(surfaces)

    from landscape.surface import load
    from landscape.surface.in_common import check_same, identity_of

    loaded = [load(path) for path in surfaces]
    check_metrics(loaded, [metric])
    for other in loaded[1:]:
        check_same(identity_of(loaded[0]), identity_of(other))

    from landscape.measures import compare as compare_surfaces

    work_begins()
    stems = [shown(path.stem) for path in surfaces]
    called = title or (stems if len(set(stems)) == len(stems) else [])
    found = compare_surfaces(*loaded, names=called, metric=metric, rise=rise)
    names = found.names
    if as_json:
        files = {name: str(path) for name, path in zip(names, surfaces, strict=True)}
        print_json({"files": files, "metric": metric, **found.to_dict()})
    else:
        files = {name: shown(path) for name, path in zip(names, surfaces, strict=True)}
        if style == "text":
            print_result(", ".join(f"{n}: {path}" for n, path in files.items()) + f"; {metric}")
        print_result(found.text(everything=everything, style=style))
    written = [path for path in (table, figure) if path is not None]
    if table is not None:
        write_rows(table, found.rows())
    if figure is not None:
        from landscape.figures import draw_comparison, save_figure

        drawn = draw_comparison(loaded, names=names, metric=metric, plane=plane)
        save_figure(drawn, figure, metadata={"files": [dict(one.metadata) for one in loaded]})
        if plane is None and _only_as_a_whole(found, loaded, metric):
            warn(
                "a statistic differs though a map is all within error: a map tests each point, for "
                "which it needs more planes than a statistic over the whole plane"
            )
    if written:
        warn(f"written: {', '.join(map(shown, written))}")


def _only_as_a_whole(found: "Comparison", loaded: Sequence["Surface"], metric: str) -> bool:
    """Tell whether statistics of two surfaces differ of which no point does."""
    from landscape.measures import difference_map

    first, *others = loaded
    return any(
        difference_map(first, other, metric=metric).shares[2] == 1
        for other, name in zip(others, found.names[1:], strict=True)
        if any(one.differs and one.names[1] == name for one in found.headline)
    )
