"""Differences between the losses of a study, and what may be said of them in words."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamp.detection import auroc_difference
from lamp.paper.contrast import NOTABLE_SHARE, and_curvature, contrast, times, verdict
from lamp.paper.words import effect_text, listed
from lamp.statistics import paired_effect
from lamp.study.models import Fit, Fits
from landscape.measures import Interval

_FEW_SEEDS = 3
Size = int | Literal["all"]


@dataclass(frozen=True, kw_only=True)
class Pairing:
    """The difference between a loss and the reference over pairs of models, under plain L2.

    Args:
        loss: The loss that is compared.
        reference: The loss it is compared with.
        batch_size: Of both; `all` for all batch sizes together.
        auroc: Difference of AUROC, loss less reference.
        p: Of the t-test of that over seeds; NaN for one seed.
        center: Log ratio of the loss at the center, loss over reference.
        radius: Of the radius where it doubles: sharpness relative to the loss at the center.
        radius_rest: The same with the worst pixel of each image left out of the center loss.
        curvature: Of the mean curvature, in L2 per squared filter norm: absolute sharpness.
        auroc_mean: Mean AUROC of the loss.
        auroc_reference: Of the reference.
        worst_pixel: Mean share of the worst pixel in the center loss.
        worst_pixel_reference: Of the reference.
        why_no_radius: Why ratios of radii say nothing; empty where all is well.
        why_no_curvature: The same of curvatures.
        higher: In how many pairs of models the AUROC of the loss is higher.
        pairs: Number of pairs of models.
        seeds: Number of seeds.
    """

    loss: str
    reference: str
    batch_size: Size
    auroc: Interval
    p: float
    center: Interval
    radius: Interval
    radius_rest: Interval
    curvature: Interval
    auroc_mean: float
    auroc_reference: float
    worst_pixel: float
    worst_pixel_reference: float
    why_no_radius: str
    why_no_curvature: str
    higher: int
    pairs: int
    seeds: int

    @property
    def over(self) -> str:
        """What the intervals are over; of a single pair, those of AUROC are over test images."""
        return "seeds" if self.seeds > 1 else "planes" if self.pairs == 1 else "nothing"


def compare(
    fits: Fits, losses: Sequence[str], sizes: Sequence[int], labels: NDArray[np.int64]
) -> list[Pairing]:
    """Compare every loss with the first, by batch size and over all of them.

    With several seeds, intervals are over seeds, each the mean over its batch sizes: models of one
    seed share initial weights and are no independent replicates. With one seed there is no spread
    between seeds; for a single pair the interval of the AUROC is then over test images, and those
    of the ratios are over planes.

    Args:
        fits: Every model.
        losses: Their titles.
        sizes: Batch sizes.
        labels: Of the test images: 0 normal, 1 anomalous.

    Returns:
        For each loss but the first: each batch size at which there are pairs, and then, if there
        are several, all together, over the seeds that have a pair at each of them.
    """
    found = []
    for loss in losses[1:]:
        seeds = {
            size: {s for (name, b, s) in fits if name == loss and b == size}
            & {s for (name, b, s) in fits if name == losses[0] and b == size}
            for size in sizes
        }
        present = [size for size in sizes if seeds[size]]
        groups: list[tuple[Size, list[int]]] = [(size, [size]) for size in present]
        groups += [("all", present)] if len(present) > 1 else []
        for name, own in groups:
            whole = sorted(set.intersection(*(seeds[size] for size in own)))
            pairs = [[(fits[loss, b, s], fits[losses[0], b, s]) for b in own] for s in whole]
            if pairs:
                found.append(_pairing(loss, losses[0], name, pairs, labels))
    return found


def _pairing(
    loss: str,
    reference: str,
    size: Size,
    pairs: Sequence[Sequence[tuple[Fit, Fit]]],
    labels: NDArray[np.int64],
) -> Pairing:
    """Compare pairs of models, those of each seed together."""
    flat = [pair for row in pairs for pair in row]
    effect = paired_effect([[np.mean([a.auroc - b.auroc for a, b in row]) for row in pairs]])
    area = Interval(effect.value, effect.low, effect.high, len(pairs))
    if len(flat) == 1:
        one = auroc_difference(flat[0][0].scores, flat[0][1].scores, labels)
        area = Interval(one.value, one.low, one.high, labels.size)
    sharpness = contrast([[(a.common, b.common) for a, b in row] for row in pairs], rest=True)
    assert sharpness.rest is not None
    return Pairing(
        loss=loss,
        reference=reference,
        batch_size=size,
        auroc=area,
        p=effect.p,
        center=sharpness.center,
        radius=sharpness.radius,
        radius_rest=sharpness.rest,
        curvature=sharpness.curvature,
        auroc_mean=float(np.mean([a.auroc for a, _ in flat])),
        auroc_reference=float(np.mean([b.auroc for _, b in flat])),
        worst_pixel=float(np.mean([a.worst_pixel for a, _ in flat])),
        worst_pixel_reference=float(np.mean([b.worst_pixel for _, b in flat])),
        why_no_radius=sharpness.why_no_radius,
        why_no_curvature=sharpness.why_no_curvature,
        higher=sum(a.auroc > b.auroc for a, b in flat),
        pairs=len(flat),
        seeds=len(pairs),
    )


def effects_table(pairings: Sequence[Pairing]) -> pd.DataFrame:
    """Put comparisons into a table: the fields of `Pairing`, limits of intervals beside values."""

    def columns(pairing: Pairing) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for field in fields(pairing):
            value = getattr(pairing, field.name)
            if isinstance(value, Interval):
                name = "auroc_difference" if field.name == "auroc" else f"log_{field.name}_ratio"
                row |= {name: value.value, f"{name}_low": value.low, f"{name}_high": value.high}
            else:
                row[field.name] = value
        return row | {"intervals_over": pairing.over}

    names = list(columns(pairings[0])) if pairings else [field.name for field in fields(Pairing)]
    return pd.DataFrame([columns(pairing) for pairing in pairings], columns=names)


def overall(pairings: Sequence[Pairing]) -> list[Pairing]:
    """Return the widest comparison of each loss: over all batch sizes where there are several."""
    return list({pairing.loss: pairing for pairing in pairings}.values())


def plain_sentence(pairings: Sequence[Pairing], losses: Sequence[str], normal: str) -> str:
    """Say in plain words what was compared and what came out.

    Args:
        pairings: Of `overall`.
        losses: Titles of all losses.
        normal: What the normal images show.

    Returns:
        One sentence, for readers who know neither the paper nor the field.
    """
    start = (
        f"Networks were trained to redraw one kind of image, {normal}, so that any other image "
        "gives itself away by being redrawn badly"
    )
    if not pairings:
        return f"{start}; they were trained with {listed(losses)}, and there is nothing to compare."
    reference = pairings[0].reference
    usual = f"{reference}, the squared error," if reference == "L2" else reference
    return (
        f"{start}; compared with networks that minimise {usual} while they are trained, "
        + "; ".join(
            f"those that minimise {p.loss} {_detected(p)} and {_rises(p)}" for p in pairings
        )
        + "."
    )


def _detected(pairing: Pairing) -> str:
    """Say in plain words whether anomalies were noticed better."""
    if not pairing.auroc.excludes_zero:
        return "noticed other images neither better nor worse, as far as can be told,"
    return f"noticed other images {'better' if pairing.auroc.low > 0 else 'worse'}"


def _rises(pairing: Pairing) -> str:
    """Say in plain words whether the landscape is sharper."""
    text = _verdict(pairing)
    for word, plainly in (("sharpened", "more"), ("flattened", "less")):
        if f" {word} " in text:
            return f"are {plainly} sensitive to disturbances of their parameters"
    return "are not clearly more or less sensitive to disturbances of their parameters"


def sharpness_sentence(pairing: Pairing) -> str:
    """Say whether the loss made the landscape sharper, under plain L2.

    Sharper is claimed only where the landscape is so both relative to the loss at the center (a
    shorter doubling radius, also without the worst pixel) and in absolute units (more curvature);
    flatter likewise. Intervals must exclude no difference.
    """
    start = (
        f"Seen through the same plain L2 loss, {pairing.loss} models have {times(pairing.center)} "
        f"the loss of {pairing.reference} models at the center"
        f"{and_curvature(pairing.curvature, pairing.why_no_curvature, 'their')}"
    )
    if pairing.why_no_radius:
        wider = "leave the grid" in pairing.why_no_radius
        return (
            f"{start}; the radii where it doubles have no ratio, so that sharpness relative to "
            f"the center cannot be compared ({pairing.why_no_radius})"
            f"{': repeat the study with a larger radius' * wider}."
        )
    shares, rest = (pairing.worst_pixel, pairing.worst_pixel_reference), ""
    if abs(shares[0] - shares[1]) > NOTABLE_SHARE:
        rest = (
            f" ({times(pairing.radius_rest)} without the worst pixel of each image, which makes up "
            f"{shares[0]:.0%} of that loss against {shares[1]:.0%})"
        )
    return (
        f"{start}, and their loss doubles at {times(pairing.radius)} the radius{rest}: "
        f"{_verdict(pairing)}."
    )


def detection_sentence(pairing: Pairing) -> str:
    """Say whether the loss detects anomalies better."""
    said = f"no difference in detection can be claimed{_few(pairing)}"
    if pairing.auroc.excludes_zero:
        said = f"{pairing.loss} detected {'better' if pairing.auroc.low > 0 else 'worse'}"
        said += " of this very pair of models" * (pairing.seeds == 1)
    return (
        f"AUROC of {pairing.loss} less that of {pairing.reference}: {effect_text(pairing.auroc)}, "
        f"higher in {pairing.higher} of {pairing.pairs} pairs of models; {said}."
    )


def _verdict(pairing: Pairing) -> str:
    """Say what all measures of sharpness together support."""
    if pairing.why_no_radius:
        return "no difference"
    radii = (pairing.radius, pairing.radius_rest)
    text = verdict(pairing.loss, radii, pairing.curvature)
    return text + _few(pairing) * text.startswith("no difference")


def _few(pairing: Pairing) -> str:
    """Say that there are few seeds, where that is so."""
    few = pairing.seeds < _FEW_SEEDS
    return f" from {pairing.seeds} seed{'s' * (pairing.seeds > 1)}" * few
