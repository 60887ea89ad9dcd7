"""A trial of a second, and trials without training: what comes of them is drawn from their key."""

import random

import pytest

from lamp.experiments import Judgement, Mark, TaskSettings, Trial, TrialSettings
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


@pytest.fixture(scope="session")
def start():
    return TrialSettings(
        task=TaskSettings(data="digits", normal=3, size=16),
        model=ModelSettings(size=16, depth=3, width=4),
        training=TrainingSettings(samples=900),
    )


@pytest.fixture(scope="session")
def fake():
    """Make a function that runs trials; errors, AUROCs and divergence are drawn from salts."""

    def make(error=0, auroc=0, diverged=0.0):
        def one(settings):
            draw = random.Random(f"{error} {settings.key}")
            judged = random.Random(f"{auroc} {settings.key}")
            failed = draw.random() < diverged
            marks = [
                Mark(
                    samples=settings.training.samples * part // 2,
                    judged=Judgement(
                        held_out=draw.random(),
                        auroc=None if auroc is None else judged.random(),
                    ),
                )
                for part in (1, 2)
            ]
            return Trial(
                settings=settings,
                marks=() if failed else tuple(marks),
                seconds=1.0,
                data="none",
                failure="the training loss became nan" if failed else "",
            )

        return lambda trials: [one(settings) for settings in trials]

    return make
