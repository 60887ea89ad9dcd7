"""Trials: many trainings with what is measured of each, over all cores, resumable."""

from lamp.trials.run import run_trials
from lamp.trials.settings import LensSettings, TaskSettings, TrialSettings
from lamp.trials.trial import Mark, Trial, run_trial

__all__ = [
    "LensSettings",
    "Mark",
    "TaskSettings",
    "Trial",
    "TrialSettings",
    "run_trial",
    "run_trials",
]
