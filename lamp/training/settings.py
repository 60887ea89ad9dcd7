"""What a training depends on, and what it did."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from lamp.bounds import BATCH_SIZE, RATE, Optimizer, Rate


class TrainingSettings(BaseModel):
    """How to train: everything that the result depends on, beside model, loss and images.

    The paper tunes batch size and learning rate, tries SGD, RMSprop and Adam, and gives no budget
    (section 3.1).

    Args:
        optimizer: `"adam"`, `"sgd"` or `"rmsprop"`, with torch's defaults.
        learning_rate: Constant. The default is Adam's own.
        momentum: Of SGD and RMSprop. The default is torch's.
        batch_size: Samples a step. The default is that of the paper's section 3.4.
        samples: Budget in samples seen, rounded up to whole steps. The default is about four
            passes over one digit of MNIST.
        seed: Seed of the order of the samples.
        sam_radius: Take gradients at a distance of the parameters in the direction in which the
            loss grows (SAM, Foret et al. 2021, Eq. 2-3): what is learnt is flatter. Negative: in
            the direction in which it falls, so that it is sharper. Two passes a step.
        recalibrate: Take the statistics of BatchNorm anew at the end, over images of the training
            and with its last parameters (`recalibrate`). Running statistics are of parameters that
            are gone: after a few steps with large batches they are those of another network.

    Example:
        >>> TrainingSettings(batch_size=128, samples=1000).steps
        8
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    optimizer: Optimizer = "adam"
    learning_rate: Rate = RATE
    momentum: float = Field(default=0.0, ge=0, lt=1)
    batch_size: int = Field(default=BATCH_SIZE, ge=1)
    samples: int = Field(default=24_000, ge=1)
    seed: int = Field(default=0, ge=0, lt=2**63)
    sam_radius: float = Field(default=0.0, allow_inf_nan=False)
    recalibrate: bool = True

    @model_validator(mode="after")
    def _no_momentum_of_adam(self) -> Self:
        """Refuse a momentum that would be silently ignored."""
        if self.momentum and self.optimizer == "adam":
            raise ValueError("momentum is of 'sgd' and 'rmsprop'; adam has its own")
        return self

    @property
    def steps(self) -> int:
        """Number of optimizer steps."""
        return math.ceil(self.samples / self.batch_size)


@dataclass(frozen=True, kw_only=True, eq=False)
class History:
    """What a training did.

    Args:
        samples: Samples seen at the end of each block of about 512, shape (B,).
        loss: Mean training loss over each block, in the loss's own unit, shape (B,).
        steps: Optimizer steps done.
        seconds: Time spent, over all runs if it was interrupted.
    """

    samples: NDArray[np.int64]
    loss: NDArray[np.float64]
    steps: int
    seconds: float
