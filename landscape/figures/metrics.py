"""Several metrics of a surface side by side, such as the loss of two splits, on one scale."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from landscape.errors import LandscapeError
from landscape.measures.recorded import samples_of
from landscape.surface.data import Surface

NO_NAME = "value"
"""What several metrics are called that share no word."""

_PARTS = ("", "_se", "_delta_se", "_estimate", "_estimate_error")


def by_metric(
    surfaces: Sequence[Surface], metrics: Sequence[str]
) -> tuple[list[list[Surface]], str]:
    """Make of each metric a surface of its own, in which it has the name that all share.

    Args:
        surfaces: Each has all metrics.
        metrics: Different ones of one kind, such as `loss` and `test_loss`.

    Returns:
        For each surface as many as there are metrics; and that name, `NO_NAME` if they share none.

    Raises:
        LandscapeError: If a metric is named twice or not there, or they are of several kinds, so
            that no scale is that of all.
    """
    if not metrics or len(set(metrics)) != len(metrics):
        raise LandscapeError(
            f"expected different metrics, got {', '.join(metrics) or 'none'}",
            hint="for example loss and test_loss",
        )
    for surface in surfaces:
        for metric in metrics:
            if metric not in surface.metrics:
                raise LandscapeError(
                    f"expected metrics of {', '.join(surface.metrics)}, got {metric!r}"
                )
        if len({surface.kind_of(metric) for metric in metrics}) > 1:
            raise LandscapeError(
                f"expected metrics of one kind, got {' and '.join(metrics)}",
                hint="some are better large, or have another range: draw each in its own figure",
            )
    name = shared_name(metrics)
    return [[_renamed(one, metric, name) for metric in metrics] for one in surfaces], name


def shared_name(metrics: Sequence[str]) -> str:
    """Find the words that all metrics end with.

    Args:
        metrics: Their names.

    Returns:
        The name; `NO_NAME` if there are none.

    Example:
        >>> shared_name(["loss", "test_loss"]), shared_name(["f1", "accuracy"])
        ('loss', 'value')
    """
    shared: list[str] = []
    for words in zip(*(name.split("_")[::-1] for name in metrics), strict=False):
        if len(set(words)) > 1:
            break
        shared.insert(0, words[0])
    return "_".join(shared) or NO_NAME


def metric_titles(metrics: Sequence[str]) -> list[str]:
    """Write the names of metrics above their panels.

    Args:
        metrics: Such as `test_loss`.

    Returns:
        Such as `test loss`.
    """
    return [metric.replace("_", " ") for metric in metrics]


def _renamed(surface: Surface, metric: str, name: str) -> Surface:
    """Copy a surface in which one metric has another name."""
    if metric == name:
        return surface
    arrays = {f"{name}{part}": surface.values.get(f"{metric}{part}") for part in _PARTS}
    values = {key: array for key, array in surface.values.items() if key not in arrays}
    values |= {key: array for key, array in arrays.items() if array is not None}
    promised = [name] if metric in surface.config.get("tolerance_metrics", ()) else []
    places = [
        {
            **place.to_dict(),
            "values": _moved(place.values, metric, name),
            "projected": _moved(place.projected, metric, name),
        }
        for place in surface.points_of_interest
    ]
    metadata = {
        **surface.metadata,
        f"center_{name}_se": surface.metadata.get(f"center_{metric}_se", "nan"),
        "samples": samples_of(surface, metric) or 0,
        "split_samples": {},
        "renamed": {name: metric},
        "original": surface.metadata,
        "config": {**surface.config, "tolerance_metrics": promised},
        "metric_kinds": {name: asdict(surface.kind_of(metric))},
        "points_of_interest": places,
    }
    return replace(
        surface, values=values, center=_moved(surface.center, metric, name), metadata=metadata
    )


def _moved(values: Mapping[str, float], metric: str, name: str) -> dict[str, float]:
    """Copy values by name, in which one has the name of another."""
    kept = {key: value for key, value in values.items() if key != name}
    return kept | ({name: values[metric]} if metric in values else {})
