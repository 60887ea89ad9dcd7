"""Trainings on MNIST, one digit normal: what Table 1 and all that it is questioned by share."""

from typing import Literal

from lamp.experiments import LensSettings, TaskSettings, Trial, TrialSettings
from lamp.losses.settings import LossSettings
from lamp.models.settings import ModelSettings
from lamp.reproduce.names import Budget
from lamp.training import TrainingSettings

DIGITS = tuple(range(10))

L2 = LossSettings(name="l2")
LAMP = LossSettings(name="l2-lamp")
DETACHED = LossSettings(name="l2-lamp", detach=True)

SAMPLES: dict[Budget, int] = {"minutes": 8_000, "hours": 20_000, "paper": 120_000}
"""Images that a training sees."""


def mnist_trial(
    digit: int,
    loss: LossSettings,
    batch_size: int,
    *,
    samples: int,
    seed: int,
    optimizer: Literal["adam", "sgd"] = "adam",
    learning_rate: float = 1e-3,
) -> TrialSettings:
    """Return the settings of one training: the paper's autoencoder of 4 + 4 layers."""
    return TrialSettings(
        task=TaskSettings(data="mnist", normal=digit),
        loss=loss,
        model=ModelSettings(size=32),
        training=TrainingSettings(
            optimizer=optimizer,
            learning_rate=learning_rate,
            batch_size=batch_size,
            samples=samples,
            seed=seed,
        ),
        lens=LensSettings(),
    )


def batch_size(trial: Trial) -> int:
    """Return the batch size of a trial."""
    return trial.settings.training.batch_size


def steps(trial: Trial) -> int:
    """Return the number of optimizer steps of a trial."""
    return trial.settings.training.steps
