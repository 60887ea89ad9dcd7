"""A user's problem made evaluable: model, loss and data resident on one device."""

from landscape.objective.objective import Objective, Sample
from landscape.objective.problem import Problem, load_problem

__all__ = ["Objective", "Problem", "Sample", "load_problem"]
