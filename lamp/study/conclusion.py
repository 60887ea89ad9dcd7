"""Two sentences of conclusion for each loss, made from the numbers, whichever way they come out."""

import math

from lamp.study.results import Pairing, Results
from lamp.study.settings import loss_title
from landscape.measures import Interval

_NOTABLE_SHARE = 0.05


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

    Where the worst pixel of each image weighs more under one loss than under the other, the
    comparison is made again without it.

    Args:
        pairing: Difference of two losses.

    Returns:
        One sentence. A shorter doubling radius is sharper.
    """
    loss, reference = loss_title(pairing.loss), loss_title(pairing.reference)
    if math.isnan(pairing.log_radius.value):
        return (
            f"Whether {loss} sharpens the landscape cannot be told: the plain L2 loss of some "
            "models does not double inside the grid."
        )
    sentence = (
        f"Seen through the same plain L2 loss, the loss around {loss} models doubles at a radius "
        f"{_radius(pairing.log_radius, pairing.unit, f'than around {reference} models')}: "
        f"{_sharpness_verdict(loss, pairing.log_radius)}"
    )
    first, second = pairing.worst_pixel
    if abs(first - second) > _NOTABLE_SHARE and not math.isnan(pairing.log_radius_rest.value):
        sentence += (
            f"; {first:.0%} of that loss is the worst pixel of each image ({second:.0%} for "
            f"{reference}), and counted without it the radius is "
            f"{_radius(pairing.log_radius_rest, pairing.unit)}: "
            f"{_sharpness_verdict(loss, pairing.log_radius_rest)}"
        )
    return sentence + "."


def _radius(log: Interval, unit: str, than: str = "") -> str:
    """Write a log ratio of radii as a percentage with its interval."""
    ratio = Interval(math.expm1(log.value), math.expm1(log.low), math.expm1(log.high), log.n)
    size = f"{abs(ratio.value):.0%} {'shorter' if ratio.value < 0 else 'longer'}"
    return " ".join(filter(None, (size, than, f"({_range(ratio, '+.0%', unit)})")))


def _sharpness_verdict(loss: str, log: Interval) -> str:
    """Say what an interval of log ratios of radii supports."""
    return _verdict(
        log,
        low=f"{loss} sharpened the landscape",
        high=f"{loss} flattened the landscape",
        none="no difference in sharpness can be claimed",
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
