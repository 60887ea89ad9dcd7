"""What a detector says of images: scores, heat-maps, decisions and p-values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamp.data import ImageSet
from lamp.detection.checks import Scores
from lamp.detection.scores import Maps, Scored
from lamp.detection.threshold import Threshold


@dataclass(frozen=True, kw_only=True, eq=False)
class Decisions:
    """Images and what follows from their scores.

    Args:
        images: The images, N of them.
        scored: Scores, squared errors of pixels, and reconstructions.
        heat_maps: The squared errors, smoothed, shape (N, H, W).
        threshold: From held-out normal images.
        p_values: Shape (N,).
        false_alarms: Rate that was asked for; the threshold's own may be larger.
        sigma: Standard deviation of the Gaussian that smoothed the heat-maps, in pixels.
        notes: What must be known of them.
    """

    images: ImageSet
    scored: Scored
    heat_maps: Maps
    threshold: Threshold
    p_values: Scores
    false_alarms: float
    sigma: float
    notes: tuple[str, ...]

    @property
    def scores(self) -> Scores:
        """One an image, shape (N,), higher = more anomalous."""
        return self.scored.scores

    @property
    def anomalous(self) -> NDArray[np.bool_]:
        """Which images are above the threshold, shape (N,)."""
        return np.asarray(self.scores > self.threshold.value)

    def rows(self, names: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Describe each image in one row.

        Args:
            names: What to call the images; by default their paths.

        Returns:
            One dictionary an image: path, score, threshold, anomalous (0 or 1), p_value, label and
            kind; the last two are None where they are not known.
        """
        labels, kinds = self.images.labels, self.images.kinds
        return [
            {
                "path": name,
                "score": float(self.scores[index]),
                "threshold": self.threshold.value,
                "anomalous": int(self.anomalous[index]),
                "p_value": float(self.p_values[index]),
                "label": None if labels is None else int(labels[index]),
                "kind": None if kinds is None else kinds[index],
            }
            for index, name in enumerate(names or map(str, self.images.paths))
        ]


def about_threshold(threshold: Threshold, false_alarms: float) -> tuple[str, ...]:
    """Say so if there are too few held-out images for the rate that was asked for."""
    if threshold.false_alarms <= false_alarms:
        return ()
    line = (
        f"{threshold.held_out} held-out images cannot promise a rate of false alarms of "
        f"{false_alarms:g}: the threshold is their largest score, which normal images exceed with "
        f"probability up to {threshold.false_alarms:.3g}; hold out more (`lamp train --held-out`)"
    )
    return (line,)
