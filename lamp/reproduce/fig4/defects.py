"""Errors of reconstructions in normal images, in defects, and around them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamp.checkpoint import load_checkpoint
from lamp.data import ImageSet
from lamp.detection import auroc_difference, image_intervals, score_images
from landscape.measures import Interval, mean_interval

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Errors:
    """How large the errors of one model are.

    Args:
        scores: Mean squared error of each test image, shape (N,).
        in_defects: Of the defective pixels of each defective image with a mask, shape (M,).
        around: Of the other pixels of the same images, shape (M,).
        labels: 0 for normal, 1 for anomalous test images, shape (N,).
        auroc: Of the scores, with its interval over test images.
        reconstructions: Shape (N, C, H, W).
    """

    scores: Array
    in_defects: Array
    around: Array
    labels: NDArray[np.int64]
    auroc: Interval
    reconstructions: NDArray[np.float32]

    @property
    def normal(self) -> float:
        """Mean over normal images."""
        return float(self.scores[self.labels == 0].mean())

    @property
    def anomalous(self) -> float:
        """Mean over anomalous images."""
        return float(self.scores[self.labels == 1].mean())

    @property
    def inside(self) -> float | None:
        """Mean over images of the error in defects; None without masks."""
        return float(self.in_defects.mean()) if self.in_defects.size else None

    @property
    def outside(self) -> float | None:
        """Mean over the same images of the error around defects; None without masks."""
        return float(self.around.mean()) if self.around.size else None

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        area = self.auroc
        return {
            "auroc": {"value": area.value, "low": area.low, "high": area.high},
            "normal": self.normal,
            "anomalous": self.anomalous,
            "in_defects": self.inside,
            "around_defects": self.outside,
        }


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The errors of one model against those of another, over the same images.

    Args:
        normal: Mean log ratio of the error of normal images.
        standout: Mean log ratio of how many times larger the error is in a defect than around it;
            None without masks.
        auroc: Difference of AUROC.
    """

    normal: Interval
    standout: Interval | None
    auroc: Interval


def model_errors(checkpoint: Path, test: ImageSet) -> Errors:
    """Measure the errors of a model on test images.

    Args:
        checkpoint: Of the model.
        test: With labels, and masks where there are any.

    Returns:
        The errors.
    """
    model, _ = load_checkpoint(checkpoint)
    scored = score_images(model, test.images)
    assert test.labels is not None
    labels = test.labels.numpy()
    # The threshold is of F1 alone.
    area = image_intervals(scored.scores, labels, threshold=float(np.median(scored.scores)))
    found = area["image_AUROC"]
    pairs = [
        (error[mask].mean(dtype=np.float64), error[~mask].mean(dtype=np.float64))
        for error, mask in _with_defects(scored.maps, test)
    ]
    inside, outside = np.array(pairs, np.float64).reshape(-1, 2).T
    return Errors(
        scores=np.asarray(scored.scores),
        in_defects=inside,
        around=outside,
        labels=labels,
        auroc=Interval(found.value, found.low, found.high, len(labels)),
        reconstructions=scored.reconstructions.numpy(),
    )


def compare_errors(model: Errors, reference: Errors, test: ImageSet) -> Difference:
    """Compare two models image by image.

    Args:
        model: Errors of one model.
        reference: Errors of the other.
        test: The images of both.

    Returns:
        The differences, with intervals over images.
    """
    assert test.labels is not None
    normal = reference.labels == 0
    area = auroc_difference(model.scores, reference.scores, test.labels.numpy())
    standout = None
    if model.in_defects.size:
        standout = mean_interval(
            np.log(model.in_defects / model.around)
            - np.log(reference.in_defects / reference.around)
        )
    return Difference(
        normal=mean_interval(np.log(model.scores[normal] / reference.scores[normal])),
        standout=standout,
        auroc=Interval(area.value, area.low, area.high, len(reference.labels)),
    )


def _with_defects(
    maps: NDArray[np.float32], test: ImageSet
) -> list[tuple[NDArray[np.float32], NDArray[np.bool_]]]:
    """List heat-maps and masks of images that are in part defective."""
    if test.masks is None or test.masked is None:
        return []
    masks = test.masks.numpy()
    known = test.masked.numpy() & masks.any((1, 2)) & ~masks.all((1, 2))
    return [(maps[index], masks[index]) for index in np.flatnonzero(known)]
