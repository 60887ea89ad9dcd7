"""Trials: many trainings with what is measured of each, over all cores, resumable."""

from lamp.trials.check import check_trials
from lamp.trials.run import run_trials
from lamp.trials.settings import LensSettings, TaskSettings, TrialSettings
from lamp.trials.tasks import Task, load_task
from lamp.trials.trial import Mark, Trial, check_images, run_trial

__all__ = [
    "LensSettings",
    "Mark",
    "Task",
    "TaskSettings",
    "Trial",
    "TrialSettings",
    "check_images",
    "check_trials",
    "load_task",
    "run_trial",
    "run_trials",
]
