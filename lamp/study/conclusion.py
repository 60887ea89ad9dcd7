"""Two sentences of conclusion for each loss, made from the numbers, whichever way they come out."""

import math

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

    Args:
        pairing: Difference of two losses.

    Returns:
        One sentence. A shorter doubling radius is sharper.
    """
    loss, reference = loss_title(pairing.loss), loss_title(pairing.reference)
    log = pairing.log_radius
    ratio = Interval(math.expm1(log.value), math.expm1(log.low), math.expm1(log.high), log.n)
    if math.isnan(ratio.value):
        return (
            f"Whether {loss} sharpens the landscape cannot be told: the plain L2 loss of some "
            "models does not double inside the grid."
        )
    size = f"{abs(ratio.value):.0%} {'shorter' if ratio.value < 0 else 'longer'}"
    verdict = _verdict(
        ratio,
        low=f"{loss} sharpened the landscape",
        high=f"{loss} flattened the landscape",
        none="no difference in sharpness can be claimed",
    )
    return (
        f"Seen through the same plain L2 loss, the loss around {loss} models doubles at a radius "
        f"{size} than around {reference} models ({_range(ratio, '+.0%', pairing.unit)}): {verdict}."
    )


def detection_sentence(pairing: Pairing) -> str:
    """Say whether the loss detects anomalies better.

    Args:
        pairing: Difference of two losses.

    Returns:
        One sentence.
    """
    loss, reference = loss_title(pairing.loss), loss_title(pairing.reference)
    area = pairing.auroc
    verdict = _verdict(
        area,
        low=f"{loss} detected worse",
        high=f"{loss} detected better",
        none="no difference in detection can be claimed",
    )
    return (
        f"The AUROC of {loss} is {abs(area.value):.3f} {'lower' if area.value < 0 else 'higher'} "
        f"than that of {reference} ({_range(area, '+.3f', pairing.unit)}): {verdict}."
    )


def _range(interval: Interval, form: str, unit: str) -> str:
    """Write an interval and what it ranges over."""
    if math.isnan(interval.low):
        return f"without an interval, from {unit}"
    low, high = (format(x, form).replace("-", "−") for x in (interval.low, interval.high))
    return f"95 % interval {low} to {high} over {unit}"


def _verdict(interval: Interval, *, low: str, high: str, none: str) -> str:
    """Choose the words: only an interval that excludes zero supports a claim."""
    if not interval.excludes_zero:
        return none
    return low if interval.high < 0 else high
