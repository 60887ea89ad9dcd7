"""Sharpness of a trained model under the common lens: plain L2, whatever it was trained with."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lamp.experiments.settings import LensSettings
from lamp.losses import BaseLoss, PerSampleLoss, squared_error
from lamp.models import channels_last, mode
from landscape.measures import Summary, summarize
from landscape.problem import Problem
from landscape.sampling import compute
from landscape.surface import Surface

COMMON, OWN = "loss", "training_loss"
"""Metrics of surfaces: plain L2 for all models, and the loss each was trained with."""


@dataclass(frozen=True)
class BothLenses:
    """Evaluate plain L2 and its own training loss of an autoencoder from one forward pass."""

    own: PerSampleLoss

    def __call__(self, model: Callable[[Tensor], Tensor], images: Tensor) -> dict[str, Tensor]:
        """Return per-sample values, shape (N,) each."""
        reconstruction = model(images)
        common = BaseLoss("l2").per_sample(reconstruction, images)
        if isinstance(self.own, BaseLoss) and self.own.base == "l2":
            return {COMMON: common, OWN: common}
        return {COMMON: common, OWN: self.own.per_sample(reconstruction, images)}


@dataclass(frozen=True, kw_only=True)
class Sharpness:
    """How the plain L2 loss rises along random filter-normalized lines through the parameters.

    Args:
        center: L2 loss of the model itself.
        worst_pixel: Share of it that lies in the worst pixel of each image.
        radius: Distance at which it doubles, in filter norms, geometric mean over lines: relative
            sharpness.
        radius_rest: Distance at which it has risen by its value without the worst pixels.
        curvature: Second derivative, averaged likewise, in L2 per squared filter norm: absolute
            sharpness.
        bounded: Whether the loss does not double within the lines, so that radii are lower bounds.
        radii: The radius of each line.
    """

    center: float
    worst_pixel: float
    radius: float
    radius_rest: float
    curvature: float
    bounded: bool
    radii: tuple[float, ...]


def measure_sharpness(model: nn.Module, images: Tensor, lens: LensSettings) -> Sharpness:
    """Take the sharpness of a model on images that it was trained on.

    Args:
        model: Reconstructs images. Left as it is.
        images: Shape (N, C, H, W); the first `lens.samples` are used.
        lens: Which lines. Directions are from seed 0: all models are looked at alike.
    """
    images = images[: lens.samples]
    share = worst_pixel_share(model, images)
    surface = compute(
        Problem(model, _common_loss, [images]),
        workers=1,
        device="cpu",
        progress=None,
        line=True,
        planes=lens.planes,
        steps=lens.steps,
        radius=lens.radius,
    )
    summary = summarize_common(surface, share)
    doubling, rest = summary["radius_mean"], summary["radius_mean_rise"]
    return Sharpness(
        center=summary.center,
        worst_pixel=share,
        radius=doubling.value,
        radius_rest=rest.value,
        curvature=summary["curvature_mean_scaled"].value,
        bounded=doubling.is_bound or rest.is_bound,
        radii=doubling.per_plane,
    )


def summarize_common(surface: Surface, worst_pixel: float | None = None) -> Summary:
    """Take the statistics of a surface under plain L2.

    Args:
        surface: With the metric `COMMON`.
        worst_pixel: Share of its center that lies in the worst pixel of each image: the radius
            `radius_mean_rise` is where the loss has risen by the rest of it, 0 if none is left.
    """
    rise = None
    if worst_pixel is not None:  # `summarize` takes no rise of zero, which is at the center itself
        rise = max(surface.center[COMMON] * (1 - worst_pixel), sys.float_info.min)
    return summarize(surface, metric=COMMON, rise=rise)


def worst_pixel_share(model: nn.Module, images: Tensor) -> float:
    """Compute how much of the plain L2 loss lies in the single worst pixel of each image.

    LAMP with a differentiated maximum pushes the worst pixel up (Eq. 2): a model can give one
    pixel away, which makes the maximum constant. Its error then adds to the loss everywhere and
    lengthens the doubling radius without making the landscape any flatter.

    Args:
        model: Reconstructs images; evaluated in eval mode.
        images: Shape (N, C, H, W).

    Returns:
        Sum of each image's largest squared error over the sum of all squared errors.
    """
    with mode(model, training=False), channels_last(model), torch.no_grad():
        error = squared_error(model(images), images).flatten(1)
    return float(error.amax(1).sum() / error.sum())


def _common_loss(model: nn.Module, images: Tensor) -> Tensor:
    """Return the plain L2 loss of each image, shape (N,)."""
    return BaseLoss("l2").per_sample(model(images), images)
