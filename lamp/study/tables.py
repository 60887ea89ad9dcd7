"""The tables of a study: statistics of every model, and paired differences."""

from collections.abc import Mapping
from typing import Any

from lamp.pages import Table
from lamp.paper import contrast
from lamp.paper.contrast import estimate, ratio
from lamp.study.results import Pairing, Results
from lamp.study.settings import Run, StudySettings, loss_title

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
    models = {_model(run, results.settings): one.common for run, one in results.outcomes.items()}
    return contrast.statistics_table(models, names, caption, center="L2 at center")


def _model(run: Run, settings: StudySettings) -> str:
    """Name a model in a table."""
    seed = f", seed {run.seed}" if settings.seeds > 1 else ""
    return f"{loss_title(run.loss)}, {run.batch_size}{seed}"


def detection_table(results: Results) -> Table:
    """Tabulate AUROC and its difference to the reference, by batch size and over all.

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
            "pairs",
            "higher",
        ],
        rows=[_detection_row(pairing, results) for pairing in results.pairings],
        caption=(
            f"AUROC of the L2 anomaly score on the test images against that of the reference, "
            f"{loss_title(results.settings.losses[0])}; in how many pairs it is higher. "
            f"{_intervals(results, 'test images')}"
        ),
    )


def sharpness_table(results: Results) -> Table:
    """Tabulate ratios of sharpness to the reference under the common lens.

    Args:
        results: The numbers.

    Returns:
        The table.
    """
    return Table(
        columns=[
            "loss, batch size",
            "center loss",
            "absolute curvature",
            "doubling radius",
            "the same without worst pixel",
            "worst pixel's share",
            "in reference",
        ],
        units=["", "ratio", "ratio", "ratio", "ratio", "%", "%"],
        rows=[_sharpness_row(pairing) for pairing in results.pairings],
        caption=(
            "The same under the common lens, as ratios to the reference. Absolute curvature, in L2 "
            "per squared filter norm, is larger where the loss is steeper; the doubling radius, "
            "which is relative to the loss at the center, is smaller. "
            f"{_intervals(results, 'planes')}"
        ),
    )


def _detection_row(pairing: Pairing, results: Results) -> list[Any]:
    """Write the difference of AUROC."""
    sizes = results.settings.batch_sizes if pairing.batch_size is None else (pairing.batch_size,)
    means = []
    for loss in (pairing.loss, pairing.reference):
        found = [outcome.auroc for size in sizes for outcome in results.of(loss, size)]
        means.append(sum(found) / len(found))
    return [_name(pairing), *means, estimate(pairing.auroc), pairing.pairs, pairing.higher]


def _sharpness_row(pairing: Pairing) -> list[Any]:
    """Write the ratios of sharpness; those of radii only where all are known."""
    radii = [pairing.log_radius, pairing.log_radius_rest]
    return [
        _name(pairing),
        ratio(pairing.log_center),
        ratio(pairing.log_curvature),
        *(None if pairing.why_no_radius else ratio(radius) for radius in radii),
        *(round(100 * share) for share in pairing.worst_pixel),
    ]


def _name(pairing: Pairing) -> str:
    """Name a row: a loss and its batch size."""
    size = "all" if pairing.batch_size is None else str(pairing.batch_size)
    return f"{loss_title(pairing.loss)}, {size}"


def _intervals(results: Results, one: str) -> str:
    """Say what the intervals of a table range over."""
    if results.settings.seeds > 1:
        return (
            f"95 % intervals over {results.settings.seeds} seeds; models of one seed share initial "
            "weights and order of images, across losses and batch sizes."
        )
    return (
        f"There is one seed: 95 % intervals at one batch size are over {one} and speak of these "
        "two models only; over all batch sizes there is none."
    )
