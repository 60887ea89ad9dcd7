"""Base losses, amplified losses (paper sections 2.2 and 2.3), and their controls."""

from lamp.losses.amplify import amplify
from lamp.losses.base import Base, BaseLoss, error_map
from lamp.losses.controls import NormMatched, PerSampleLoss, Scaled
from lamp.losses.errors import (
    ErrorMap,
    Reduction,
    absolute_error,
    cross_entropy_error,
    squared_error,
)
from lamp.losses.lamp_loss import LampLoss
from lamp.losses.scale import RunningMaximum, Scale
from lamp.losses.ssim import ssim_error

__all__ = [
    # base losses
    "Base",
    "BaseLoss",
    "ErrorMap",
    "Reduction",
    "absolute_error",
    "cross_entropy_error",
    "error_map",
    "squared_error",
    "ssim_error",
    # amplified losses
    "LampLoss",
    "RunningMaximum",
    "Scale",
    "amplify",
    # controls
    "NormMatched",
    "PerSampleLoss",
    "Scaled",
]
