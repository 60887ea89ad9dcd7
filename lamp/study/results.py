"""The numbers of a study: detection and sharpness of every model, and paired differences."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamp.data import OneVsRest
from lamp.detection import anomaly_scores, auroc, auroc_difference
from lamp.experiments.lens import COMMON, OWN, worst_pixel_share
from lamp.paper.contrast import contrast, interval_to_dict
from lamp.study.settings import LossName, Run, StudySettings
from lamp.study.trainings import Folder, load_model
from landscape.measures import Interval, Summary, mean_interval, summarize
from landscape.surface import Status, Surface


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one run.

    Args:
        run: Which.
        scores: Anomaly score of each test image, shape (M,).
        auroc: Area under the ROC curve of the scores.
        common: Statistics of its surface under plain L2; `radius_mean_rise` is the radius where
            the loss has risen by its value at the center without each image's worst pixel.
        own: Statistics under its training loss.
        worst_pixel: Share of the plain L2 loss at the center that the worst pixel of each image
            makes up.
    """

    run: Run
    scores: NDArray[np.float64]
    auroc: float
    common: Summary
    own: Summary
    worst_pixel: float


@dataclass(frozen=True, kw_only=True)
class Pairing:
    """The difference between a loss and the reference loss, under the common lens.

    Args:
        loss: The loss that is compared.
        reference: The loss it is compared with.
        batch_size: Of both; None for all batch sizes together.
        auroc: Difference of AUROC, loss minus reference.
        log_center: Mean log ratio of the L2 loss at the center, loss over reference.
        log_radius: That of the doubling radius: sharpness relative to the loss at the center.
        log_radius_rest: The same with the worst pixel of each image left out of the center loss.
        log_curvature: That of the mean curvature in units of L2 per squared filter norm:
            sharpness in absolute units.
        worst_pixel: Mean share of the worst pixel in the center loss: of the loss, and of the
            reference.
        why_no_radius: Why ratios of radii say nothing; empty where all is well.
        why_no_curvature: The same of curvatures.
        higher: In how many pairs of models the AUROC of the loss is higher.
        pairs: Number of pairs of models.
        seeds: Number of seeds.
    """

    loss: LossName
    reference: LossName
    batch_size: int | None
    auroc: Interval
    log_center: Interval
    log_radius: Interval
    log_radius_rest: Interval
    log_curvature: Interval
    worst_pixel: tuple[float, float]
    why_no_radius: str
    why_no_curvature: str
    higher: int
    pairs: int
    seeds: int


@dataclass(frozen=True, kw_only=True)
class Results:
    """All numbers of a study.

    Args:
        settings: The study.
        outcomes: What came of each run.
        pairings: Differences to the reference loss, by batch size and over all.
        labels: Of the test images: 0 normal, 1 anomalous; shape (M,).
        failed: Points of all surfaces that could not be evaluated.
    """

    settings: StudySettings
    outcomes: Mapping[Run, Outcome]
    pairings: Sequence[Pairing]
    labels: NDArray[np.int64]
    failed: int

    def of(self, loss: LossName, batch_size: int) -> list[Outcome]:
        """Return the outcomes of one cell of the study, one for each seed."""
        return [
            self.outcomes[run]
            for run in self.outcomes
            if (run.loss, run.batch_size) == (loss, batch_size)
        ]


def measure(
    settings: StudySettings, folder: Folder, task: OneVsRest, surfaces: Mapping[Run, Surface]
) -> Results:
    """Score the test images with every model and summarize every surface.

    Args:
        settings: The study.
        folder: Where the checkpoints are.
        task: The images.
        surfaces: The surface of each run.

    Returns:
        The results.
    """
    labels = task.labels.numpy()
    outcomes = {}
    for run, surface in surfaces.items():
        model = load_model(folder, run)
        scores = anomaly_scores(model, task.test)
        share = worst_pixel_share(model, task.train[: settings.samples])
        outcomes[run] = Outcome(
            run=run,
            scores=scores,
            auroc=auroc(scores, labels),
            common=summarize(surface, metric=COMMON, rise=surface.center[COMMON] * (1 - share)),
            own=summarize(surface, metric=OWN),
            worst_pixel=share,
        )
    reference, *others = settings.losses
    pairings = [
        _pair(settings, outcomes, labels, loss, reference, sizes)
        for loss in others
        for sizes in (*((size,) for size in settings.batch_sizes), settings.batch_sizes)
    ]
    return Results(
        settings=settings,
        outcomes=outcomes,
        pairings=pairings,
        labels=labels,
        failed=sum(int((surface.status == Status.FAILED).sum()) for surface in surfaces.values()),
    )


