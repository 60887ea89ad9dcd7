"""What a study does: trainings x landscapes, in one frozen set of settings."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from landscape.settings import Tolerance, split_commas

LossName = Literal["l2", "l1", "ssim", "l2-lamp", "l1-lamp", "ssim-lamp"]
DataName = Literal["digits", "mnist"]


class StudySettings(BaseModel):
    """Settings of a study; the paper's section 3.2 where it says anything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: DataName = "digits"
    """digits: 8x8 images that come with scikit-learn, resized to 16x16; mnist: 28x28, padded to
    32x32, read from --data-root."""
    normal: int = 3
    """The normal class; all others are anomalous."""
    losses: tuple[LossName, ...] = ("l2", "l2-lamp")
    """Training losses, separated by commas; every other one is compared with the first."""
    batch_sizes: tuple[int, ...] = (128, 16, 4)
    """Training batch sizes, separated by commas; by default those of the paper's Fig. 3."""
    seeds: int = Field(3, ge=1, le=1000)
    """Trainings per loss and batch size, each with initial weights and data order of its own,
    which it shares with the other losses and batch sizes of that seed."""
    train_samples: int = Field(60_000, ge=1, le=10**12)
    """Budget of a training, in samples seen; equal for all batch sizes, so that their numbers of
    steps differ. Sixty thousand are about ten passes over one digit of MNIST."""
    optimizer: Literal["adam", "sgd", "rmsprop"] = "adam"
    """Optimizer of every training."""
    learning_rate: float = Field(1e-3, gt=0, allow_inf_nan=False)
    """Learning rate of every training."""
    epsilon: float = Field(0.1, ge=1e-7, lt=1)
    """LAMP's epsilon (Eq. 2); the paper gives no value."""
    scale: Literal["sample", "batch", "none"] = "sample"
    """Scope of LAMP's maximum (Eq. 2)."""
    detach: bool = False
    """Do not differentiate LAMP's maximum."""
    width: int = Field(16, ge=1, le=1024)
    """Channels of the first layer of the autoencoder."""
    kernel_size: int = Field(3, ge=1, le=255)
    """Side of its kernels."""
    planes: int = Field(5, ge=1, le=10_000)
    """Replicate planes for each surface; intervals need at least two."""
    steps: int = Field(51, ge=3, le=4001)
    """Points per side of each grid."""
    radius: float = Field(1.0, gt=0, allow_inf_nan=False)
    """Half side of each grid, in filter norms."""
    tolerance: Tolerance = Field(0.01, gt=0, lt=1)
    """Relative error to which points that are not measured are estimated, under both lenses and up
    to ten times the loss at the center; `none` measures all points."""
    samples: int = Field(128, ge=2)
    """Training images on which the surfaces are evaluated, the same for all models."""
    direction_seed: int = Field(0, ge=0, lt=2**63)
    """Seed of the directions, which all models share."""

    _split_commas = field_validator("losses", "batch_sizes", mode="before")(split_commas)

    @field_validator("losses", "batch_sizes")
    @classmethod
    def _distinct(cls, values: tuple[Any, ...]) -> tuple[Any, ...]:
        if not values or len(set(values)) != len(values):
            raise ValueError("expected at least one value, each once")
        return values

    @field_validator("batch_sizes")
    @classmethod
    def _positive(cls, sizes: tuple[int, ...]) -> tuple[int, ...]:
        if min(sizes) < 1:
            raise ValueError("expected batch sizes of at least 1")
        return sizes

    @property
    def image_size(self) -> int:
        """Side of the images in pixels."""
        return {"digits": 16, "mnist": 32}[self.data]

    def runs(self) -> Iterator["Run"]:
        """Yield every training of the study."""
        for seed in range(self.seeds):
            for batch_size in self.batch_sizes:
                for loss in self.losses:
                    yield Run(loss=loss, batch_size=batch_size, seed=seed)


PRESETS: dict[str, dict[str, Any]] = {
    "paper": {},
    "demo": {
        "seeds": 1,
        "planes": 3,
        "radius": 0.5,
        "train_samples": 20_000,
    },
}
"""Named sizes: `demo` takes some minutes on two cores."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One training of a study, and its surface."""

    loss: LossName
    batch_size: int
    seed: int

    @property
    def name(self) -> str:
        """Name of the run's files."""
        return f"{self.loss}_batch{self.batch_size}_seed{self.seed}"


def loss_title(name: str) -> str:
    """Write a loss as figures and tables do.

    Example:
        >>> loss_title("l2-lamp")
        'L2-LAMP'
    """
    return name.upper()
