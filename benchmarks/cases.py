"""Surfaces on which error-controlled grids are judged: many kinds of network, and closed forms."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import landscape as ls
from benchmarks import models
from lamp import Autoencoder, BaseLoss, LampLoss

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """A surface to be computed: a problem and the settings of its grid."""

    name: str
    build: Callable[[], ls.Problem]
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """A network, what it was trained on, and the loss that is looked at."""

    make: Callable[[], nn.Module]
    loss: models.Loss
    seed: int = 0
    size: int = 8
    steps: int = 600
    samples: int = 256
    normal: int | None = None
    train_loss: models.Loss | None = None
    root: Path | None = None
    lens: models.Loss | None = None

    def __call__(self) -> ls.Problem:
        """Train the network and make a problem of it."""
        torch.manual_seed(self.seed)
        images, labels = models.mnist(self.root) if self.root else models.digits(self.size)
        if self.normal is not None:
            images, labels = images[labels == self.normal], labels[labels == self.normal]
        model = self.make()
        models.train(
            model, self.train_loss or self.loss, (images, labels), steps=self.steps, seed=self.seed
        )
        chosen = images[: self.samples], labels[: self.samples]
        batches = list(zip(chosen[0].split(128), chosen[1].split(128), strict=True))
        return ls.Problem(model, self.lens or self.loss, batches)


def by_error(error: BaseLoss | LampLoss, model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Return a reconstruction loss of `lamp` for each sample."""
    return error.per_sample(model(batch[0]), batch[0])


