"""What `lamp train` and `lamp score` can be told. Nothing heavy is imported here."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from landscape.settings import Device


class DetectorSettings(BaseModel):
    """Settings of a detector; the paper's section 3.1 where it says anything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    loss: Literal["l2", "l1", "ssim", "l2-lamp", "l1-lamp", "ssim-lamp"] = "l2"
    """Training loss; scores are L2 whatever it is."""
    epsilon: float = Field(0.1, ge=1e-7, lt=1)
    """LAMP's epsilon (Eq. 2); the paper gives no value."""
    scale: Literal["sample", "batch", "none"] = "sample"
    """Scope of LAMP's maximum (Eq. 2)."""
    detach: bool = False
    """Do not differentiate LAMP's maximum."""
    size: int = Field(128, ge=1)
    """Side to which images are resized, in pixels, a multiple of 2^depth. 256 is usual for MVTec
    AD and takes four times as long."""
    channels: Literal[1, 3] | None = None
    """Convert all images to grey (1) or colour (3); by default they are taken as they are."""
    depth: int = Field(6, ge=1)
    """Layers of the encoder, and of the decoder. 6 as in the paper for MVTec AD."""
    width: int = Field(16, ge=1)
    """Channels of the first layer; each further layer has twice as many."""
    kernel_size: int = Field(5, ge=1)
    """Side of the kernels, odd. 5 as in the network that the paper cites for its own."""
    latent_channels: int | None = Field(None, ge=1)
    """Channels of the bottleneck; by default the doubling goes on to the last layer."""
    patches: int = Field(1, ge=1)
    """Patches along each side that are reconstructed one by one; a power of two."""
    batch_size: int = Field(16, ge=1)
    """Images a step. 16 as in the paper for MVTec AD."""
    samples: int | None = Field(None, ge=1)
    """Budget in images seen; 24,000 by default."""
    epochs: int | None = Field(None, ge=1)
    """Budget in passes over the training images, instead of --samples."""
    optimizer: Literal["adam", "sgd", "rmsprop"] = "adam"
    """Optimizer, with torch's defaults."""
    learning_rate: float = Field(1e-3, gt=0, allow_inf_nan=False)
    """Learning rate, constant."""
    held_out: float = Field(0.1, gt=0, lt=1)
    """Share of train/good that is not trained on but gives the threshold and the p-values."""
    seed: int = Field(0, ge=0)
    """Seed of initial weights, order of images and split."""
    device: Device = "auto"
    """Where to train; auto takes CUDA where there is one."""

    @field_validator("channels", mode="before")
    @classmethod
    def _channels_of_a_command_line(cls, value: object) -> object:
        """Take digits for a number."""
        return int(value) if isinstance(value, str) and value.isdecimal() else value

    @model_validator(mode="after")
    def _one_budget(self) -> Self:
        """Refuse two budgets."""
        if self.samples is not None and self.epochs is not None:
            raise ValueError("expected --samples or --epochs, got both")
        return self


class ScoringSettings(BaseModel):
    """Settings of decisions and measurements."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    false_alarms: float = Field(0.05, gt=0, lt=1)
    """Share of normal images that may be called anomalous: the threshold is that quantile of the
    held-out normal images' scores."""
    smoothing: float | None = Field(None, ge=0, allow_inf_nan=False)
    """Standard deviation of the Gaussian that smooths heat-maps, in pixels; by default 4 at an
    image size of 256, as in PaDiM and SPADE, in proportion at others. Scores are not affected."""
    baselines: bool = True
    """Compare with PCA, the mean image and brightness."""
    device: Device = "auto"
    """Where to compute; auto takes CUDA where there is one."""

    def sigma(self, size: int) -> float:
        """Return the smoothing for images of a size.

        Example:
            >>> ScoringSettings().sigma(128), ScoringSettings(smoothing=0).sigma(128)
            (2.0, 0.0)
        """
        return size / 64 if self.smoothing is None else self.smoothing
