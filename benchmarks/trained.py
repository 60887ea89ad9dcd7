"""The networks of the side-by-side runs, trained once and handed to every contestant as a file."""

import copy
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks import models
from lamp import Autoencoder
from landscape.planes import ParameterSpace, RandomPlanes
from landscape.planes.parameters import Parameters

SEED = 0
SIZE = 32  # MNIST padded to four halvings; the digits are resized to it
BATCH_SIZE = 128  # as in Li et al.'s evaluation

_MAKE = {
    "autoencoder": partial(Autoencoder, SIZE),
    "classifier": models.convnet,
    "resnet-20": models.resnet,
}
_STEPS = {"autoencoder": 300, "classifier": 300, "resnet-20": 60}
SAMPLES = {"autoencoder": 256, "classifier": 1024, "resnet-20": 128}
"""Samples on which the loss is evaluated: each network takes tens of milliseconds a point."""


@dataclass(frozen=True)
class Trained:
    """A trained network, its data as stored bytes, and the directions to look along.

    Args:
        network: Its name.
        model: In evaluation mode, on the CPU.
        pixels: Images as bytes, shape (N, 1, H, W).
        labels: Shape (N,).
        reconstructs: Whether the model is an autoencoder, whose target is its input.
        directions: Two directions of length 1 grid radius, by parameter name, on the CPU.
        batch_size: Samples in a batch.
        device: Where contestants evaluate it.
    """

    network: str
    model: nn.Module
    pixels: Tensor
    labels: Tensor
    reconstructs: bool
    directions: tuple[Parameters, Parameters]
    batch_size: int = BATCH_SIZE
    device: str = "cpu"

    @cached_property
    def images(self) -> Tensor:
        """The images in [0, 1], on the device."""
        return self.pixels.to(self.device).float() / 255

    @property
    def targets(self) -> Tensor:
        """What the model's output is compared with."""
        return self.images if self.reconstructs else self.labels.to(self.device)

    @property
    def loss(self) -> models.Loss:
        """The loss of each sample."""
        return models.reconstruct if self.reconstructs else models.classify

    @property
    def criterion(self) -> nn.Module:
        """The same loss as peers take it: a mean over a batch, of an output and a target."""
        return nn.MSELoss() if self.reconstructs else nn.CrossEntropyLoss()

    @property
    def parameters(self) -> int:
        """Number of parameters."""
        return sum(parameter.numel() for parameter in self.model.parameters())

    def batches(self, size: int | None = None) -> list[tuple[Tensor, Tensor]]:
        """Cut images and labels into batches, on the device."""
        parts, labels = size or self.batch_size, self.labels.to(self.device)
        return list(zip(self.images.split(parts), labels.split(parts), strict=True))

    def private_model(self) -> nn.Module:
        """Copy the model to the device, as it is when a user has loaded it for evaluation."""
        return copy.deepcopy(self.model).to(self.device).eval().requires_grad_(requires_grad=False)

    def head(self, samples: int) -> "Trained":
        """Keep the first samples only."""
        return replace(self, pixels=self.pixels[:samples], labels=self.labels[:samples])


def train(
    network: str, *, root: Path | None, samples: int, width: int = 16, steps: int | None = None
) -> Trained:
    """Train a network on MNIST, or on scikit-learn's digits where no folder is given.

    Args:
        network: `"autoencoder"`, `"classifier"` or `"resnet-20"`.
        root: Folder that holds MNIST.
        samples: Number of training samples on which the loss will be evaluated.
        width: Channels of the first layer.
        steps: Steps of training; by default enough for a loss that is well below that at the start.

    Returns:
        The network with its data.
    """
    images, labels = models.mnist(root) if root else models.digits(SIZE)
    if network == "autoencoder" and root:  # one digit is normal, as in the study
        images, labels = images[labels == 3], labels[labels == 3]
    if samples > len(images):
        raise ValueError(f"expected at most {len(images)} samples of this data, got {samples}")
    torch.manual_seed(SEED)
    model = _MAKE[network](width=width)
    loss = models.reconstruct if network == "autoencoder" else models.classify
    count = _STEPS[network] if steps is None else steps
    models.train(model, loss, (images, labels), steps=count, seed=SEED)
    pixels = (images[:samples] * 255).round().to(torch.uint8)
    return _trained(network, model, pixels, labels[:samples])


def write(trained: Trained, path: Path) -> None:
    """Write a trained network to a file, and where it is to be evaluated."""
    width = next(p for p in trained.model.parameters() if p.ndim == 4).shape[0]
    torch.save(
        {
            "network": trained.network,
            "width": width,
            "state": trained.model.state_dict(),
            "pixels": trained.pixels.clone(),
            "labels": trained.labels.clone(),
            "device": trained.device,
        },
        path,
    )


def read(path: Path) -> Trained:
    """Read what `write` wrote."""
    found = torch.load(path, weights_only=True)
    model = _MAKE[found["network"]](width=found["width"])
    model.load_state_dict(found["state"])
    trained = _trained(found["network"], model.eval(), found["pixels"], found["labels"])
    return replace(trained, device=found["device"])


def _trained(network: str, model: nn.Module, pixels: Tensor, labels: Tensor) -> Trained:
    """Draw the directions that `landscape.compute` draws for its first plane."""
    plane = RandomPlanes(ParameterSpace(model), 1, seed=SEED)[0]
    one, other = plane.directions
    return Trained(network, model, pixels, labels, network == "autoencoder", (one, other))
