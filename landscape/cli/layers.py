"""`landscape compute --each-layer`: where a model is sharp, as a table and a figure."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landscape.cli.paths import write_rows
from landscape.cli.run import DONE, FAILED_POINTS
from landscape.cli.terminal import print_json, print_result, shown, warn
from landscape.errors import LandscapeError
from landscape.settings import GridSettings

if TYPE_CHECKING:
    from landscape.problem import Problem


def check_alike(grid: GridSettings) -> None:
    """Refuse, before anything is imported, what layers cannot be compared by.

    Args:
        grid: As it was asked for.

    Raises:
        LandscapeError: If the radius is to be found for each, or directions are not random.
    """
    if grid.radius == "auto":
        raise LandscapeError(
            "expected one radius for all layers, got --radius auto",
            hint="layers are compared at one radius: give a number, such as --radius 1",
        )
    if grid.along != "random":
        raise LandscapeError(
            f"expected random directions for every layer, got --along {grid.along}",
            hint="take one layer alone: --only NAME instead of --each-layer",
        )


def compute_layers(
    problem: "Problem", folder: Path, settings: Mapping[str, Any], *, as_json: bool
) -> int:
    """Measure each layer alone, and write a table and a figure beside the surface files.

    Args:
        problem: Model, loss and data.
        folder: Where.
        settings: As of `landscape.each_layer`.
        as_json: Print JSON instead of a table.

    Returns:
        Exit code.
    """
    from landscape.layers import each_layer
    from landscape.measures.layers import layer_rows, layer_table

    folder.mkdir(parents=True, exist_ok=True)
    layers = each_layer(problem, folder, **settings)
    rows = layer_rows(layers)

    from landscape.figures import draw_layers, save_figure

    table = write_rows(folder / "layers.csv", rows)
    figure = save_figure(draw_layers(layers), folder / "layers.pdf")
    if as_json:
        print_json(rows)
    else:
        print_result(layer_table(layers))
    warn(f"written: {shown(table)}, {shown(figure)}")
    return FAILED_POINTS if any(layer.failed for layer in layers) else DONE
