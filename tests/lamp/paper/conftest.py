"""Tables of models that were never trained, with the effects that a test wants them to have."""

import numpy as np
import pandas as pd
import pytest

from lamp.experiments import Judgement, Mark, Trial, TrialSettings
from lamp.experiments.lens import Sharpness
from lamp.experiments.table import tabulate


def _offset(settings: TrialSettings) -> float:
    """Return what is of the digit and seed of a model alone."""
    assert settings.task.normal is not None
    return settings.task.normal / 100 + settings.training.seed / 1000


@pytest.fixture
def models():
    """Return a function that makes the table of planned trainings from numbers by settings."""

    def make(plan, auroc, *, radius=lambda _: 0.5, experiment="table1") -> pd.DataFrame:
        trials = []
        for settings in plan:
            found = auroc(settings)
            sharpness = Sharpness(
                center=0.02,
                worst_pixel=0.1,
                radius=radius(settings),
                radius_rest=radius(settings),
                curvature=0.04 / radius(settings) ** 2,
                bounded=False,
                radii=(0.5, 0.5),
            )
            marks = [
                Mark(
                    samples=settings.training.samples * (part + 1) // settings.marks,
                    judged=Judgement(
                        held_out=0.02, auroc=found + _offset(settings), sharpness=sharpness
                    ),
                    running=Judgement(held_out=0.03, auroc=found - 0.1 + _offset(settings)),
                )
                for part in range(settings.marks)
            ]
            failed = np.isnan(found)
            trials.append(
                Trial(
                    settings=settings,
                    marks=() if failed else marks,
                    seconds=1.0,
                    data="0" * 64,
                    failure="the training loss became nan" if failed else "",
                )
            )
        return tabulate(trials, experiment=experiment)

    return make
