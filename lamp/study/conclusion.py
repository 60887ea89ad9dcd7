"""Two sentences of conclusion for each loss, made from the numbers, whichever way they come out."""

import math

from lamp.paper.contrast import NOTABLE_SHARE, and_curvature, times, verdict
from lamp.study.results import Pairing, Results
from lamp.study.settings import loss_title
from landscape.measures import Interval


def conclusions(results: Results) -> list[str]:
    """Say what the study found about each compared loss, over all batch sizes.

    Args:
        results: The numbers.

    Returns:
        For each compared loss a sentence on sharpness and one on detection.
    """
    pairings = [pairing for pairing in results.pairings if pairing.batch_size is None]
    return [text for p in pairings for text in (sharpness_sentence(p), detection_sentence(p))]


def sharpness_sentence(pairing: Pairing) -> str:
    """Say whether the loss made the landscape sharper, under the common lens.

    Sharper is claimed only where the landscape is so both relative to the loss at the center (a
    shorter doubling radius, also without the worst pixel) and in absolute units (more curvature);
    flatter likewise. Intervals must exclude no difference.

    Args:
        pairing: Difference of two losses.

    Returns:
        One sentence.
    """
    loss, reference = loss_title(pairing.loss), loss_title(pairing.reference)
    start = (
        f"Seen through the same plain L2 loss, {loss} models have {times(pairing.log_center)} the "
        f"loss of {reference} models at the center"
        f"{and_curvature(pairing.log_curvature, pairing.why_no_curvature, 'their')}"
    )
    if pairing.why_no_radius:
        wider = "leave the grid" in pairing.why_no_radius
        return (
            f"{start}; the radii where it doubles have no ratio, so that sharpness relative to "
            f"the center cannot be compared ({pairing.why_no_radius})"
            f"{': repeat the study with a larger radius' * wider}."
        )
    return (
        f"{start}, and their loss doubles at {times(pairing.log_radius)} the radius"
        f"{_without_pixel(pairing)}: {_verdict(pairing, loss)}."
    )


def _without_pixel(pairing: Pairing) -> str:
    """Tell the ratio of radii without the worst pixel, where that pixel matters."""
    first, second = pairing.worst_pixel
    if abs(first - second) <= NOTABLE_SHARE:
        return ""
    return (
        f" ({times(pairing.log_radius_rest)} without the worst pixel of each image, which makes "
        f"up {first:.0%} of that loss against {second:.0%})"
    )


def _verdict(pairing: Pairing, loss: str) -> str:
    """Say what all measures of sharpness together support."""
    text = verdict(loss, (pairing.log_radius, pairing.log_radius_rest), pairing.log_curvature)
    return text + _few(pairing) * text.startswith("no difference")


def detection_sentence(pairing: Pairing) -> str:
    """Say whether the loss detects anomalies better.

    Args:
        pairing: Difference of two losses.

    Returns:
        One sentence.
    """
    loss, reference = loss_title(pairing.loss), loss_title(pairing.reference)
    area = pairing.auroc
    verdict = f"no difference in detection can be claimed{_few(pairing)}"
    if area.excludes_zero:
        verdict = f"{loss} detected {'better' if area.low > 0 else 'worse'}"
    return (
        f"The AUROC of {loss} is higher than that of {reference} in {pairing.higher} of "
        f"{pairing.pairs} pairs of models, on average by {_signed(area.value)}{_range(area)}: "
        f"{verdict}."
    )


def _few(pairing: Pairing) -> str:
    """Say that there are few seeds, where that is so."""
    if pairing.seeds >= _FEW_SEEDS:
        return ""
    return f" from {pairing.seeds} seed{'s' * (pairing.seeds > 1)}"


_FEW_SEEDS = 3


def _range(interval: Interval) -> str:
    """Write the limits of a difference."""
    if math.isnan(interval.low):
        return ""
    return f" (95 % interval {_signed(interval.low)} to {_signed(interval.high)})"


def _signed(value: float) -> str:
    """Write a difference of AUROC."""
    return f"{value:+.3f}".replace("-", "−")
