"""The model of a trial as a detector, ready to score images."""

import shutil
from pathlib import Path

from lamp.detection import Detector, fit_detector
from lamp.experiments.tasks import load_task
from lamp.experiments.trial import Files, Trial
from lamp.losses.settings import make_loss
from lamp.models.settings import make_model


def write_detector(trial: Trial, folder: Path, path: Path, *, root: Path | None = None) -> Detector:
    """Make a detector of the model at the end of a trial. Nothing is trained anew.

    Args:
        trial: Which; it did not diverge.
        folder: Of the trials.
        path: Checkpoint to write, ends in .safetensors; one that is there is replaced.
        root: Folder of the data.

    Returns:
        The detector, with the scores of the images that the trial held out.

    Raises:
        FileNotFoundError: If the trial's checkpoint or its data are missing.
        ValueError: If the data are others.
    """
    settings = trial.settings
    checkpoint = Files(folder, settings).checkpoint
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".json").unlink(missing_ok=True)
    shutil.copyfile(checkpoint, path)  # a finished training, which fit_detector reads
    return fit_detector(
        make_model(settings.model, seed=settings.training.seed),
        make_loss(settings.loss),
        load_task(settings.task, root).normal,
        settings.training,
        path=path,
        fraction=settings.held_out,
    )
