"""The tables and numbers of Fig. 3."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lamp.pages import Table
from lamp.reproduce.contrast import Contrast, ratio, summary_to_dict
from lamp.reproduce.fig3.surfaces import FACTOR, PLAIN, Found, Models, Plan, Seen
from landscape.measures import Summary


def rows(models: Sequence[Seen], of: Models, *, own: bool = False) -> dict[str, Summary]:
    """Name models for a table.

    Args:
        models: Which.
        of: All of their kind: seeds are named where there are several.
        own: Statistics under the loss of their own, of a single seed.

    Returns:
        Summaries by names.
    """
    seeds = len(of.seeds) > 1 and not own
    return {
        f"{m.loss.title}, {m.batch_size}{f', seed {m.seed}' if seeds else ''}": m.own
        if own
        else m.common
        for m in models
    }


def over_planes(models: Models) -> str:
    """Say what the intervals of single models range over."""
    return f"95 % intervals over {models.models[0].surface.planes} planes"


def ratio_table(models: Models, quality: str) -> Table:
    """Tabulate the amplified models against the others.

    Args:
        models: All of one kind.
        quality: What their quality is.

    Returns:
        One row for each batch size, and one for all.
    """
    plain, amplified = models.losses
    sizes = models.batch_sizes
    groups = [[size] for size in sizes] + ([sizes] if len(sizes) > 1 else [])
    seeds = len(models.seeds)
    over = (
        f"95 % intervals over {seeds} seeds"
        if seeds > 1
        else "One seed: 95 % intervals at one batch size are over planes and speak of these two "
        "models only; over all batch sizes there is none"
    )
    return Table(
        columns=[
            "batch size",
            f"{quality}, {plain.title}",
            f"{quality}, {amplified.title}",
            "center loss",
            "absolute curvature",
            "doubling radius",
            "pairs",
        ],
        units=["", "", "", "ratio", "ratio", "ratio", ""],
        rows=[
            [
                str(group[0]) if len(group) == 1 else "all",
                *(float(np.mean([m.quality for m in models.of(x, group)])) for x in models.losses),
                *_ratios(models.contrast(group)),
                models.contrast(group).pairs,
            ]
            for group in groups
        ],
        caption=(
            f"{amplified.title} against {plain.title} under plain L2. Absolute curvature, per "
            "squared filter norm, is larger where the loss is steeper; the doubling radius is "
            f"smaller where it is sharper relative to its center. {over}."
        ),
    )


def _ratios(one: Contrast) -> list[Any]:
    """Write the ratios; that of radii only where all are known."""
    radius = None if one.why_no_radius else ratio(one.radius)
    return [ratio(one.center), ratio(one.curvature), radius]


def numbers(plan: Plan, found: Found) -> dict[str, Any]:
    """Collect all numbers.

    Args:
        plan: What was done.
        found: What came of it.

    Returns:
        Plain JSON values.
    """
    return {
        "classifiers": _numbers(found.classifiers, "accuracy"),
        "controls": {
            "factor": FACTOR,
            "models": [_model(seen, "accuracy") for seen in found.controls],
        },
        "encoders": _numbers(found.encoders, "auroc"),
        "reference": PLAIN.title,
        "grid": plan.grid.model_dump(mode="json"),
        "encoder_grid": plan.encoder_grid.model_dump(mode="json"),
    }


def _numbers(models: Models, quality: str) -> dict[str, Any]:
    """Collect the numbers of one reading."""
    sizes = models.batch_sizes
    return {
        "models": [_model(seen, quality) for seen in models.models],
        "contrasts": [
            {"batch_sizes": group, **models.contrast(group).to_dict()}
            for group in [*([size] for size in sizes), sizes]
        ],
        "contrast_in_own_units": models.contrast(sizes, own=True).to_dict(),
    }


def _model(seen: Seen, quality: str) -> dict[str, Any]:
    """Collect the numbers of one model."""
    return {
        "loss": seen.loss.title,
        "batch_size": seen.batch_size,
        "seed": seen.seed,
        quality: seen.quality,
        "center": dict(seen.surface.center),
        "common_lens": summary_to_dict(seen.common),
        "own_loss": summary_to_dict(seen.own),
    }
