"""Experiments: trials, which are trainings with what is measured of each, and searches of them."""

from lamp.experiments.check import check_trials
from lamp.experiments.choice import Choice, Chosen, choose
from lamp.experiments.halving import Search, search
from lamp.experiments.run import run_trial, run_trials
from lamp.experiments.settings import LensSettings, TaskSettings, TrialSettings
from lamp.experiments.space import SearchSpace
from lamp.experiments.tasks import Task, load_task
from lamp.experiments.trial import Judgement, Mark, Trial, check_images, split_indices

__all__ = [
    "Choice",
    "Chosen",
    "Judgement",
    "LensSettings",
    "Mark",
    "Search",
    "SearchSpace",
    "Task",
    "TaskSettings",
    "Trial",
    "TrialSettings",
    "check_images",
    "check_trials",
    "choose",
    "load_task",
    "run_trial",
    "run_trials",
    "search",
    "split_indices",
]
