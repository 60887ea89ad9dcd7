"""A training loss in words: what names it in a file, on a command line and in a table."""

from collections.abc import Mapping
from typing import Any, Literal, Self, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lamp.bounds import EPSILON, READINGS, Epsilon, LossName, Scope, split_loss
from lamp.losses.base import BaseLoss
from lamp.losses.controls import NormMatched, Scaled
from lamp.losses.lamp_loss import LampLoss

_TITLES = {
    "literal": [],
    "detached": ["maximum detached"],
    "author": ["an author's code"],
    "author-signed": ["an author's code, images in [-1, 1]"],
    "batch": ["maximum of the batch"],
    "none": ["no scale"],
    "scalar": ["of each image's mean error"],
}

_READ: Mapping[str, Any] = {"scale": "sample", "detach": False, "floor": 1e-4, "per": "element"}


class LossSettings(BaseModel):
    """Everything that makes a training loss.

    Args:
        name: Base loss, with `-lamp` if it is amplified.
        epsilon: LAMP's epsilon (Eq. 2).
        scale: Scope of LAMP's maximum (Eq. 2).
        detach: Do not differentiate LAMP's maximum.
        floor: Smallest value of LAMP's maximum.
        per: Whether Eq. 1 is applied to each element or to the mean error of each sample.
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
    epsilon: Epsilon = EPSILON
    scale: Scope = "sample"
    detach: bool = False
    floor: float = Field(1e-4, gt=0, allow_inf_nan=False)
    per: Literal["element", "sample"] = "element"
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
    def reading(self) -> str:
        """How Eq. 1 and 2 are read: a key of `READINGS`, or what differs from the literal one.

        Example:
            >>> LossSettings(name="l2-lamp", scale="batch", floor=1.0).reading
            'author'
            >>> LossSettings(name="l2-lamp", scale="batch", detach=True).reading
            "scale='batch', detach=True"
        """
        own = {field: getattr(self, field) for field in _READ}
        for name, changed in READINGS.items():
            if own == {field: changed.get(field, _READ[field]) for field in _READ}:
                return name
        return ", ".join(f"{field}={own[field]!r}" for field in _READ if own[field] != _READ[field])

    @classmethod
    def named(cls, name: str, **settings: Any) -> Self:
        """Make settings from a name with a reading, as command lines give it.

        Args:
            name: Such as `l2`, `l2-lamp` (read literally) or `l2-lamp:author`.
            **settings: Further fields.

        Raises:
            ValueError: If there is no such loss or reading.

        Example:
            >>> LossSettings.named("l2-lamp:detached").detach
            True
        """
        loss, reading = split_loss(name)
        return cls.model_validate({"name": loss, **reading, **settings})

    @property
    def title(self) -> str:
        """Name for tables: the loss, and what differs from the defaults."""
        words = [self.name.upper()]
        if self.matched:
            words = [f"{self.base.upper()}, steps as long as LAMP's"]
        if self.amplified:
            words += _TITLES.get(self.reading, [self.reading])
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
            floor=settings.floor,
            order=settings.order,
            per=settings.per,
        )
        made = NormMatched(BaseLoss(settings.base), lamp) if settings.matched else lamp
    if settings.factor != 1:
        assert not isinstance(made, NormMatched)
        made = Scaled(made, settings.factor)
    return made
