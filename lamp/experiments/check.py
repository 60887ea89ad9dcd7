"""What makes a trial impossible, found before hours are spent on others."""

from collections.abc import Iterable

from lamp.experiments.settings import TrialSettings
from lamp.experiments.tasks import Task
from lamp.experiments.trial import split_indices
from lamp.models import mode
from lamp.models.settings import ModelSettings, make_model


def check_trials(trials: Iterable[TrialSettings], task: Task) -> None:
    """Refuse trials that cannot be run on the images of a task.

    Args:
        trials: All of this task.
        task: Its images.

    Raises:
        ValueError: For the first one whose batch is larger than the images to train on, whose
            model is none or is made for other images, or whose BatchNorm would see one value.
    """
    tried: set[tuple[ModelSettings, int]] = set()
    for trial in trials:
        _check_batch(trial, len(task.normal))
        few = min(trial.training.batch_size, 2)  # two are as good as any larger batch
        if (trial.model, few) not in tried:
            _check_model(trial.model, task, few)
            tried.add((trial.model, few))


def _check_batch(trial: TrialSettings, normal: int) -> None:
    """Refuse a batch that holds an image twice."""
    train_on = split_indices(trial, normal).train
    if trial.training.batch_size > len(train_on):
        raise ValueError(
            f"expected batch sizes of at most {len(train_on)}, the number of images to train on "
            f"({normal} less {normal - len(train_on)} held out), got {trial.training.batch_size}: "
            "take smaller batches (`--batch-sizes`)"
        )


def _check_model(settings: ModelSettings, task: Task, batch_size: int) -> None:
    """Refuse a model that cannot be trained on batches of the images."""
    expected, found = (
        (settings.channels, settings.size, settings.size),
        tuple(task.normal.shape[1:]),
    )
    if expected != found:
        words = [f"{c} channel{'s' * (c > 1)}, {h} x {w} pixels" for c, h, w in (expected, found)]
        raise ValueError(
            f"expected images of {words[0]} for the model, got {words[1]} of {task.name}: give "
            "the model the size and channels of the images"
        )
    model = make_model(settings)
    with mode(model, training=True):
        model(task.normal[:batch_size])
