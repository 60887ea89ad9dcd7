"""The model of a trial as a detector, ready to score images."""

import shutil
from pathlib import Path

from lamp.checkpoint import json_beside, read_tensors
from lamp.detection import Detector, fit_detector
from lamp.experiments.tasks import load_task
from lamp.experiments.trial import Files, Trial, split_indices
from lamp.losses.settings import make_loss
from lamp.models.settings import make_model


def write_detector(trial: Trial, folder: Path, path: Path, *, root: Path | None = None) -> Detector:
    """Make a detector of the model at the end of a trial. Nothing is trained anew.

    Its threshold and p-values come from images that the trial neither trained on nor was judged by:
    those by which it was chosen among others score too low, and a threshold from them would raise
    more false alarms than it promises.

    Args:
        trial: Which; it came to its end, and its settings set images apart to calibrate on.
        folder: Of the trials.
        path: Checkpoint to write, ends in .safetensors; one that is there is replaced.
        root: Folder of the data.

    Returns:
        The detector, with the scores of the images to calibrate on.

    Raises:
        FileNotFoundError: If the trial's checkpoint or its data are missing.
        ValueError: If the data are others, the checkpoint is damaged, or there are no images to
            calibrate on, or another's file has the name of the checkpoint's JSON.
    """
    settings = trial.settings
    task = load_task(settings.task, root)
    split = split_indices(settings, len(task.normal))
    checkpoint = Files(folder, settings).checkpoint
    read_tensors(checkpoint)  # what is missing or damaged has its own name here, not the copy's
    path.parent.mkdir(parents=True, exist_ok=True)
    json_beside(path).unlink(missing_ok=True)
    shutil.copyfile(checkpoint, path)  # a finished training, which fit_detector reads
    return fit_detector(
        make_model(settings.model, seed=settings.training.seed),
        make_loss(settings.loss),
        task.normal if task.files is None else task.files,
        settings.training,
        path=path,
        calibrate=split.calibrate,
        choose=split.choose,
    )
