"""Small networks of many kinds, for surfaces on which no constant of the method was chosen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

import landscape as ls
from benchmarks import models

Batch = Any
Loss = Callable[[nn.Module, Batch], Tensor]


@dataclass(frozen=True)
class Kind:
    """A network, its data and its loss; called with a seed it trains and makes a problem.

    Args:
        make: Makes the network.
        data: Returns a tuple of tensors with one entry for each sample.
        loss: Trained with; returns one value for each sample.
        lens: The loss that is looked at, if it is another one.
        steps: Of Adam.
        samples: Of the surface.
    """

    make: Callable[[], nn.Module]
    data: Callable[[], tuple[Tensor, ...]]
    loss: Loss
    lens: Loss | None = None
    steps: int = 300
    samples: int = 96

    def __call__(self, seed: int) -> ls.Problem:
        """Train the network and make a problem of it."""
        torch.manual_seed(seed)
        data, model = self.data(), self.make()
        optimizer = torch.optim.Adam(model.parameters(), 2e-3)
        for _ in range(self.steps):
            chosen = torch.randint(len(data[0]), (48,))
            optimizer.zero_grad()
            self.loss(model, tuple(part[chosen] for part in data)).mean().backward()
            optimizer.step()
        return ls.Problem(
            model.eval(), self.lens or self.loss, [tuple(part[: self.samples] for part in data)]
        )


class Rows(nn.Module):
    """Read the rows of an image one after the other; classify by the last hidden state."""

    def __init__(self, cell: type[nn.Module]) -> None:
        super().__init__()
        self.cell, self.head = cell(8, 24, batch_first=True), nn.Linear(24, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 1, 8, 8) to logits (N, 10)."""
        logits: Tensor = self.head(self.cell(x[:, 0])[0][:, -1])
        return logits


class Speaker(nn.Module):
    """A causal transformer over tokens, its output tied to its embedding."""

    def __init__(self, words: int = 17, width: int = 24, length: int = 16) -> None:
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.place = nn.Parameter(torch.randn(length, width) / 8)
        layer = nn.TransformerEncoderLayer(width, 4, 48, dropout=0.0, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(length))

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (N, T) to logits (N, T, words)."""
        hidden = self.layers(self.embed(tokens) + self.place, mask=self.mask)
        return hidden @ self.embed.weight.T / 5


class Variational(nn.Module):
    """An autoencoder whose code has a mean and a variance (Kingma & Welling 2014)."""

    def __init__(self) -> None:
        super().__init__()
        self.encode = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 8))
        self.decode = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 64))


class Mixer(nn.Module):
    """One block that mixes patches, then channels (Tolstikhin et al. 2021)."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Conv2d(1, 16, 2, 2)
        self.norms = nn.ModuleList([nn.LayerNorm(16), nn.LayerNorm(16)])
        self.places = nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.Linear(32, 16))
        self.channels = nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.Linear(32, 16))
        self.head = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 1, 8, 8) to logits (N, 10)."""
        hidden = self.embed(x).flatten(2).mT
        hidden = hidden + self.places(self.norms[0](hidden).mT).mT
        hidden = hidden + self.channels(self.norms[1](hidden))
        logits: Tensor = self.head(hidden.mean(1))
        return logits


class UNet(nn.Module):
    """Two resolutions and a skip connection (Ronneberger et al. 2015)."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(1, 8, 3, 1, 1)
        self.inner = nn.Conv2d(8, 16, 3, 2, 1)
        self.up = nn.ConvTranspose2d(16, 8, 2, 2)
        self.out = nn.Conv2d(16, 1, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map images to images of the same size."""
        outer = functional.relu(self.down(x))
        image: Tensor = self.out(
            torch.cat([outer, functional.relu(self.up(functional.relu(self.inner(outer))))], 1)
        )
        return image


class Grouped(nn.Module):
    """Grouped and transposed convolutions, a GRU, and a decoder tied to the encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 8, 2, 2)
        self.mix = nn.Conv2d(8, 8, 3, 1, 1, groups=4)
        self.read = nn.GRU(8, 8, batch_first=True)
        self.widen = nn.ConvTranspose2d(8, 8, 3, 1, 1, groups=2)

    def forward(self, x: Tensor) -> Tensor:
        """Map images (N, 1, 8, 8) to images."""
        hidden = functional.relu(self.mix(functional.relu(self.first(x))))
        read, _ = self.read(hidden.flatten(2).mT)
        hidden = functional.relu(self.widen(read.mT.unflatten(2, (4, 4))))
        return functional.conv_transpose2d(hidden, self.first.weight, stride=2)


class Experts(nn.Module):
    """Each sample goes to the expert of the largest gate: jumps where the gate changes."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Linear(64, 4)
        self.experts = nn.ModuleList([nn.Linear(64, 10) for _ in range(4)])

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 1, 8, 8) to logits (N, 10)."""
        flat = x.flatten(1)
        gate = self.gate(flat).softmax(1)
        best, which = gate.max(1)
        each = torch.stack([expert(flat) for expert in self.experts], 1)
        return best[:, None] * each[torch.arange(len(x)), which]


