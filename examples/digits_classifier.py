"""A small classifier of handwritten digits, for `landscape compute examples/digits_classifier.py`.

Any model, loss and data work the same way: write a function `build()` that returns them.
"""

import gzip
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, cross_entropy

from landscape import Problem


class Classifier(nn.Module):
    """Two convolutions and a linear layer for 8x8 images."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.head = nn.Linear(8 * width, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits, shape (N, 10)."""
        return self.head(self.features(images).flatten(1))


def data(root: str = "", count: int = 5000) -> tuple[Tensor, Tensor]:
    """Return images and labels: 8x8 from scikit-learn, or 16x16 of MNIST's files."""
    if not root:
        digits = load_digits()
        images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
        return images, torch.tensor(digits.target)
    pixels, labels = (
        np.frombuffer(gzip.decompress(next(Path(root).rglob(name)).read_bytes()), np.uint8)
        for name in ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")
    )
    images = torch.tensor(pixels[16:].reshape(-1, 1, 28, 28)[:count] / 255, dtype=torch.float32)
    return adaptive_avg_pool2d(images, 16), torch.tensor(labels[8:][:count], dtype=torch.int64)


def loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
    """Return cross-entropy and accuracy of each sample, shape (N,)."""
    images, labels = batch
    logits = model(images)
    return {
        "loss": cross_entropy(logits, labels, reduction="none"),
        "accuracy": (logits.argmax(1) == labels).float(),
    }


def build(width: int = 8, batch_size: int = 64, epochs: int = 15, seed: int = 0) -> Problem:
    """Train the classifier (two seconds) and return it with its training data."""
    torch.manual_seed(seed)
    images, labels = data()
    model = Classifier(width)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(epochs):
        for index in torch.randperm(len(images)).split(batch_size):
            optimizer.zero_grad()
            cross_entropy(model(images[index]), labels[index]).backward()
            optimizer.step()
    return Problem(model, loss, list(zip(images.split(512), labels.split(512), strict=True)))
