"""The tables of a study: statistics of every model, and paired differences."""

import math
import re
from collections.abc import Mapping
from typing import Any

from lamp.study.results import Pairing, Results
from lamp.study.settings import Run, StudySettings, loss_title
from landscape.figures import Estimate, Table
from landscape.measures import Interval, Statistic

SCALE_FREE = {
    "radius_mean": "doubling radius",
    "flat_area": "area below 2×",
    "curvature_mean_relative": "mean curvature / f₀",
    "mean_excess_relative": "mean excess / f₀",
    "asymmetry": "asymmetry",
    "quadratic_fit": "R²",
}
RAW = {
    "radius_mean_rise": "radius without worst pixel",
    "curvature_mean": "mean curvature",
    "mean_excess": "mean excess",
    "epsilon_sharpness": "ε-sharpness",
    "minimum_offset": "offset of minimum",
}


def statistics_table(results: Results, names: Mapping[str, str], caption: str) -> Table:
    """Tabulate statistics under the common lens, one row a model.

    Args:
        results: The numbers.
        names: Keys of statistics and their titles.
        caption: What the table shows.

    Returns:
        The table.
    """
    notes: dict[str, set[str]] = {}
    for outcome in results.outcomes.values():
        for key, title in names.items():
            if outcome.common[key].note:
                text = re.sub(r"^planes? [\d, ]+: ", "", outcome.common[key].note)
                notes.setdefault(text, set()).add(title)
    remarks = [
        f"Somewhere in {', '.join(sorted(titles))}: {note}." for note, titles in notes.items()
    ]
    first = next(iter(results.outcomes.values())).common
    return Table(
        columns=["model", "L2 at center", *names.values()],
        units=["", "", *("" if first[key].unit == "1" else first[key].unit for key in names)],
        rows=[
            [
                _model(outcome.run, results.settings),
                Estimate(value=outcome.common.center),
                *(_estimate(outcome.common[key]) for key in names),
            ]
            for outcome in results.outcomes.values()
        ],
        caption=" ".join([caption, *remarks]),
        digits=2,
    )


def _model(run: Run, settings: StudySettings) -> str:
    """Name a model in a table."""
    seed = f", seed {run.seed}" if settings.seeds > 1 else ""
    return f"{loss_title(run.loss)}, {run.batch_size}{seed}"


def _estimate(number: Statistic | Interval) -> Estimate | None:
    """Turn a number with an interval into a cell of a table."""
    if math.isnan(number.value):
        return None
    if math.isnan(number.low):
        return Estimate(value=number.value)
    return Estimate(value=number.value, low=number.low, high=number.high)


def pairings_table(results: Results) -> Table:
    """Tabulate the difference of every loss to the reference, by batch size and over all.

    Args:
        results: The numbers.

    Returns:
        The table.
    """
    return Table(
        columns=[
            "loss, batch size",
            "AUROC",
            "AUROC of reference",
            "difference",
            "ratio of doubling radii",
            "ratio without worst pixel",
            "worst pixel's share",
            "in reference",
        ],
        units=["", "", "", "", "", "", "%", "%"],
        rows=[_pairing_row(pairing, results) for pairing in results.pairings],
        caption=(
            f"Each loss against the reference, {loss_title(results.settings.losses[0])}. "
            "AUROC of the L2 anomaly score on the test images, and its paired difference. "
            "Ratio of the doubling radii under the common lens: below 1 where the loss is "
            "sharper. Share of the worst pixel in the center loss: under the loss, and "
            f"under the reference. {_intervals(results)}"
        ),
    )


def _pairing_row(pairing: Pairing, results: Results) -> list[Any]:
    """Write the difference between two losses."""
    sizes = results.settings.batch_sizes if pairing.batch_size is None else (pairing.batch_size,)
    means = []
    for loss in (pairing.loss, pairing.reference):
        found = [outcome.auroc for size in sizes for outcome in results.of(loss, size)]
        means.append(sum(found) / len(found))
    name = "all" if pairing.batch_size is None else str(pairing.batch_size)
    return [
        f"{loss_title(pairing.loss)}, {name}",
        *means,
        _estimate(pairing.auroc),
        _ratio(pairing.log_radius),
        _ratio(pairing.log_radius_rest),
        *(round(100 * share) for share in pairing.worst_pixel),
    ]


def _intervals(results: Results) -> str:
    """Say what the intervals of the paired differences range over."""
    pooled = (
        "Models of a pair share initial weights and order of images; pairs of one seed share them "
        "across batch sizes too, so that intervals over all batch sizes are somewhat too narrow."
    )
    if results.settings.seeds > 1:
        return f"95 % intervals are over pairs of models. {pooled}"
    return (
        "95 % intervals: at one batch size there is one pair of models, and they are over test "
        "images (AUROC) and planes (ratios) and speak of these two models only; over all batch "
        f"sizes they are over pairs of models. {pooled}"
    )


def _ratio(log: Interval) -> Estimate | None:
    """Turn the interval of a log ratio into a cell with the ratio."""
    return _estimate(Interval(math.exp(log.value), math.exp(log.low), math.exp(log.high), log.n))
