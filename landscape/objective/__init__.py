"""A user's problem made evaluable: model, loss and data resident on one device."""

from landscape.objective.objective import Objective
from landscape.objective.problem import Problem, load_problem
from landscape.objective.sample import Sample
from landscape.objective.trials import tune
from landscape.objective.tuning import Tuning

__all__ = ["Objective", "Problem", "Sample", "Tuning", "load_problem", "tune"]
