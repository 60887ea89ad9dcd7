"""What a trial depends on: data, loss, model, training, and when it is judged."""

import hashlib
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lamp.losses.settings import LossSettings
from lamp.models.settings import ModelSettings
from lamp.training import TrainingSettings


class TaskSettings(BaseModel):
    """An anomaly-detection task by name.

    Args:
        data: Digits, MNIST, or a category in MVTec layout.
        normal: The normal class of digits or MNIST.
        category: Folder of the category, relative to the root.
        size: Side in pixels to which its images are resized.
        channels: 1 or 3 converts its images; None takes them as they are.
        printed: Test on normal images, half of them with a printed defect (`print_defects`), in
            place of other classes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Literal["digits", "mnist", "folder"] = "mnist"
    normal: int | None = None
    category: str | None = None
    size: int = Field(32, ge=1)
    channels: Literal[1, 3] | None = None
    printed: bool = False

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        """Ask for what tells the task: a class or a folder."""
        if (self.data == "folder") != (self.category is not None):
            raise ValueError("expected a category for data 'folder', and for no other")
        if (self.data == "folder") == (self.normal is not None):
            raise ValueError("expected a normal class for digits and MNIST, and for nothing else")
        if self.printed and self.data == "folder":
            raise ValueError("expected printed defects of digits or MNIST, not of a folder")
        return self

    @property
    def name(self) -> str:
        """Name of the task in tables and files, such as `mnist 3`.

        Example:
            >>> TaskSettings(normal=3).name
            'mnist 3'
        """
        return self.category or f"{self.data} {self.normal}{' printed' * self.printed}"


class LensSettings(BaseModel):
    """How the sharpness of a trained model is taken, under plain L2 whatever it was trained with.

    Args:
        planes: Random directions, one line each: all models of a seed share them.
        steps: Points on a line.
        radius: Half the length of a line, in filter norms.
        samples: Training images that the loss is taken over.
        every_mark: Take it at every mark of a training, not at its end only.
        running: Take it with the running statistics of BatchNorm, too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    planes: int = Field(5, ge=2)
    steps: int = Field(31, ge=11)
    radius: float = Field(1.5, gt=0)
    samples: int = Field(128, ge=2)
    every_mark: bool = False
    running: bool = False


class TrialSettings(BaseModel):
    """One training and what is measured of it.

    Args:
        task: What to detect anomalies in.
        loss: Training loss; scores are L2 whatever it is.
        model: Autoencoder. Its initial weights come from the training's seed.
        training: How to train. Its seed also draws the held-out images.
        held_out: Share of the normal images that is not trained on, to choose by.
        calibrate: Choose by half of them only: the others give the threshold of a detector, which
            images that something was chosen by would make too low.
        marks: How often the model is judged, at equal parts of the budget; the last is its end.
        lens: How sharpness is taken at the end; None takes none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: TaskSettings
    loss: LossSettings = LossSettings()
    model: ModelSettings = ModelSettings()
    training: TrainingSettings = TrainingSettings()
    held_out: float = Field(0.1, gt=0, lt=1)
    calibrate: bool = False
    marks: int = Field(2, ge=1)
    lens: LensSettings | None = None

    @property
    def key(self) -> str:
        """Name of its files: what people look for, and a digest of everything.

        Example:
            >>> TrialSettings(task=TaskSettings(normal=3)).key[:-8]
            'mnist-3_l2_batch16_seed0_'
        """
        words = [
            self.task.name.replace(" ", "-").replace("/", "-"),
            self.loss.name,
            f"batch{self.training.batch_size}",
            f"seed{self.training.seed}",
            hashlib.sha256(self.model_dump_json(exclude_defaults=True).encode()).hexdigest()[:8],
        ]
        return "_".join(words)
