"""Trials without training: what comes of them is drawn from their key."""

import random

import pytest

from lamp.experiments import Mark, TaskSettings, Trial, TrialSettings
from lamp.models.settings import ModelSettings
from lamp.training import TrainingSettings


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
                    held_out=draw.random(),
                    auroc=None if auroc is None else judged.random(),
                )
                for part in (1, 2)
            ]
            return Trial(
                settings=settings,
                marks=() if failed else tuple(marks),
                sharpness=None,
                seconds=1.0,
                data="none",
                failure="the training loss became nan" if failed else "",
            )

        return lambda trials: [one(settings) for settings in trials]

    return make
