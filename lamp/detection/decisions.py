"""What a detector says of images: scores, heat-maps, decisions and p-values."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamp.data import NORMAL, ImageSet
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

    def rows(self, name_of: Callable[[Path], str] = str) -> list[dict[str, Any]]:
        """Describe each file in one row; those that could not be read come last.

        Args:
            name_of: Makes the name of an image from its path.

        Returns:
            One dictionary a file: path, score, threshold, anomalous (0 or 1), p_value, label, kind
            and status (scored or unreadable). What is not known is None.
        """
        labels, kinds, anomalous = self.images.labels, self.images.kinds, self.anomalous
        scored = [
            {
                "path": name_of(path),
                "score": float(self.scores[index]),
                "threshold": self.threshold.value,
                "anomalous": int(anomalous[index]),
                "p_value": float(self.p_values[index]),
                "label": None if labels is None else int(labels[index]),
                "kind": None if kinds is None else kinds[index],
                "status": "scored",
            }
            for index, path in enumerate(self.images.paths)
        ]
        nothing = dict.fromkeys(("score", "threshold", "anomalous", "p_value"))
        return scored + [
            {
                "path": name_of(file.path),
                **nothing,
                "label": None if file.kind is None else int(file.kind != NORMAL),
                "kind": file.kind,
                "status": "unreadable",
            }
            for file in self.images.unreadable
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
