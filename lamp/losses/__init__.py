"""Base losses and amplified losses (paper sections 2.2 and 2.3)."""

from lamp.losses.amplify import LampLoss, Scale, amplify
from lamp.losses.base import (
    Base,
    BaseLoss,
    ErrorMap,
    Reduction,
    absolute_error,
    error_map,
    squared_error,
)

__all__ = [
    "Base",
    "BaseLoss",
    "ErrorMap",
    "LampLoss",
    "Reduction",
    "Scale",
    "absolute_error",
    "amplify",
    "error_map",
    "squared_error",
]
