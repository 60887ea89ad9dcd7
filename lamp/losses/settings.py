"""A training loss in words: what names it in a file, on a command line and in a table."""

from typing import Literal, Self, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lamp.losses.base import BaseLoss
from lamp.losses.controls import NormMatched, Scaled
from lamp.losses.lamp_loss import LampLoss

LossName = Literal["l2", "l1", "ssim", "bce", "l2-lamp", "l1-lamp", "ssim-lamp"]


class LossSettings(BaseModel):
    """Everything that makes a training loss.

    Args:
        name: Base loss, with `-lamp` if it is amplified.
        epsilon: LAMP's epsilon (Eq. 2).
        scale: Scope of LAMP's maximum (Eq. 2).
        detach: Do not differentiate LAMP's maximum.
        order: Terms of the series in place of LAMP's logarithm; 1 is error / maximum.
        factor: Multiply the loss by a constant, as a control.
        matched: Go in the direction of the base loss, with the step lengths of the amplified one
            (`NormMatched`), as a control.

    Example:
        >>> LossSettings(name="l2-lamp", detach=True).title
        'L2-LAMP, maximum detached'
        >>> make_loss(LossSettings(name="l1-lamp", epsilon=0.2)).epsilon
        0.2
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: LossName = "l2"
    epsilon: float = Field(0.1, ge=1e-7, lt=1)
    scale: Literal["sample", "batch", "none"] = "sample"
    detach: bool = False
    order: int | None = Field(None, ge=1)
    factor: float = Field(1.0, gt=0, allow_inf_nan=False)
    matched: bool = False

    @model_validator(mode="after")
    def _nothing_ignored(self) -> Self:
        """Refuse controls that would be silently ignored, or contradict one another."""
        if not self.amplified and (self.order is not None or self.matched):
            raise ValueError(f"order and matched are of an amplified loss, got {self.name}")
        if self.matched and self.factor != 1:
            raise ValueError(
                "matched takes the step lengths of the amplified loss, which a factor would "
                f"change: expected factor 1, got {self.factor:g}"
            )
        return self

    @property
    def amplified(self) -> bool:
        """Whether it is LAMP."""
        return self.name.endswith("-lamp")

    @property
    def base(self) -> Literal["l2", "l1", "ssim", "bce"]:
        """The base loss."""
        return cast("Literal['l2', 'l1', 'ssim', 'bce']", self.name.removesuffix("-lamp"))

    @property
    def title(self) -> str:
        """Name for tables: the loss, and what differs from the defaults."""
        words = [self.name.upper()]
        if self.matched:
            words = [f"{self.base.upper()}, steps as long as LAMP's"]
        if self.amplified:
            scopes = {"sample": "", "batch": "maximum of the batch", "none": "no scale"}
            words += [scopes[self.scale]] if self.scale != "sample" else []
            words += ["maximum detached"] if self.detach else []
            words += [f"ε {self.epsilon:g}"] if self.epsilon != LossSettings().epsilon else []
            if self.order is not None:
                words += [
                    "error / maximum, no logarithm" if self.order == 1 else f"{self.order} terms"
                ]
        if self.factor != 1:
            words += [f"times {self.factor:g}"]
        return ", ".join(words)


def make_loss(settings: LossSettings) -> BaseLoss | LampLoss | Scaled | NormMatched:
    """Make a training loss.

    Args:
        settings: Which.

    Returns:
        A module: `loss(reconstruction, images)`.
    """
    made: BaseLoss | LampLoss | Scaled | NormMatched = BaseLoss(settings.base)
    if settings.amplified:
        assert settings.base != "bce"
        lamp = LampLoss(
            settings.base,
            epsilon=settings.epsilon,
            scale=settings.scale,
            detach=settings.detach,
            order=settings.order,
        )
        made = NormMatched(BaseLoss(settings.base), lamp) if settings.matched else lamp
    if settings.factor != 1:
        assert not isinstance(made, NormMatched)
        made = Scaled(made, settings.factor)
    return made
