"""A trial of a second: digit 3 among scikit-learn's digits."""

import pytest

from lamp.experiments import TaskSettings, TrialSettings
from lamp.losses.settings import LossSettings
from lamp.models.settings import ModelSettings
from lamp.training import TrainingSettings


@pytest.fixture
def small():
    """Make the settings of a small trial; its task, loss and so on can be given."""

    def make(*, training=(), **parts):
        budget = {"batch_size": 16, "samples": 1024} | dict(training)
        return TrialSettings(
            **{
                "task": TaskSettings(data="digits", normal=3, size=16),
                "loss": LossSettings(name="l2-lamp"),
                "model": ModelSettings(size=16, depth=3, width=4),
                "training": TrainingSettings(**budget),
                **parts,
            }
        )

    return make
