"""The loop: batches from one stream, optimizer steps, block by block."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from lamp.losses import NormMatched
from lamp.models import channels_last, mode
from lamp.models.batchnorm import batchnorms, frozen_statistics, recalibrate
from lamp.training.flat import flattened
from lamp.training.settings import History, TrainingSettings


def sample_order(count: int, start: int, stop: int, *, seed: int) -> NDArray[np.int64]:
    """Return a piece of the endless stream of sample indices that batches are cut from.

    The stream is one permutation of all samples after another, each from `(seed, pass)`: it does
    not depend on the batch size, and any piece can be had without what comes before.

    Args:
        count: Number of samples.
        start: First position in the stream.
        stop: Position after the last.
        seed: Seed of the stream.

    Returns:
        Indices in [0, count), shape (stop - start,).

    Example:
        >>> whole = sample_order(10, 0, 25, seed=1)
        >>> sorted(whole[:10].tolist()) == list(range(10))
        True
        >>> bool((sample_order(10, 7, 12, seed=1) == whole[7:12]).all())
        True
    """
    first, last = start // count, (stop - 1) // count
    passes = [np.random.default_rng([seed, i]).permutation(count) for i in range(first, last + 1)]
    return np.concatenate(passes)[start - first * count : stop - first * count]


Loss = Callable[[Tensor, Tensor], Tensor]
Progress = Callable[[int, int, Mapping[str, Any]], None]

BLOCK = 512  # samples between two looks at loss, clock and progress; also the history's step


@dataclass(eq=False)
class Run:
    """A training and where it stands."""

    model: nn.Module
    loss: Loss
    images: Tensor
    targets: Tensor | None  # None: the images
    settings: TrainingSettings
    optimizer: torch.optim.Optimizer
    parameters: Sequence[nn.Parameter]
    vectors: Sequence[nn.Parameter]
    batchnorms: Sequence[_BatchNorm]
    memory_format: torch.memory_format
    step: int = 0
    seconds: float = 0.0
    samples: list[int] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)

    def loss_buffers(self) -> dict[str, Tensor]:
        """Return what the loss remembers from one step to the next, by name."""
        return dict(self.loss.named_buffers()) if isinstance(self.loss, nn.Module) else {}

    def history(self) -> History:
        """Return the history so far."""
        return History(
            samples=np.array(self.samples, np.int64),
            loss=np.array(self.losses, np.float64),
            steps=self.step,
            seconds=self.seconds,
        )


@contextmanager
def prepared(
    model: nn.Module,
    loss: Loss,
    data: tuple[Tensor, Tensor | None],
    settings: TrainingSettings,
) -> Iterator[Run]:
    """Lay a model out for training; it gets mode and memory layout back."""
    with (
        mode(model, training=True),
        mode(loss, training=True) if isinstance(loss, nn.Module) else nullcontext(),
        channels_last(model) as memory_format,
        flattened(model) as vectors,
        torch.enable_grad(),
    ):
        yield Run(
            model, loss, *data, settings,
            make_optimizer(vectors, settings),
            list(model.parameters()), vectors, batchnorms(model), memory_format,
        )  # fmt: skip


def advance(
    run: Run,
    progress: Progress | None,
    save: Callable[[], None] | None = None,
    until: int | None = None,
) -> None:
    """Train to the end, or to the first block by which so many samples were seen."""
    settings = run.settings
    device = next(run.model.parameters()).device
    stop = settings.steps
    stop = stop if until is None else min(stop, math.ceil(until / settings.batch_size))
    while run.step < stop:
        began = time.perf_counter()
        order = torch.from_numpy(_block_order(run))
        # Gathered once a block: a batch is then a view, without a copy.
        block = run.images[order].to(device).contiguous(memory_format=run.memory_format)
        batches = torch.split(block, settings.batch_size)
        targets = batches
        if run.targets is not None:
            targets = torch.split(run.targets[order].to(device), settings.batch_size)
        losses = [_step(run, *pair) for pair in zip(batches, targets, strict=True)]
        mean = _mean_loss(run, torch.stack(losses))
        run.step += len(losses)
        run.samples.append(run.step * settings.batch_size)
        run.losses.append(mean)
        run.seconds += time.perf_counter() - began
        if save is not None:
            save()
        if progress is not None:
            total = settings.steps * settings.batch_size
            progress(run.samples[-1], total, {"loss": mean, "step": run.step})
    if settings.recalibrate and run.step == settings.steps:
        recalibrate(run.model, run.images)


def _block_order(run: Run) -> NDArray[np.int64]:
    """Return the sample indices of the next block of whole batches."""
    batch_size = run.settings.batch_size
    stop = min(run.step + max(1, BLOCK // batch_size), run.settings.steps)
    start, stop = run.step * batch_size, stop * batch_size
    return sample_order(len(run.images), start, stop, seed=run.settings.seed)


def _step(run: Run, batch: Tensor, target: Tensor) -> Tensor:
    """Make one optimizer step and return its loss, without waiting for the device."""
    value = _gradient(run, batch, target)
    if run.settings.sam_radius:
        with _ascended(run.vectors, run.settings.sam_radius), frozen_statistics(run.batchnorms):
            _gradient(run, batch, target)
    run.optimizer.step()
    return value


@contextmanager
def _ascended(vectors: Sequence[nn.Parameter], radius: float) -> Iterator[None]:
    """Move the parameters along their gradient for a while, so far; bring them back exactly."""
    before = [vector.detach().clone() for vector in vectors]
    gradients = [vector.grad for vector in vectors if vector.grad is not None]
    length = torch.linalg.vector_norm(
        torch.stack([torch.linalg.vector_norm(gradient) for gradient in gradients])
    )
    factor = radius / length.clamp(min=torch.finfo(length.dtype).tiny)
    with torch.no_grad():
        for vector, gradient in zip(vectors, gradients, strict=True):
            vector.add_(gradient * factor.to(gradient.dtype))
    yield
    with torch.no_grad():
        for vector, was in zip(vectors, before, strict=True):
            vector.copy_(was)


def _gradient(run: Run, batch: Tensor, target: Tensor) -> Tensor:
    """Fill the gradients on a batch, and return the loss."""
    for vector in run.vectors:
        assert vector.grad is not None
        vector.grad.zero_()
    reconstruction = run.model(batch)
    if isinstance(run.loss, NormMatched):
        return run.loss.backward(reconstruction, target, run.parameters)
    value: Tensor = run.loss(reconstruction, target)
    if not isinstance(value, Tensor) or value.ndim or not value.requires_grad:
        got = type(value).__name__
        if isinstance(value, Tensor):
            got = f"shape {tuple(value.shape)}" if value.ndim else "one without a gradient"
        raise ValueError(
            f"expected a loss that is one number, got {got}: use reduction='mean' or 'sum'"
        )
    value.backward()  # type: ignore[no-untyped-call]
    return value.detach()


def _mean_loss(run: Run, losses: Tensor) -> float:
    """Return the mean loss of a block, or raise for the first step at which it is not finite."""
    values = np.array(losses.tolist())
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise FloatingPointError(
            f"the training loss became {values[bad[0]]} at step {run.step + int(bad[0]) + 1} of "
            f"{run.settings.steps}: lower the learning rate ({run.settings.learning_rate:g}), "
            "raise epsilon if the loss is amplified, or look for NaN in the images"
        )
    return float(values.mean())


def make_optimizer(
    vectors: Sequence[nn.Parameter], settings: TrainingSettings
) -> torch.optim.Optimizer:
    """Make the optimizer, one kernel an update where torch has one (not for RMSprop)."""
    rate, momentum = settings.learning_rate, settings.momentum
    fused = all(vector.device.type in {"cpu", "cuda"} for vector in vectors)
    if settings.optimizer == "sgd":
        return torch.optim.SGD(vectors, rate, momentum=momentum, fused=fused)
    if settings.optimizer == "rmsprop":
        return torch.optim.RMSprop(vectors, rate, momentum=momentum, foreach=False)
    return torch.optim.Adam(vectors, rate, fused=fused)