def hinge(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Return the multi-class hinge loss of each sample: kinks that do not average out."""
    return torch.nn.functional.multi_margin_loss(model(batch[0]), batch[1], reduction="none")


def steps(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Return the cross-entropy rounded to steps of 0.3: kinks and cliffs everywhere."""
    loss = models.classify(model, batch)
    return (loss / 0.3).round() * 0.3 + 0.01 * loss


def overflow(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Return a Poisson likelihood, which overflows to infinity away from the center."""
    logits = model(batch[0])
    return torch.exp(4 * logits).mean(1).square()


def cliff(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Return the cross-entropy, NaN without warning where a logit passes a limit."""
    logits = model(batch[0])
    loss = torch.nn.functional.cross_entropy(logits, batch[1], reduction="none")
    return torch.where(logits.abs().max() < 25, loss, torch.nan)


_L2, _L1 = partial(by_error, BaseLoss("l2")), partial(by_error, BaseLoss("l1"))
_LAMP = partial(by_error, LampLoss("l2"))


def networks() -> Iterator[Case]:
    """Yield surfaces of networks on scikit-learn's digits."""
    ae = partial(Autoencoder, 16)
    for seed in range(3):
        recipe = partial(Recipe, partial(ae, seed=seed), seed=seed, size=16, normal=3, samples=128)
        yield Case(f"ae-l2-{seed}", recipe(loss=_L2), {"seed": seed})
        yield Case(f"ae-lamp-{seed}", recipe(loss=_LAMP, lens=_L2), {"seed": 10 + seed})
    recipe = partial(Recipe, partial(ae, seed=5), size=16, normal=3, samples=128)
    yield Case("ae-lamp-own", recipe(loss=_LAMP), {"seed": 3})
    yield Case("ae-l1", recipe(loss=_L1), {"seed": 4})
    yield Case("ae-l2-radius-0.25", recipe(loss=_L2), {"radius": 0.25})
    yield Case("ae-l2-radius-2", recipe(loss=_L2), {"radius": 2.0})
    yield Case("ae-untrained", recipe(loss=_L2, steps=0))
    yield Case("ae-8-samples", Recipe(ae, _L2, size=16, normal=3, samples=8))
    for name, activation in (("relu", nn.ReLU), ("tanh", nn.Tanh), ("gelu", nn.GELU)):
        make = partial(models.mlp, activation=activation)
        for seed in range(2):
            case = Recipe(make, models.classify, seed=seed)
            yield Case(f"mlp-{name}-{seed}", case, {"seed": seed})
    mlp = partial(Recipe, models.mlp)
    yield Case("mlp-radius-0.25", mlp(models.classify), {"radius": 0.25})
    yield Case("mlp-radius-2", mlp(models.classify), {"radius": 2.0})
    yield Case("mlp-long-trained", mlp(models.classify, steps=8000))
    yield Case("mlp-untrained", mlp(models.classify, steps=0))
    yield Case("mlp-unit", mlp(models.classify), {"normalize": "unit", "radius": 2.0})
    yield Case("mlp-layer", mlp(models.classify), {"normalize": "layer"})
    yield Case("mlp-weight", mlp(models.classify), {"normalize": "weight"})
    yield Case("mlp-16-samples", mlp(models.classify, samples=16), {"seed": 2})
    yield Case("mlp-hinge", mlp(hinge))
    yield Case("mlp-steps", mlp(models.classify, lens=steps))
    yield Case("mlp-overflow", mlp(models.classify, lens=overflow))
    yield Case("mlp-nan-cliff", mlp(models.classify, lens=cliff))
    yield Case("mlp-deep", Recipe(partial(models.mlp, depth=8), models.classify, steps=1500))
    yield Case("attention-0", Recipe(models.Attention, models.classify))
    yield Case("attention-1", Recipe(models.Attention, models.classify, seed=1), {"seed": 1})
    yield Case("convnet-0", Recipe(models.convnet, models.classify))
    yield Case("convnet-batch", Recipe(models.convnet, models.classify), {"batchnorm": "batch"})
    bare = partial(models.convnet, batchnorm=False)
    yield Case("convnet-bare", Recipe(bare, models.classify), {"seed": 2})
    yield Case("convnet-untrained", Recipe(models.convnet, models.classify, steps=0))
    small = partial(models.resnet, blocks=1, width=8)
    yield Case("resnet-8", Recipe(small, models.classify, steps=200))
    yield Case("resnet-8-other", Recipe(small, models.classify, steps=200, seed=1), {"seed": 7})
    yield Case("resnet-8-untrained", Recipe(small, models.classify, steps=0))
    for seed in range(3):
        deep = Recipe(models.plain, models.classify, seed=seed, size=16, steps=500)
        yield Case(f"plain-17-{seed}", deep, {"seed": seed})
    yield Case(
        "plain-17-radius-0.3",
        Recipe(models.plain, models.classify, size=16, steps=500),
        {"radius": 0.3},
    )
    yield Case("plain-17-untrained", Recipe(models.plain, models.classify, size=16, steps=0))


def mnist_networks(root: Path) -> Iterator[Case]:
    """Yield surfaces of the same four kinds as the ones that the method was tried on first."""
    for seed in range(2):
        ae = partial(Autoencoder, 32, seed=seed)
        recipe = partial(Recipe, ae, seed=seed, root=root, normal=3, samples=400, steps=1500)
        yield Case(f"mnist-ae-l2-{seed}", recipe(loss=_L2), {"seed": 20 + seed})
        yield Case(f"mnist-ae-lamp-{seed}", recipe(loss=_LAMP, lens=_L2), {"seed": 30 + seed})
        recipe = partial(Recipe, loss=models.classify, seed=seed, root=root, samples=600)
        classifier = partial(models.convnet, 8, batchnorm=False)
        yield Case(f"mnist-cnn-{seed}", recipe(classifier, steps=1500), {"seed": 40 + seed})
        plain = recipe(models.plain, steps=1000, samples=400)
        yield Case(f"mnist-plain-{seed}", plain, {"seed": 50 + seed})


def closed_forms() -> dict[str, Callable[[Array, Array], Array]]:
    """Return surfaces by formula, over [-1, 1]^2 unless they say otherwise."""
    noise = np.random.default_rng(0).standard_normal((101, 101))

    def noisy(level: float) -> Callable[[Array, Array], Array]:
        return lambda a, b: (1 + 5 * (a**2 + b**2)) * (1 + level * noise[: len(a), : a.shape[1]])

    def well(a: Array, b: Array) -> Array:
        return 1 - 0.95 * np.exp(-(a**2 + b**2) / 0.02)

    return {
        "bowl": lambda a, b: 1 + 10 * (a**2 + b**2),
        "bowl-zero-center": lambda a, b: 3 * a**2 + 2 * b**2 + a * b,
        "bowl-narrow": lambda a, b: 0.01 + (a + b) ** 2 + 1e-3 * (a - b) ** 2,
        "bowl-negative": lambda a, b: -2 + a**2 + b**2,
        "saddle": lambda a, b: 2 + a**2 - b**2,
        "rosenbrock": lambda a, b: 0.05 + (0.2 - a) ** 2 + 5 * (b - a**2) ** 2,
        "quartic": lambda a, b: 0.01 + a**4 + b**4,
        "exponential": lambda a, b: np.exp(5 * np.hypot(a, b * 0.7) ** 1.5),
        "kink-one": lambda a, b: 1 + 4 * np.abs(a + 0.3 * b),
        "kink-two": lambda a, b: 0.3 + np.abs(a) + np.abs(b),
        "kink-away": lambda a, b: 1 + a**2 + b**2 + 3 * np.maximum(0, a + b - 0.7),
        "cone": lambda a, b: 0.1 + np.hypot(a, b),
        "cliff": lambda a, b: 1 + a**2 + b**2 + 3.0 * (a + 0.5 * b > 0.43),
        "cliff-high": lambda a, b: (1 + a**2 + b**2) * np.where(a - b > 0.81, 1e3, 1.0),
        "noise-0.3-percent": noisy(0.003),
        "noise-5-percent": noisy(0.05),
        "ripple-slow": lambda a, b: 2 + np.sin(6 * a) * np.cos(5 * b) + a**2,
        "ripple-fast": lambda a, b: 1 + a**2 + b**2 + 0.2 * np.sin(40 * a + 10 * b),
        "ripple-local": lambda a, b: (
            1
            + a**2
            + b**2
            + 0.1 * np.sin(50 * a) * np.exp(-((a - 0.5) ** 2 + (b + 0.4) ** 2) / 0.02)
        ),
        "well": well,
        "wells": lambda a, b: (
            1.3
            - np.exp(-(a**2 + b**2) / 0.1)
            - 0.8 * np.exp(-((a - 0.6) ** 2 + (b - 0.5) ** 2) / 0.05)
        ),
        "spike-away": lambda a, b: (
            1 + a**2 + b**2 + np.exp(-((a + 0.55) ** 2 + (b - 0.35) ** 2) / 0.004)
        ),
        "plateau": lambda a, b: 0.05 + np.tanh(4 * (a**2 + 0.5 * b**2)),
        "flat": lambda a, b: np.full(np.broadcast_shapes(a.shape, b.shape), 0.7),
        "pole": lambda a, b: 1 / np.maximum(0, 1.1 - np.hypot(a, b)),
        "infinite-half": lambda a, b: np.where(a > 0.45, np.inf, 1 + a**2 + b**2),
        "nan-corner": lambda a, b: np.where(a + b > 1.2, np.nan, 1 + 3 * a**2 + b**2 + a * b),
    }
