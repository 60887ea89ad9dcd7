"""A user's problem made evaluable: model, loss and data resident on one device."""

from landscape.objective.evaluate import Objective
from landscape.objective.tune import tune
from landscape.objective.tuning import Tuning
from landscape.objective.values import Sample

__all__ = ["Objective", "Sample", "Tuning", "tune"]