class Waves(nn.Module):
    """Sine activations (Sitzmann et al. 2020), from coordinates to values."""

    def __init__(self, frequency: float = 5.0) -> None:
        super().__init__()
        self.frequency = frequency
        self.layers = nn.ModuleList([nn.Linear(2, 24), nn.Linear(24, 24), nn.Linear(24, 1)])

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 2) to (N,)."""
        for layer in self.layers[:-1]:
            x = torch.sin(self.frequency * layer(x))
        value: Tensor = self.layers[-1](x)[:, 0]
        return value


def per_image(loss: Callable[..., Tensor]) -> Loss:
    """Compare an image with its reconstruction."""
    return lambda model, batch: loss(model(batch[0]), batch[0], reduction="none").flatten(1).mean(1)


def denoise(model: nn.Module, batch: Batch) -> Tensor:
    """Return the error of a reconstruction from an image with stripes."""
    stripes = 0.5 * torch.sin(torch.arange(64.0) * 2.4).view(1, 1, 8, 8)
    return (model(batch[0] + stripes) - batch[0]).square().flatten(1).mean(1)


def next_token(model: nn.Module, batch: Batch) -> Tensor:
    """Return the cross-entropy of the next token, the mean of a sequence."""
    logits = model(batch[0])[:, :-1]
    return functional.cross_entropy(logits.mT, batch[0][:, 1:], reduction="none").mean(1)


def elbo(model: nn.Module, batch: Batch) -> Tensor:
    """Return the negative evidence lower bound, with the same noise at every call."""
    mean, log_variance = model.encode(batch[0]).chunk(2, 1)
    noise = torch.sin(12.9898 * torch.arange(4.0) + 78.233 * batch[0].flatten(1).sum(1)[:, None])
    decoded = model.decode(mean + noise * torch.exp(log_variance / 2))
    divergence = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1)
    missed = (decoded - batch[0].flatten(1)).square().sum(1)
    return missed + 0.1 * divergence


def physics(model: nn.Module, batch: Batch) -> Tensor:
    """Return the residual of u'' = -sin(3 x), and what is missed at the ends."""
    with torch.enable_grad():
        x = batch[0].detach().requires_grad_(True)
        u = model(x)
        slope = torch.autograd.grad(u.sum(), x, create_graph=True)[0]
        bend = torch.autograd.grad(slope.sum(), x, create_graph=True)[0]
    ends = model(torch.tensor([[-1.0], [1.0]])).square().sum()
    return (bend + torch.sin(3 * x)).square()[:, 0] + ends


def contrast(model: nn.Module, batch: Batch) -> Tensor:
    """Tell an image and its mirror from the mirrors of all others (van den Oord et al. 2018)."""
    first, second = (functional.normalize(model(x)) for x in (batch[0], batch[0].flip(3)))
    return functional.cross_entropy(
        first @ second.T / 0.2, torch.arange(len(first)), reduction="none"
    )


def triplet(model: nn.Module, batch: Batch) -> Tensor:
    """Ask for a margin between an image's mirror and its neighbour in the batch."""
    found = model(batch[0])
    return functional.triplet_margin_loss(
        found, model(batch[0].flip(3)), found.roll(1, 0), reduction="none"
    )


def focal(model: nn.Module, batch: Batch) -> Tensor:
    """Weigh down what is certain (Lin et al. 2017)."""
    entropy = models.classify(model, batch)
    return (1 - torch.exp(-entropy)) ** 2 * entropy


def regress(loss: Callable[..., Tensor]) -> Loss:
    """Compare a number with its target."""
    return lambda model, batch: loss(model(batch[0]).flatten(), batch[1])


def which_side(found: Tensor, target: Tensor) -> Tensor:
    """Return the cross-entropy of being above the mean."""
    above = target.gt(0).to(found)
    return functional.binary_cross_entropy_with_logits(found, above, reduction="none")


def pinball(found: Tensor, target: Tensor) -> Tensor:
    """Return the loss of the 90 % quantile."""
    return torch.maximum(0.9 * (target - found), 0.1 * (found - target))


def quantised(steps: int) -> Loss:
    """Round all weights to 1 / steps before use: a staircase."""

    def loss(model: nn.Module, batch: Batch) -> Tensor:
        rounded = {n: (p * steps).round() / steps for n, p in model.named_parameters()}
        logits = functional_call(model, rounded, (batch[0],))
        return functional.cross_entropy(logits, batch[1], reduction="none")

    return loss


def wrong(model: nn.Module, batch: Batch) -> Tensor:
    """Return 0.05 and 1 where the class is wrong: nothing but steps."""
    return 0.05 + (model(batch[0]).argmax(1) != batch[1]).float()


def tokens() -> tuple[Tensor, ...]:
    """Return sequences that count up in steps of 1 to 4, modulo 17."""
    start, step = torch.randint(17, (400, 1)), torch.randint(1, 5, (400, 1))
    return ((start + step * torch.arange(16)) % 17,)


def table(load: Callable[..., Any]) -> Callable[[], tuple[Tensor, ...]]:
    """Return standardised columns and target of a table of scikit-learn's."""

    def data() -> tuple[Tensor, ...]:
        columns, target = (torch.tensor(a, dtype=torch.float32) for a in load(return_X_y=True))
        columns = (columns - columns.mean(0)) / columns.std(0)
        return columns, (target - target.mean()) / target.std()

    return data


def places() -> tuple[Tensor, ...]:
    """Return random places of the plane and a function of them."""
    at = torch.rand(500, 2) * 2 - 1
    return at, torch.sin(4 * at[:, 0]) * torch.cos(3 * at[:, 1])


def line() -> tuple[Tensor, ...]:
    """Return random places of a line."""
    return (torch.rand(500, 1) * 2 - 1,)
