"""Where a model is sharp: the statistics of each layer side by side."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from landscape.arguments import checked
from landscape.errors import LandscapeError
from landscape.measures.summary import Statistic, Summary
from landscape.measures.text import aligned, limits, number, plain


@dataclass(frozen=True, kw_only=True)
class Layer:
    """The sharpness of one layer: of a surface on which nothing else moves.

    Args:
        name: Of the module.
        kind: Its type.
        parameters: How many numbers move.
        failed: How many points failed.
        summary: What was measured.
    """

    name: str
    kind: str
    parameters: int
    failed: int
    summary: Summary

    @property
    def statistics(self) -> tuple[Statistic, ...]:
        """How much the loss rises nearby, how it curves, and how far it takes to change notably.

        All in units of the layer's own filters: a step of 1 is as long as its weights are.
        """
        radius = "radius_mean_rise" if self.summary.no_multiples else "radius_mean"
        keys = ("mean_excess", "curvature_mean_scaled", radius)
        return tuple(self.summary[key] for key in keys if key in self.summary)


def sharpest_first(layers: Sequence[Layer]) -> list[Layer]:
    """Sort layers by how much the loss rises in them; those without a value come last."""

    def rise(layer: Layer) -> float:
        value = layer.statistics[0].value
        return math.inf if math.isnan(value) else -value

    return sorted(layers, key=rise)


@checked
def layer_table(layers: Sequence[Layer]) -> str:
    """Write the sharpness of layers as an aligned table, the sharpest first.

    Args:
        layers: Of one model, at least one.

    Returns:
        Several lines: values with their intervals over planes, and what they mean.

    Raises:
        LandscapeError: If there is none.
    """
    if not len(layers):
        raise LandscapeError("expected at least one layer, got none")
    ordered = sharpest_first(layers)
    first = ordered[0].statistics
    interval = f"{ordered[0].summary.confidence:.0%} interval"
    head = ["layer", "type", "parameters"]
    for statistic in first:
        head += [statistic.name, interval]
    rows = [
        [layer.name, layer.kind, f"{layer.parameters:,}"]
        + [
            cell
            for one in layer.statistics
            for cell in ("≥ " * one.is_bound + number(one.value), limits(one.low, one.high))
        ]
        for layer in ordered
    ]
    units = "; ".join(f"{s.name} in {s.unit}" for s in first)
    within = first[0].settings["epsilon"]
    lines = aligned([head, *rows], right=(2, 3, 5, 7))
    planes = {len(layer.summary.used) for layer in ordered}
    count = "/".join(map(str, sorted(planes)))
    about = (
        f"{units}. {first[0].name.capitalize()} is that within {within:g}; averages over {count} "
        "planes of each layer, in which nothing else moves."
    )
    notes = [f"{layer.name}: {note}" for layer in ordered for note in layer.summary.notes]
    return "\n".join([*lines, about, *notes])


def layer_rows(layers: Sequence[Layer]) -> list[dict[str, Any]]:
    """List the sharpness of layers as plain values, for CSV and JSON.

    Args:
        layers: Of one model.

    Returns:
        One dictionary for each layer and statistic, in the order of the model.
    """
    return [
        {
            "layer": layer.name,
            "type": layer.kind,
            "parameters": layer.parameters,
            "statistic": one.key,
            "value": plain(one.value),
            "low": plain(one.low),
            "high": plain(one.high),
            "is_lower_bound": one.is_bound,
            "unit": one.unit,
            "planes": one.n,
        }
        for layer in layers
        for one in layer.statistics
    ]
