"""What losses and trainings can be told, for their settings and for command lines: without torch.

Command lines read it for `--help`, which is to come at once.
"""

from typing import Annotated, Literal

from pydantic import Field

Scope = Literal["sample", "batch", "none"]
"""Scope of LAMP's maximum (Eq. 2)."""

SMALLEST_EPSILON = 1e-7
"""Below, 1 - epsilon is 1 in single precision."""

Epsilon = Annotated[float, Field(ge=SMALLEST_EPSILON, lt=1)]
"""LAMP's epsilon (Eq. 2)."""

EPSILON = 0.1
"""The paper gives no value."""

Optimizer = Literal["adam", "sgd", "rmsprop"]
"""With torch's defaults; the three that the paper tries (section 3.1)."""

Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""Learning rate."""

RATE = 1e-3
"""Adam's own."""

Depth = Annotated[int, Field(ge=1, le=12)]
"""Layers of the encoder, and of the decoder; 2^12 is the largest side."""

Width = Annotated[int, Field(ge=1, le=1024)]
"""Channels of the first layer."""

Samples = Annotated[int, Field(ge=1, le=10**12)]
"""Budget of a training, in images seen."""

BATCH_SIZE = 16
"""As in the paper for MVTec AD (section 3.4)."""
