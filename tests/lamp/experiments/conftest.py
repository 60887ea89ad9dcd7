"""A trial of a second, and trials without training: what comes of them is drawn from their key."""

import random

import pytest

from lamp.experiments import Judgement, Mark, TaskSettings, Trial, TrialSettings
from lamp.experiments.trial import due_samples
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
        training=TrainingSettings(samples=90_000),
    )


@pytest.fixture(scope="session")
def fake():
    """Make a function that runs trials; errors, AUROCs and divergence are drawn from salts."""

    def make(error=0, auroc=0, diverged=0.0):
        def one(settings, until):
            draw = random.Random(f"{error} {settings.key}")
            due = sorted(set(due_samples(settings)))
            fails = draw.choice(due) if draw.random() < diverged else None
            stop = due[-1] if until is None else due_samples(settings)[until - 1]
            failed = fails is not None and fails <= stop
            marks = [
                Mark(
                    samples=samples,
                    judged=Judgement(
                        held_out=random.Random(f"{error} {settings.key} {samples}").random(),
                        auroc=None
                        if auroc is None
                        else random.Random(f"{auroc} {settings.key} {samples} a").random(),
                    ),
                )
                for samples in due
                if samples <= stop
            ]
            return Trial(
                settings=settings,
                marks=() if failed else tuple(marks),
                seconds=1.0,
                data="none",
                failure="the training loss became nan" if failed else "",
            )

        return lambda trials, until=None: [one(settings, until) for settings in trials]

    return make
