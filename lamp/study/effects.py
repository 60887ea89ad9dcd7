"""Differences between the losses of a study, and what may be said of them in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamp.detection import auroc_difference
from lamp.paper.ratios import NOTABLE_SHARE, Ratios, and_curvature, ratios_of, verdict
from lamp.paper.words import effect_text, listed, ratio_text
from lamp.statistics import paired_effect
from lamp.study.models import Fit, Fits
from landscape.measures import Interval

_FEW_SEEDS = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairing:
    """The difference between a loss and the reference over pairs of models.

    Args:
        loss: The loss that is compared.
        reference: The loss it is compared with.
        batch_size: Of both; `all` for all batch sizes together.
        auroc: Difference of AUROC, loss less reference.
        p: Of the t-test of that over seeds; NaN for one seed.
        sharpness: Log ratios under plain L2, loss over reference.
        means: AUROC of the loss, and of the reference.
        worst_pixels: Shares of the worst pixel in the center loss, likewise.
        higher: In how many pairs of models the AUROC of the loss is higher.
        seeds: Number of seeds.
    """

    loss: str
    reference: str
    batch_size: int | Literal["all"]
    auroc: Interval
    p: float
    sharpness: Ratios
    means: tuple[float, float]
    worst_pixels: tuple[float, float]
    higher: int
    seeds: int


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
    reference, *others = losses
    for loss in others:
        pairs = {
            (size, seed): (fits[loss, size, seed], fits[reference, size, seed])
            for size in sizes
            for seed in sorted({place[2] for place in fits})
            if {(loss, size, seed), (reference, size, seed)} <= set(fits)
        }
        present = [size for size in sizes if any(size == key[0] for key in pairs)]
        together: list[tuple[int | Literal["all"], list[int]]] = [(s, [s]) for s in present]
        together += [("all", present)] if len(present) > 1 else []
        for name, own in together:
            seeds = [
                s for s in sorted({key[1] for key in pairs}) if {(b, s) for b in own} <= set(pairs)
            ]
            rows = [[pairs[size, seed] for size in own] for seed in seeds]
            if rows:
                found.append(_pairing(loss, reference, name, rows, labels))
    return found


def _pairing(
    loss: str,
    reference: str,
    batch_size: int | Literal["all"],
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
    first, second = (
        np.mean([(pair[side].auroc, pair[side].worst_pixel) for pair in flat], axis=0).tolist()
        for side in (0, 1)
    )
    return Pairing(
        loss=loss,
        reference=reference,
        batch_size=batch_size,
        auroc=area,
        p=effect.p,
        sharpness=ratios_of([[(a.common, b.common) for a, b in row] for row in pairs], rest=True),
        means=(first[0], second[0]),
        worst_pixels=(first[1], second[1]),
        higher=sum(a.auroc > b.auroc for a, b in flat),
        seeds=len(pairs),
    )


def effects_table(pairings: Sequence[Pairing]) -> pd.DataFrame:
    """Put comparisons into a table, one row each; log ratios are of loss over reference."""
    rows = []
    for one in pairings:
        found = one.sharpness
        row: dict[str, Any] = {
            "loss": one.loss,
            "reference": one.reference,
            "batch_size": one.batch_size,
            "auroc": one.means[0],
            "auroc_reference": one.means[1],
            "p": one.p,
            "higher": one.higher,
            "pairs": found.pairs,
            "seeds": one.seeds,
            "worst_pixel": one.worst_pixels[0],
            "worst_pixel_reference": one.worst_pixels[1],
            "no_ratio_of_radii_because": found.why_no_radius,
            "no_ratio_of_curvatures_because": found.why_no_curvature,
        }
        for name, interval in (
            ("auroc_difference", one.auroc),
            ("log_center", found.center),
            ("log_radius", found.radius),
            ("log_radius_without_worst_pixel", found.rest),
            ("log_curvature", found.curvature),
        ):
            assert interval is not None
            row |= {name: interval.value, f"{name}_low": interval.low}
            row |= {f"{name}_high": interval.high}
        rows.append(row)
    return pd.DataFrame(rows, columns=None if rows else ["loss", "reference", "batch_size"])


def overall(pairings: Sequence[Pairing]) -> list[Pairing]:
    """Return the widest comparison of each loss: over all batch sizes where there are several."""
    return list({pairing.loss: pairing for pairing in pairings}.values())


def plain_sentence(pairings: Sequence[Pairing], losses: Sequence[str], normal: str) -> str:
    """Say what was compared and what came out to readers who know neither the paper nor the field.

    Args:
        pairings: Of `overall`.
        losses: Titles of all losses.
        normal: Name of the normal images.
    """
    start = (
        f"Networks were trained to redraw one kind of image ({normal}), so that any other image "
        "gives itself away by being redrawn badly"
    )
    if not pairings:
        return f"{start}; they were trained with {listed(losses)}, and there is nothing to compare."
    alike: dict[str, list[str]] = {}
    for pairing in pairings:
        alike.setdefault(_plainly(pairing), []).append(pairing.loss)
    found = "; ".join(
        f"those that minimise {' or '.join(names)} {said}" for said, names in alike.items()
    )
    reference = losses[0] + " (the squared error)" * (losses[0] == "L2")
    chance = ""
    if min(pairing.seeds for pairing in pairings) == 1:
        chance = " (one training each, so that chance in training is not ruled out)"
    return f"{start}; compared with networks that minimise {reference}, {found}{chance}."


def _plainly(pairing: Pairing) -> str:
    """Say in plain words whether anomalies were noticed better, and the landscape is sharper."""
    noticed = "neither better nor worse, as far as can be told,"
    if pairing.auroc.excludes_zero:
        noticed = "better" if pairing.auroc.low > 0 else "worse"
    said = _verdict(pairing)
    more = {"sharpened": "are more", "flattened": "are less"}
    felt = next(
        (more[word] for word in more if f" {word} " in said), "are not clearly more or less"
    )
    return f"noticed other images {noticed} and {felt} sensitive to changes of their parameters"


def sentences(pairing: Pairing) -> tuple[str, str]:
    """Say in numbers what was found of detection, and of sharpness under plain L2.

    Sharper is claimed only where the landscape is so both relative to the loss at the center (a
    shorter doubling radius, also without the worst pixel) and in absolute units (more curvature);
    flatter likewise. Intervals must exclude no difference.
    """
    loss, reference, found = pairing.loss, pairing.reference, pairing.sharpness
    said = f"no difference in detection can be claimed{_few(pairing)}"
    if pairing.auroc.excludes_zero:
        said = f"{loss} detected {'better' if pairing.auroc.low > 0 else 'worse'}"
    detection = (
        f"AUROC of {loss} less that of {reference}: {effect_text(pairing.auroc)}, higher in "
        f"{pairing.higher} of {found.pairs} pairs of models: {said}."
    )
    start = (
        f"Seen through the same plain L2 loss, {loss} models have {ratio_text(found.center)} the "
        f"loss of {reference} models at the center"
        f"{and_curvature(found.curvature, found.why_no_curvature, 'their')}"
    )
    if found.why_no_radius:
        wider = ": repeat the study with a larger radius" * (
            "leave the grid" in found.why_no_radius
        )
        return detection, (
            f"{start}; the radii where it doubles have no ratio, so that sharpness relative to "
            f"the center cannot be compared ({found.why_no_radius}){wider}."
        )
    rest, (own, other) = "", pairing.worst_pixels
    if abs(own - other) > NOTABLE_SHARE and found.rest is not None:
        rest = (
            f" ({ratio_text(found.rest)} without the worst pixel of each image, which makes up "
            f"{own:.0%} of that loss against {other:.0%})"
        )
    return detection, (
        f"{start}, and their loss doubles at {ratio_text(found.radius)} the radius{rest}: "
        f"{_verdict(pairing)}."
    )


def _verdict(pairing: Pairing) -> str:
    """Say what all measures of sharpness together support."""
    found = pairing.sharpness
    if found.why_no_radius:
        return "no difference"
    radii = [radius for radius in (found.radius, found.rest) if radius is not None]
    text = verdict(pairing.loss, radii, found.curvature)
    return text + _few(pairing) * text.startswith("no difference")


def _few(pairing: Pairing) -> str:
    """Say that there are few seeds, where that is so."""
    few = pairing.seeds < _FEW_SEEDS
    return f" from {pairing.seeds} seed{'s' * (pairing.seeds > 1)}" * few
