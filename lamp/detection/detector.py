"""A trained model with what detection needs: held-out scores, and how it all came to be."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn

from lamp.checkpoint import damage_errors, fingerprint, load_checkpoint, read_tensors
from lamp.data import ImageSet
from lamp.data.intensity import Intensity
from lamp.data.split import digests
from lamp.detection.decisions import (
    Decisions,
    about_threshold,
    about_trained_on,
    normal_threshold,
    p_values,
)
from lamp.detection.inputs import Photographs, as_images
from lamp.detection.scores import Scores, score_images, smooth

RECORD, SCORES = "detection", "held_out_scores"
"""Where the information of a checkpoint has what is a detector's own, and the scores in it."""

_FIELDS = {"size", "channels", "loss", "latent", "intensity", "images", "split", "notes", SCORES}

_LARGEST = 2**14  # pixels a side: images are scaled to what the file says


@dataclass(frozen=True, kw_only=True, eq=False)
class Detector:
    """A model to score images with.

    Where lamp is not installed, the model goes on alone:
    `torch.export.save(torch.export.export(detector.model, (images[:1],)), "model.pt2")`, there
    `torch.export.load("model.pt2").module()`. It takes one image, (1, C, size, size) in [0, 1]; the
    mean squared difference to what it returns is the score.

    Args:
        model: Reconstructs images.
        held_out: Scores of normal images that it was not trained on, shape (n,).
        info: All that is in its checkpoint: architecture, loss, settings, history, versions.
    """

    model: nn.Module
    held_out: Scores
    info: Mapping[str, Any]

    @property
    def size(self) -> int:
        """Side of the images in pixels."""
        return int(self._record["size"])

    @property
    def channels(self) -> int:
        """1 for grey images, 3 for colour."""
        return int(self._record["channels"])

    @property
    def intensity(self) -> Intensity | None:
        """Black and white of files of more than 8 bits; None if it was trained on none."""
        found = self._record["intensity"]
        return None if found is None else (float(found[0]), float(found[1]))

    @property
    def latent(self) -> int:
        """Numbers in the latent code of one image."""
        return int(self._record["latent"])

    @property
    def seed(self) -> int:
        """Seed of the split and of the order of samples."""
        return int(self.info["settings"]["seed"])

    @property
    def loss(self) -> str:
        """The training loss, as tables write it, such as `L2-LAMP`."""
        return str(self._record["loss"])

    @property
    def trained_on(self) -> frozenset[str]:
        """Digests of the images that it was trained on; none in files of earlier versions."""
        return frozenset(self._record.get("trained_on", ()))

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known of it."""
        return tuple(self._record["notes"])

    def score(
        self,
        photographs: Photographs,
        *,
        false_alarms: float = 0.05,
        smoothing: float | None = None,
    ) -> Decisions:
        """Score photographs and decide which are anomalous.

        Args:
            photographs: One or several: a file, a folder, an array, or what `lamp.data` loaded
                (`as_images` tells all forms). They are brought to the size of the detector.
            false_alarms: Share of normal images that may be called anomalous.
            smoothing: Standard deviation of the Gaussian that smooths heat-maps, in pixels; by
                default 4 at a size of 256, as in PaDiM and SPADE, in proportion at others.

        Returns:
            Scores, heat-maps, decisions and p-values.

        Raises:
            FileNotFoundError: If there is no image in a folder.
            ValueError: If none can be read, or a setting is out of its range.
        """
        images = as_images(
            photographs, size=self.size, channels=self.channels, intensity=self.intensity
        )
        threshold = normal_threshold(self.held_out, false_alarms)
        scored = score_images(self.model, images.images)
        seen = self.trained_on
        trained_on = np.array([each in seen for each in digests(images.images)], np.bool_)
        sigma = self.size / 64 if smoothing is None else smoothing
        return Decisions(
            images=images,
            scored=scored,
            heat_maps=smooth(scored.maps, sigma),
            threshold=threshold,
            p_values=p_values(scored.scores, self.held_out),
            false_alarms=false_alarms,
            sigma=sigma,
            trained_on=trained_on,
            notes=(
                *self.notes,
                *self._about_intensity(images),
                *about_trained_on(trained_on),
                *about_threshold(len(self.held_out), false_alarms),
            ),
        )

    def split(self, normal: Tensor) -> tuple[Tensor, Tensor] | None:
        """Find the images that it was trained on, and those that give the threshold.

        Args:
            normal: All normal images, as given to `fit_detector`.

        Returns:
            Both, or None if `normal` is not the set that it was fitted to.
        """
        if fingerprint({"images": normal}) != self._record["images"]:
            return None
        parts = self._record["split"]
        return normal[parts["train"]], normal[parts["calibrate"]]

    def _about_intensity(self, images: ImageSet) -> list[str]:
        """Say so if black and white come from the images to score and not from those trained on."""
        if images.intensity is None or self.intensity is not None:
            return []
        black, white = images.intensity
        line = (
            f"files of more than 8 bits, of which the detector saw none: {black:g} was taken as "
            f"black and {white:g} as white, from the files scored together, on which scores then "
            "depend"
        )
        return [line]

    @property
    def _record(self) -> Mapping[str, Any]:
        record: Mapping[str, Any] = self.info[RECORD]
        return record


def load_detector(path: str | Path, model: nn.Module | None = None) -> Detector:
    """Read a detector that `fit_detector` wrote.

    Args:
        path: The checkpoint.
        model: Of the architecture that was trained, loaded in place; by default the one that the
            checkpoint describes, which one of your own has to be given here.

    Returns:
        The detector, on the CPU, in eval mode.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is damaged, unfinished, or a checkpoint of another kind.
    """
    path = Path(path)
    with damage_errors(path, "train it anew"):
        _, info = read_tensors(path)
        if info and not info.get("finished", True):
            raise ValueError(
                f"{path} is of a training that is not finished: give its command again, it goes "
                "on where it stopped"
            )
        if RECORD not in info:
            kind = (
                f"one of {info['model']['class']}" if "model" in info else "one of another program"
            )
            raise ValueError(
                f"expected a detector, as `lamp train` writes it, got a checkpoint without "
                f"held-out scores, {kind}: {path}"
            )
        scores = _held_out(path, info[RECORD])
        model, info = load_checkpoint(path, model)
        detector = Detector(model=model.eval(), held_out=scores, info=info)
        _check_record(detector)
        return detector


def _check_record(detector: Detector) -> None:
    """Raise an error for what no detector has: everything is read once."""
    size, channels = detector.size, detector.channels
    _ = detector.intensity, detector.notes, detector.trained_on
    if not 0 < size <= _LARGEST or channels not in {1, 3} or detector.latent < 1:
        raise ValueError(
            f"expected images of 1 or 3 channels and at most {_LARGEST} pixels a side, got "
            f"{channels} and {size}"
        )
    if detector.seed < 0 or not np.isfinite(detector.held_out).all():
        raise ValueError("expected a seed of at least 0 and finite held-out scores")
    config = detector.info["model"]["config"] or {}
    whole = int(config.get("size", size)), int(config.get("channels", channels))
    if detector.info["model"]["class"] != "Patchwise" and whole != (size, channels):
        raise ValueError(f"its model takes {whole[1]} channels and {whole[0]} pixels a side")


def _held_out(path: Path, record: Mapping[str, Any]) -> Scores:
    """Return the held-out scores of a detector, or refuse a file that is not whole."""
    missing = sorted(_FIELDS - set(record))
    scores = np.array([] if missing else record[SCORES])
    if missing or scores.dtype.kind != "f" or scores.ndim != 1 or not len(scores):
        what = f"without {', '.join(missing)}" if missing else "without held-out scores"
        raise ValueError(f"{path} is a detector of another version, {what}: train it anew")
    return scores
