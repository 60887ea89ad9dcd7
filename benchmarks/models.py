"""Networks and data of the benchmarks: small, seeded, trained here in seconds."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, interpolate

Loss = Callable[[nn.Module, tuple[Tensor, Tensor]], Tensor]


def digits(size: int = 8) -> tuple[Tensor, Tensor]:
    """Return scikit-learn's digits as images (N, 1, size, size) in [0, 1], and their labels."""
    found = load_digits()
    images = torch.tensor(found.images, dtype=torch.float32)[:, None] / 16
    if size != 8:
        images = interpolate(images, (size, size), mode="bilinear", antialias=True).clamp(0, 1)
    return images, torch.tensor(found.target)


def mnist(root: Path) -> tuple[Tensor, Tensor]:
    """Return MNIST's training images padded to (N, 1, 32, 32), and their labels."""
    from lamp.data import load_mnist

    found = load_mnist(root)
    return found.train_images, found.train_labels


def mlp(width: int = 32, depth: int = 2, activation: type[nn.Module] = nn.ReLU) -> nn.Module:
    """Make a perceptron for the digits."""
    sides = [64, *[width] * depth]
    layers: list[nn.Module] = [nn.Flatten()]
    for before, after in pairwise(sides):
        layers += [nn.Linear(before, after), activation()]
    return nn.Sequential(*layers, nn.Linear(width, 10))


def convnet(width: int = 16, *, batchnorm: bool = True) -> nn.Module:
    """Make a convolutional classifier."""
    layers: list[nn.Module] = []
    channels = [1, width, 2 * width, 4 * width]
    for before, after in pairwise(channels):
        layers.append(nn.Conv2d(before, after, 3, stride=2, padding=1, bias=not batchnorm))
        layers += [nn.BatchNorm2d(after)] * batchnorm + [nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * width, 10))


def plain(depth: int = 17, width: int = 16) -> nn.Module:
    """Make a deep network without skip connections or BatchNorm."""
    layers: list[nn.Module] = [nn.Conv2d(1, width, 3, stride=2, padding=1), nn.ReLU()]
    for _ in range(depth - 2):
        layers += [nn.Conv2d(width, width, 3, padding=1), nn.ReLU()]
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10))
    for layer in model:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return model


class Block(nn.Module):
    """A residual block of ResNet-20 (He et al. 2016, section 4.2)."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(after)
        self.second = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(after)
        self.short: nn.Module = nn.Identity()
        if stride != 1 or before != after:
            self.short = nn.Sequential(
                nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, before, H, W) to (N, after, H / stride, W / stride)."""
        inner = torch.relu(self.first_norm(self.first(x)))
        return torch.relu(self.second_norm(self.second(inner)) + self.short(x))


def resnet(blocks: int = 3, width: int = 16, channels: int = 1) -> nn.Module:
    """Make a residual network; the defaults are ResNet-20 with 270,000 parameters."""
    layers: list[nn.Module] = [
        nn.Conv2d(channels, width, 3, 1, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    ]
    before = width
    for stage in range(3):
        for index in range(blocks):
            after = width * 2**stage
            layers.append(Block(before, after, 2 if stage and not index else 1))
            before = after
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 10))


class Attention(nn.Module):
    """A transformer of two layers that reads the rows of an image."""

    def __init__(self, size: int = 8, width: int = 32) -> None:
        super().__init__()
        self.embed = nn.Linear(size, width)
        self.place = nn.Parameter(torch.randn(size, width) / 8)
        layer = nn.TransformerEncoderLayer(
            width, 4, 2 * width, dropout=0.0, activation="gelu", batch_first=True
        )
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(width, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 1, size, size) to logits (N, 10)."""
        hidden: Tensor = self.layers(self.embed(x[:, 0]) + self.place)
        logits: Tensor = self.head(hidden.mean(1))
        return logits


def classify(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Return the cross-entropy of each sample."""
    return cross_entropy(model(batch[0]), batch[1], reduction="none")


def reconstruct(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Return the mean squared reconstruction error of each sample."""
    return (model(batch[0]) - batch[0]).square().flatten(1).mean(1)


def train(
    model: nn.Module,
    loss: Loss,
    data: tuple[Tensor, Tensor],
    *,
    steps: int,
    seed: int = 0,
    batch_size: int = 64,
    learning_rate: float = 1e-3,
) -> nn.Module:
    """Train by Adam for some steps and return the model in evaluation mode."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), learning_rate)
    model.train()
    for _ in range(steps):
        chosen = torch.randint(len(data[0]), (batch_size,), generator=generator)
        optimizer.zero_grad()
        loss(model, (data[0][chosen], data[1][chosen])).mean().backward()
        optimizer.step()
    return model.eval()
