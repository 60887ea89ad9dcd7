"""What a summary tells of its surface beside statistics."""

from landscape.surface.data import Surface


def center_error(surface: Surface, metric: str) -> float:
    """Return the standard error over samples of the value at the center; NaN where unknown."""
    return float(surface.metadata.get(f"center_{metric}_se", "nan"))


def name_of(surface: Surface, metric: str) -> str:
    """Return the name that a metric has in its file, where a figure calls it otherwise."""
    return str(surface.metadata.get("renamed", {}).get(metric, metric))


def unpromised(surface: Surface, metric: str) -> str:
    """Say that a tolerance of the surface is none of this metric; empty otherwise."""
    promised = metric in surface.config.get("tolerance_metrics", ["loss"])
    if surface.refined is None or promised:
        return ""
    return f"no error is promised for {name_of(surface, metric)}"


def samples_of(surface: Surface, metric: str) -> int | None:
    """Return on how many samples a metric was evaluated: `test_loss` on those of the split `test`.

    Args:
        surface: The surface.
        metric: One of its metrics, by the name in its file.

    Returns:
        The number; None where it is not known, as of a file that does not record those of splits
        and has `loss` beside `test_loss`.
    """
    known = {**surface.metadata, **surface.config}
    splits = known.get("split_samples")
    for other in surface.metrics:
        split = metric.removesuffix(f"_{other}")
        if split != metric and (splits is None or split in splits):
            return None if splits is None else int(splits[split]) or None
    return int(known.get("samples", 0)) or None


def unit_of(surface: Surface) -> str:
    """Name the unit of lengths: what one step along a direction is."""
    filters = surface.normalize == "filter" and surface.is_random
    return "filter norm" if filters else "direction norm"
