"""What the commands that train and score detectors can be told. Nothing heavy is imported here."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from lamp.bounds import (
    BATCH_SIZE,
    EPSILON,
    RATE,
    Depth,
    Epsilon,
    Optimizer,
    Rate,
    Samples,
    Scope,
    Width,
    check_encoder,
    check_patches,
)
from landscape.settings import split_commas

Device = Literal["auto", "cpu", "cuda"]
AtLeastOne = Annotated[int, Field(ge=1, le=65_536)]


class FixedSettings(BaseModel):
    """Settings of a detector that a search leaves as they are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    loss: Literal["l2", "l1", "ssim", "l2-lamp", "l1-lamp", "ssim-lamp"] = "l2"
    """Training loss; scores are L2 whatever it is."""
    epsilon: Epsilon = EPSILON
    """LAMP's epsilon (Eq. 2); the paper gives no value."""
    scale: Scope = "sample"
    """Scope of LAMP's maximum (Eq. 2)."""
    detach: bool = True
    """Do not differentiate LAMP's maximum. Eq. 2 as written does, and a model so trained gives one
    pixel away, the same in every image: the heat-map then shows that pixel."""
    size: int = Field(128, ge=1, le=4096)
    """Side to which images are resized, in pixels, a multiple of 2^depth. 256 is usual for MVTec
    AD and takes four times as long."""
    channels: Literal[1, 3] | None = None
    """Convert all images to grey (1) or colour (3); by default they are taken as they are."""
    depth: Depth = 6
    """Layers of the encoder, and of the decoder. 6 as in the paper for MVTec AD."""
    width: Width = 16
    """Channels of the first layer; each further layer has twice as many."""
    latent_channels: int | None = Field(None, ge=1, le=65_536)
    """Channels of the bottleneck; by default the doubling goes on to the last layer."""
    samples: Samples | None = None
    """Budget in images seen; 24,000 by default."""
    epochs: int | None = Field(None, ge=1, le=10**6)
    """Budget in passes over the training images, instead of --samples."""
    held_out: float = Field(0.1, gt=0, lt=1)
    """Share of the normal images that is not trained on but gives the threshold and p-values."""
    seed: int = Field(0, ge=0, lt=2**63)
    """Seed of initial weights, order of images and split."""

    @field_validator("channels", mode="before")
    @classmethod
    def _number(cls, value: object) -> object:
        """Take a word of the command line for the number that it is, which a Literal does not."""
        return int(value) if isinstance(value, str) and value.isdecimal() else value

    @model_validator(mode="after")
    def _nothing_ignored(self) -> Self:
        """Refuse two budgets, and settings of LAMP for a loss that is not amplified."""
        if self.samples is not None and self.epochs is not None:
            raise ValueError("expected --samples or --epochs, got both")
        for name in ("epsilon", "scale", "detach"):
            told = getattr(self, name) != FixedSettings.model_fields[name].default
            if told and not self.loss.endswith("-lamp"):
                raise ValueError(
                    f"{name} is of LAMP: expected a loss such as {self.loss}-lamp, got {self.loss}"
                )
        return self


class DetectorSettings(FixedSettings):
    """Settings of a detector; the paper's section 3.1 where it says anything."""

    kernel_size: AtLeastOne = 5
    """Side of the kernels, odd. 5 as in the network that the paper cites for its own."""
    patches: AtLeastOne = 1
    """Patches along each side that are reconstructed one by one; a power of two."""
    batch_size: AtLeastOne = BATCH_SIZE
    """Images a step. 16 as in the paper for MVTec AD."""
    optimizer: Optimizer = "adam"
    """Optimizer, with torch's defaults."""
    learning_rate: Rate = RATE
    """Learning rate, constant."""

    @model_validator(mode="after")
    def _makes_a_model(self) -> Self:
        """Refuse numbers that fit no network, before torch is imported."""
        check_encoder(size=self.size, depth=self.depth, kernel_size=self.kernel_size)
        check_patches(self.patches, size=self.size, depth=self.depth)
        return self


SEARCHED = {
    "learning_rates": "learning_rate",
    "patches": "patches",
    "kernel_sizes": "kernel_size",
    "batch_sizes": "batch_size",
    "optimizers": "optimizer",
}
"""Lists of values to try, and the hyper-parameter that each is of."""


class SearchSettings(FixedSettings):
    """Settings of a search: of each hyper-parameter the values to try, the default first."""

    learning_rates: tuple[Rate, ...] = (RATE,)
    """Constant learning rates to try, separated by commas as in all lists; the first value of each
    list is the default of its hyper-parameter."""
    patches: tuple[AtLeastOne, ...] = (1,)
    """Numbers of patches along each side to try; powers of two."""
    kernel_sizes: tuple[AtLeastOne, ...] = (5,)
    """Sides of the kernels to try, odd; for digits and mnist 3 by default."""
    batch_sizes: tuple[AtLeastOne, ...] = (BATCH_SIZE,)
    """Images a step to try."""
    optimizers: tuple[Optimizer, ...] = ("adam",)
    """Optimizers to try."""
    rounds: int = Field(2, ge=1, le=5)
    """In the last round trainings go on to the full budget, in each earlier one to a third of the
    next; the best third of a round goes on to the next."""
    held_out: float = Field(0.2, gt=0, lt=1)
    """Share of the normal images that is not trained on. By one half of them hyper-parameters are
    chosen; the other half gives the threshold and the p-values of the chosen detector."""
    normal: int | None = None
    """The normal class of digits or mnist, 3 by default."""

    _split_commas = field_validator(*SEARCHED, mode="before")(split_commas)

    @field_validator(*SEARCHED)
    @classmethod
    def _distinct(cls, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """Refuse a list of nothing, or with something twice."""
        if not values or len(set(values)) != len(values):
            raise ValueError("expected at least one value, each once")
        return values

    @field_validator("kernel_sizes")
    @classmethod
    def _odd(cls, sizes: tuple[int, ...]) -> tuple[int, ...]:
        """Refuse kernels without a middle, before torch is imported."""
        for size in sizes:
            check_encoder(size=1, depth=0, kernel_size=size)
        return sizes

    def default(self) -> DetectorSettings:
        """Return the detector of the first values.

        Example:
            >>> SearchSettings(kernel_sizes=(3, 5), epochs=2).default().kernel_size
            3
        """
        firsts = {own: getattr(self, values)[0] for values, own in SEARCHED.items()}
        return DetectorSettings(
            **self.model_dump(include=set(FixedSettings.model_fields)), **firsts
        )


class ScoringSettings(BaseModel):
    """Settings of decisions and measurements."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    false_alarms: float = Field(0.05, gt=0, lt=1)
    """Share of normal images that may be called anomalous: the threshold is that quantile of the
    held-out normal images' scores."""
    smoothing: float | None = Field(None, ge=0, le=1000)
    """Standard deviation of the Gaussian that smooths heat-maps, in pixels; by default 4 at an
    image size of 256, as in PaDiM and SPADE, in proportion at others. Scores are not affected."""
    baselines: bool = True
    """Compare with PCA, the nearest image trained on, the mean image, and brightness."""
    device: Device = "auto"
    """Where to compute; auto takes CUDA where there is one."""
