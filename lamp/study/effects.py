"""Differences between the losses of a study, and what may be said of them in words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamp.detection import auroc_difference
from lamp.paper.ratios import Ratios, ratios_of, sharpness_text, verdict, with_limits
from lamp.paper.words import effect_text, listed
from lamp.statistics import Effect, paired_effect
from lamp.study.models import Fit, Fits

_FEW_SEEDS = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairing:
    """The difference between a loss and the reference over pairs of models.

    Args:
        loss: The loss that is compared.
        reference: The loss it is compared with.
        batch_size: Of both; `all` for all batch sizes together.
        auroc: Difference of AUROC, loss less reference; its pairs are seeds.
        sharpness: Log ratios under plain L2, loss over reference.
        means: AUROC of the loss, and of the reference.
        worst_pixels: Shares of the worst pixel in the center loss, likewise.
        higher: In how many pairs of models the AUROC of the loss is higher.
    """

    loss: str
    reference: str
    batch_size: int | Literal["all"]
    auroc: Effect
    sharpness: Ratios
    means: tuple[float, float]
    worst_pixels: tuple[float, float]
    higher: int


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
            (size, seed): (fit, fits[reference, size, seed])
            for (title, size, seed), fit in fits.items()
            if title == loss and (reference, size, seed) in fits
        }
        present = [size for size in sizes if any(size == own for own, _ in pairs)]
        for own in [[size] for size in present] + [present] * (len(present) > 1):
            whole = {s for _, s in pairs if all((size, s) in pairs for size in own)}
            rows = [[pairs[size, seed] for size in own] for seed in sorted(whole)]
            if rows:
                name: int | Literal["all"] = own[0] if len(own) == 1 else "all"
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
    if len(flat) == 1:
        one = auroc_difference(flat[0][0].scores, flat[0][1].scores, labels)
        effect = replace(effect, value=one.value, low=one.low, high=one.high)
    first, second = (
        np.mean([(pair[side].auroc, pair[side].worst_pixel) for pair in flat], axis=0).tolist()
        for side in (0, 1)
    )
    return Pairing(
        loss=loss,
        reference=reference,
        batch_size=batch_size,
        auroc=effect,
        sharpness=ratios_of([[(a.common, b.common) for a, b in row] for row in pairs], rest=True),
        means=(first[0], second[0]),
        worst_pixels=(first[1], second[1]),
        higher=sum(a.auroc > b.auroc for a, b in flat),
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
            "p": one.auroc.p,
            "higher": one.higher,
            "pairs": found.pairs,
            "seeds": one.auroc.pairs,
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
            row |= with_limits(name, interval)
        rows.append(row)
    return pd.DataFrame(rows, columns=None if rows else ["loss", "reference", "batch_size"])


def overall(pairings: Sequence[Pairing]) -> list[Pairing]:
    """Return the widest comparison of each loss: over all batch sizes where there are several."""
    return list({pairing.loss: pairing for pairing in pairings}.values())


def plain_words(pairings: Sequence[Pairing], losses: Sequence[str], normal: str) -> str:
    """Say what was compared and what came out to readers who know neither the paper nor the field.

    Args:
        pairings: Of `overall`.
        losses: Titles of all losses.
        normal: What the normal images show.

    Returns:
        A paragraph on what was done, and one on what came of it.
    """
    done = [
        f"Neural networks were trained to redraw pictures of {normal}.",
        "Any other picture they redraw badly, which gives it away as an anomaly.",
    ]
    if not pairings:
        done.append(f"They were trained with {listed(losses)}, and there is nothing to compare.")
        return " ".join(done)
    reference, *others = losses
    squared = " (the squared error)" * (reference == "L2")
    done.append(f"Some learned by making {reference}{squared} small, others with {listed(others)}.")
    if any("LAMP" in loss for loss in losses):
        done.append("LAMP amplifies an error, the more the larger it is.")
    alike: dict[str, list[str]] = {}
    for pairing in pairings:
        alike.setdefault(_plainly(pairing), []).append(pairing.loss)
    told = [f"Those trained with {listed(names)} {said}." for said, names in alike.items()]
    if min(pairing.auroc.pairs for pairing in pairings) == 1:
        told.append("Each network was trained once: chance in training is not ruled out.")
    return f"{' '.join(done)}\n\n{' '.join(told)}"


def _plainly(pairing: Pairing) -> str:
    """Say in plain words whether anomalies were noticed better, and the landscape is sharper."""
    noticed = "neither better nor worse, as far as can be told,"
    if pairing.auroc.excludes_zero:
        noticed = "better" if pairing.auroc.low > 0 else "worse"
    sharper = "neither clearly sharper nor clearly flatter", "neither clearly more nor clearly less"
    said = verdict(pairing.loss, pairing.sharpness.radii, pairing.sharpness.curvature)
    for word, found in (("sharpened", ("sharper", "more")), ("flattened", ("flatter", "less"))):
        sharper = found if f" {word} " in said else sharper
    return (
        f"found anomalies {noticed} than those trained with {pairing.reference}, and their loss "
        f"landscapes are {sharper[0]}: small changes of their parameters harm them {sharper[1]}"
    )


def sentences(pairing: Pairing) -> tuple[str, str]:
    """Say in numbers what was found of detection, and of sharpness under plain L2."""
    loss, reference, area = pairing.loss, pairing.reference, pairing.auroc
    few = f" (from {area.pairs} seed{'s' * (area.pairs > 1)})" * (area.pairs < _FEW_SEEDS)
    said = "no difference in detection can be claimed"
    if area.excludes_zero:
        said = f"{loss} detected {'better' if area.low > 0 else 'worse'}"
    wider = "; repeat the study with a larger radius" * (
        "leave the grid" in pairing.sharpness.why_no_radius
    )
    detection = (
        f"AUROC of {loss} minus that of {reference}: {effect_text(area)}, higher in "
        f"{pairing.higher} of {pairing.sharpness.pairs} pairs of models: {said}{few}."
    )
    sharpness = sharpness_text(pairing.sharpness, loss, reference)
    return detection, f"Seen through the same plain L2 loss, {sharpness}{wider}{few}."
