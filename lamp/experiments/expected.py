"""How long trainings will take: told before hours of them begin."""

from collections.abc import Sequence

import torch

from lamp.experiments.settings import TrialSettings
from lamp.losses.settings import make_loss
from lamp.models.settings import make_model
from lamp.training.loop import advance, prepared

_FEW = 64  # images a step; a step with more takes as many times longer
_STEPS = 3


def expected_seconds(trials: Sequence[TrialSettings]) -> float:
    """Guess how long trainings take in one process with one thread, from a few steps of each kind.

    Steps are made on noise, with one loss for each model and number of images a step. What is done
    beside trainings, and how much processes slow one another down, is not in it.

    Args:
        trials: Which.

    Returns:
        Seconds; 0 for no trial.
    """
    seconds = dict[object, float]()
    total = 0.0
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in worker processes
    try:
        for trial in trials:
            batch_size = min(trial.training.batch_size, _FEW)
            kind = trial.model, batch_size, trial.training.sam_radius != 0
            if kind not in seconds:
                seconds[kind] = _image_seconds(trial, batch_size)
            total += trial.training.samples * seconds[kind]
    finally:
        torch.set_num_threads(threads)
    return total


def _image_seconds(trial: TrialSettings, batch_size: int) -> float:
    """Time some steps, but for the first ones; return seconds an image."""
    model, loss = make_model(trial.model), make_loss(trial.loss)
    samples, side = _STEPS * batch_size, trial.model.size
    noise = torch.Generator().manual_seed(0)
    images = torch.rand((samples, trial.model.channels, side, side), generator=noise)
    training = trial.training.model_copy(
        update={"batch_size": batch_size, "samples": samples, "recalibrate": False}
    )
    times = []
    for _ in range(2):
        with prepared(model, loss, (images, None), training) as run:
            advance(run, None)
            times.append(run.seconds)
    return min(times) / samples