def _pair(
    settings: StudySettings,
    outcomes: Mapping[Run, Outcome],
    labels: NDArray[np.int64],
    loss: LossName,
    reference: LossName,
    batch_sizes: Sequence[int],
) -> Pairing:
    """Compare a loss with the reference over the pairs of models that share seed and batch size.

    With several seeds, intervals are over seeds, each the mean over its batch sizes: models of one
    seed share initial weights and are no independent replicates. With one seed there is no spread
    between seeds; for a single pair the interval of the AUROC is then over test images, and those
    of the ratios are over planes.
    """
    pairs = [
        [
            (
                outcomes[Run(loss=loss, batch_size=size, seed=seed)],
                outcomes[Run(loss=reference, batch_size=size, seed=seed)],
            )
            for size in batch_sizes
        ]
        for seed in range(settings.seeds)
    ]
    flat = [pair for row in pairs for pair in row]
    if len(flat) == 1:
        first, second = flat[0]
        boot = auroc_difference(first.scores, second.scores, labels)
        area = Interval(boot.value, boot.low, boot.high, labels.size)
    else:
        area = mean_interval([np.mean([a.auroc - b.auroc for a, b in row]) for row in pairs])
    sharpness = contrast([[(a.common, b.common) for a, b in row] for row in pairs], rest=True)
    assert sharpness.rest is not None
    return Pairing(
        loss=loss,
        reference=reference,
        batch_size=batch_sizes[0] if len(batch_sizes) == 1 else None,
        auroc=area,
        log_center=sharpness.center,
        log_radius=sharpness.radius,
        log_radius_rest=sharpness.rest,
        log_curvature=sharpness.curvature,
        worst_pixel=(
            float(np.mean([a.worst_pixel for a, _ in flat])),
            float(np.mean([b.worst_pixel for _, b in flat])),
        ),
        why_no_radius=sharpness.why_no_radius,
        why_no_curvature=sharpness.why_no_curvature,
        higher=sum(a.auroc > b.auroc for a, b in flat),
        pairs=len(flat),
        seeds=settings.seeds,
    )


def write_results(folder: Folder, results: Results) -> None:
    """Write all numbers as JSON.

    Args:
        folder: Where.
        results: What.
    """
    document: dict[str, Any] = {
        "settings": results.settings.model_dump(),
        "failed_points": results.failed,
        "runs": [
            {
                **vars(run),
                "auroc": outcome.auroc,
                "worst_pixel_share_of_l2": outcome.worst_pixel,
                "common_lens": outcome.common.to_dict(),
                "own_loss": outcome.own.to_dict(),
            }
            for run, outcome in results.outcomes.items()
        ],
        "pairings": [
            {
                "loss": pairing.loss,
                "reference": pairing.reference,
                "batch_size": pairing.batch_size,
                "pairs_of_models": pairing.pairs,
                "pairs_with_higher_auroc": pairing.higher,
                "auroc_difference": interval_to_dict(pairing.auroc),
                "log_ratio_of_center_loss": interval_to_dict(pairing.log_center),
                "log_ratio_of_doubling_radius": interval_to_dict(pairing.log_radius),
                "log_ratio_without_worst_pixel": interval_to_dict(pairing.log_radius_rest),
                "log_ratio_of_absolute_curvature": interval_to_dict(pairing.log_curvature),
                "no_ratio_of_radii_because": pairing.why_no_radius,
                "no_ratio_of_curvatures_because": pairing.why_no_curvature,
                "worst_pixel_shares_of_l2": list(pairing.worst_pixel),
            }
            for pairing in results.pairings
        ],
    }
    folder.results.write_text(json.dumps(document, indent=1) + "\n")
