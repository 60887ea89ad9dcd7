"""What a study does: trainings x landscapes, in one frozen set of settings."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from lamp.bounds import EPSILON, RATE, Depth, Epsilon, Optimizer, Rate, Samples, Width, split_loss
from landscape.settings import GridSettings, Tolerance, settings_from, split_commas

if TYPE_CHECKING:
    from lamp.losses.settings import LossSettings

EMBEDDED = ("digits", "mnist")
"""Data that go by a name: one class is normal, all others are anomalous."""


class StudySettings(BaseModel):
    """Settings of a study; the paper's section 3 where it says anything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: str = "digits"
    """digits: 8x8 images that come with scikit-learn, resized to 16x16; mnist: 28x28, padded to
    32x32, read from --data-root; or the folder of a category in MVTec layout."""
    normal: int | None = None
    """The normal class of digits or mnist, all others being anomalous; 3 by default."""
    size: int | None = Field(None, ge=8, le=4096)
    """Side to which images of a folder are resized, in pixels; 128 by default."""
    depth: Depth | None = None
    """Layers of the encoder, and of the decoder; 4 for digits and mnist, 6 for folders, as in the
    paper."""
    losses: tuple[str, ...] = ("l2", "l2-lamp")
    """Training losses, separated by commas, amplified ones also with how their equations are read,
    such as l2-lamp:detached or l2-lamp:author; every other one is compared with the first."""
    batch_sizes: tuple[int, ...] = (128, 16, 4)
    """Training batch sizes, separated by commas; by default those of the paper's Fig. 3, but
    64,16,4 for digits, of which 115 are trained on."""
    seeds: int = Field(3, ge=1, le=1000)
    """Trainings per loss and batch size, each with initial weights, held-out images and data order
    of its own, which it shares with the other losses and batch sizes of that seed."""
    train_samples: Samples = 20_000
    """Budget of a training, in images seen; equal for all batch sizes, so that their numbers of
    steps differ. By default that of `lamp reproduce table1`."""
    optimizer: Optimizer = "adam"
    """Optimizer of every training."""
    learning_rate: Rate = RATE
    """Learning rate of every training."""
    epsilon: Epsilon = EPSILON
    """LAMP's epsilon (Eq. 2); the paper gives no value."""
    width: Width = 16
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
    """Training images on which the surfaces are evaluated, the same for all models of a seed."""
    direction_seed: int = Field(0, ge=0, lt=2**63)
    """Seed of the directions, which all models share."""

    _split_commas = field_validator("losses", "batch_sizes", mode="before")(split_commas)

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, values: Any) -> Any:
        """Choose the normal class, and batches that hold no digit twice."""
        data = values.get("data", "digits") if isinstance(values, dict) else None
        found = {"normal": 3} if data in EMBEDDED else {}
        few = {"batch_sizes": (64, 16, 4)} if data == "digits" else {}
        return found | few | values if data is not None else values

    @field_validator("data")
    @classmethod
    def _there(cls, data: str) -> str:
        """Take a folder from wherever one stands."""
        if data not in EMBEDDED and not Path(data).is_dir():
            raise ValueError("expected digits, mnist or a folder that is there")
        return data if data in EMBEDDED else str(Path(data).resolve())

    @field_validator("losses")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse unknown losses, and one loss under two names."""
        found = [split_loss(name) for name in names]
        if not found or any(loss in found[:index] for index, loss in enumerate(found)):
            raise ValueError("expected at least one loss, each once")
        return names

    @field_validator("batch_sizes")
    @classmethod
    def _distinct(cls, sizes: tuple[int, ...]) -> tuple[int, ...]:
        if not sizes or len(set(sizes)) != len(sizes):
            raise ValueError("expected at least one value, each once")
        if min(sizes) < 1:
            raise ValueError("expected batch sizes of at least 1")
        return sizes

    @model_validator(mode="after")
    def _of_the_data(self) -> Self:
        """Refuse what would be ignored."""
        if self.data in EMBEDDED and self.size is not None:
            raise ValueError(f"expected --size for a folder only, got it for {self.data}")
        if self.data not in EMBEDDED and self.normal is not None:
            raise ValueError("expected --normal for digits and mnist only, got it for a folder")
        return self

    def loss_settings(self) -> tuple["LossSettings", ...]:
        """Return the training losses, the reference first.

        Example:
            >>> StudySettings(losses=("l2", "l2-lamp:detached")).loss_settings()[1].title
            'L2-LAMP, maximum detached'
        """
        from lamp.losses.settings import LossSettings  # which needs torch

        return tuple(LossSettings.named(name, epsilon=self.epsilon) for name in self.losses)

    @property
    def image_size(self) -> int:
        """Side of the images in pixels."""
        return {"digits": 16, "mnist": 32}.get(self.data) or self.size or 128

    def grid(self) -> GridSettings:
        """Return the planes of every surface; both lenses are known to the tolerance.

        Raises:
            LandscapeError: If they have too many points.
        """
        return settings_from(
            GridSettings,
            {
                "planes": self.planes,
                "steps": self.steps,
                "radius": self.radius,
                "seed": self.direction_seed,
                "tolerance": self.tolerance,
                "tolerance_metrics": ("loss", "training_loss"),
            },
        )


PRESETS: dict[str, dict[str, Any]] = {
    "paper": {},
    "demo": {
        "batch_sizes": (32, 16, 8),
        "seeds": 1,
        "train_samples": 4_000,
        "planes": 3,
        "steps": 19,
        "radius": 0.55,
        "samples": 32,
    },
}
"""Named sizes: `demo` takes three quarters of a minute on two cores."""
