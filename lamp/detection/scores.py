"""Anomaly scores of images and heat-maps of pixels, from reconstructions."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor, nn

from lamp.losses import squared_error
from lamp.models import channels_last, mode

Scores = NDArray[np.float64]
Maps = NDArray[np.float32]

_BATCH = 16
"""Images at once, always: the kernels that torch takes, and so the last bits, depend on it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Scored:
    """What a model says of images.

    Args:
        scores: One a image, shape (N,), higher = more anomalous.
        maps: Squared error of each pixel, mean over channels, shape (N, H, W). Its mean is the
            score.
        reconstructions: Shape (N, C, H, W), on the CPU.
    """

    scores: Scores
    maps: Maps
    reconstructions: Tensor


def anomaly_scores(model: nn.Module, images: Tensor) -> Scores:
    """Score images by their mean squared reconstruction error (paper section 3.1).

    The paper scores by L2 whatever the training loss was. The same image has the same score, bit
    for bit, alone and among any others: a held-out image never lies above the threshold that it
    gave.

    Args:
        model: Maps (N, C, H, W) to the same shape. Evaluated where it is, in eval mode; the mode
            is left as found.
        images: Shape (N, C, H, W).

    Returns:
        One score an image, shape (N,), higher = more anomalous.

    Example:
        >>> anomaly_scores(nn.Threshold(2.0, 0.5), torch.tensor([0.0, 0.5, 1.0]).view(3, 1, 1, 1))
        array([0.25, 0.  , 0.25])
    """
    return torch.cat([_scores(error) for _, error in _reconstructed(model, images)]).numpy()


def score_images(model: nn.Module, images: Tensor) -> Scored:
    """Score images as `anomaly_scores` does, and keep reconstructions and heat-maps.

    Args:
        model: As in `anomaly_scores`.
        images: Shape (N, C, H, W).

    Returns:
        Scores, heat-maps and reconstructions.

    Example:
        >>> scored = score_images(nn.Threshold(2.0, 0.5), torch.zeros(1, 1, 2, 2))
        >>> scored.scores.tolist(), scored.maps.tolist()
        ([0.25], [[[0.25, 0.25], [0.25, 0.25]]])
    """
    scores, maps, reconstructions = [], [], []
    for reconstruction, error in _reconstructed(model, images):
        scores.append(_scores(error))
        maps.append(error.mean(1).cpu())
        reconstructions.append(reconstruction.cpu().contiguous())
    return Scored(
        scores=torch.cat(scores).numpy(),
        maps=torch.cat(maps).float().numpy(),
        reconstructions=torch.cat(reconstructions),
    )


def smooth(maps: Maps, sigma: float) -> Maps:
    """Smooth heat-maps by a Gaussian: an error of many pixels counts more than one of a few.

    At the border an image goes on as its mirror image, so that the mean stays what it is.

    Args:
        maps: Shape (N, H, W).
        sigma: Standard deviation in pixels; 0 leaves them as they are.

    Returns:
        Same shape.

    Raises:
        ValueError: If sigma is negative or not finite.

    Example:
        >>> smooth(np.eye(3, dtype=np.float32)[None], 1.0).sum().round(4).item()
        3.0
    """
    if not 0 <= sigma < np.inf:
        raise ValueError(f"expected smoothing of 0 pixels or more, got {sigma}")
    if sigma == 0:
        return maps
    smoothed = ndimage.gaussian_filter(maps, (0, sigma, sigma), mode="reflect")
    return np.asarray(smoothed, np.float32)


def _reconstructed(model: nn.Module, images: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield reconstructions and their squared errors batch by batch, where the model is."""
    parameter = next(model.parameters(), None)
    device = images.device if parameter is None else parameter.device
    with (
        mode(model, training=False),
        channels_last(model) as memory_format,
        torch.inference_mode(),
    ):
        for part in torch.split(images, _BATCH):
            filled = torch.cat([part, part[-1:].expand(_BATCH - len(part), -1, -1, -1)])
            batch = filled.to(device).contiguous(memory_format=memory_format)
            reconstruction = model(batch)
            error = squared_error(reconstruction, batch)
            yield reconstruction[: len(part)], error[: len(part)]


def _scores(error: Tensor) -> Tensor:
    """Return the mean over everything but the batch, on the CPU.

    Rounded to float32: in float64 the order of addition, which depends on the number of threads,
    moves what is rounded away.
    """
    return error.double().flatten(1).mean(1).float().double().cpu()
