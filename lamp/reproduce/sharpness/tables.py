"""The tables of sharpness: ratios, links to detection, and what the maximum does."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from lamp.experiments import Trial
from lamp.experiments.collect import Quantity
from lamp.pages import Estimate, Table
from lamp.pages.blocks import Cell
from lamp.reproduce.effects import Cells, Comparison
from lamp.reproduce.lens_numbers import largest_error
from lamp.reproduce.sharpness.link import Line, Number
from lamp.reproduce.table1.report import BATCH_SIZES
from lamp.reproduce.texts import cell, ratio_cell

NAMES = {
    "center": "center loss",
    "radius": "doubling radius",
    "radius_without_worst_pixel": "without worst pixel",
    "curvature": "curvature",
}


def ratio_table(compared: Mapping[str, Comparison]) -> Table:
    """Tabulate ratios to L2."""
    first = next(iter(compared.values()))
    rows: list[list[Cell]] = [
        [arm, str(size), *(ratio_cell(compared[key].effects.get((arm, size))) for key in NAMES)]
        for arm in first.arms[1:]
        for size in first.conditions
    ]
    return Table(
        columns=["loss", "batch size", *NAMES.values()],
        rows=rows,
        caption=(
            "Ratios to L2 under the common lens, over pairs of digit and seed, with 95 % intervals "
            "by Student's t over the means of digits. Sharper is a smaller radius, which is "
            "relative to the loss at the center, and a larger curvature, in L2 per squared filter "
            "norm. Pairs of which one does not double within the lines are left out of radii."
        ),
    )


WHY = """\
Scaled by its own maximum, and that differentiated as Eq. 2 is written, the loss of an image does \
not change when all of its errors shrink by one factor: it is homogeneous of degree 0, and the \
gradient pushes the worst pixel up by exactly as much as it pushes the others down, weighted by \
their errors. An image is best off with one pixel as wrong as it can be, and all others right.

With targets in [0, 1] and a sigmoid the largest squared error there is is 1. The table shows how \
close to it the trained models are. Once the maximum is 1 everywhere it is a constant, and the \
other pixels see LAMP without a scale, which is nearly plain L2 for small errors: the literal \
form gives one pixel of each image away, and trains the others much as L2 does. Detached, the \
maximum is not pushed, and stays where L2 has it.\
"""


def largest_table(cells: Cells) -> Table:
    """Tabulate the largest error of an image."""
    arms = list(dict.fromkeys(arm for arm, _ in cells))
    sizes = [size for size in BATCH_SIZES if cells.get((arms[0], size))]
    rows: list[list[Cell]] = [
        [str(size), *(cell(mean_of(cells[arm, size], largest_error)) for arm in arms)]
        for size in sizes
    ]
    return Table(
        columns=["batch size", *arms],
        rows=rows,
        caption=(
            "Largest squared error of an image (M of Eq. 2), mean over 128 training images and all "
            "models. It cannot be above 1."
        ),
    )


def mean_of(trials: Sequence[Trial], of: Quantity) -> float:
    """Return the mean of a number over trials; NaN where there is none."""
    values = [of(trial) for trial in trials]
    return float(np.nanmean(values)) if np.isfinite(values).any() else math.nan


def link_table(links: Mapping[str, Number]) -> Table:
    """Tabulate correlations."""
    return Table(
        columns=["sharpness by", "rank correlation with AUROC", "models"],
        rows=[[name, _estimate(found), found.models] for name, found in links.items()],
        caption=(
            "Spearman's correlation over all models, within digits, or within digits and batch "
            "sizes. If sharper models detected better, that of the radius would be negative and "
            "that of the curvature positive. 95 % intervals by a bootstrap over digits."
        ),
    )


def line_table(lines: Mapping[str, Mapping[str, Line | None]]) -> Table:
    """Tabulate what sharpness leaves unexplained."""
    rows: list[list[Cell]] = [
        [arm, NAMES[key], _estimate(line.at_equal), _estimate(line.slope), line.slope.models]
        for arm, found in lines.items()
        for key, line in found.items()
        if line is not None
    ]
    return Table(
        columns=["loss", "sharpness by", "at equal sharpness", "slope", "pairs"],
        rows=rows,
        caption=(
            "Difference of AUROC to L2 as a line of the difference of sharpness (logarithm of the "
            "ratio), over pairs of all batch sizes. What is left at equal sharpness is not "
            "explained by it."
        ),
    )


def _estimate(found: Number) -> Estimate:
    """Make a cell."""
    return Estimate(value=found.value, low=found.low, high=found.high)
