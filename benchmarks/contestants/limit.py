"""The limit: bare inference over resident data, without moving a parameter; plain torch alone."""

import itertools
import time

import torch
from torch import Tensor, nn

from benchmarks.contestants.outcome import Outcome, Run, center_only
from benchmarks.trained import Trained

Batches = list[tuple[Tensor, Tensor]]

_FORMATS = {"contiguous": torch.contiguous_format, "channels-last": torch.channels_last}
_TRIALS = 3


def prepare(trained: Trained) -> Run:
    """Choose the memory layout and the batch size that are fastest here; not timed.

    Args:
        trained: The network and its data.

    Returns:
        Evaluates the center as often as a grid has points.
    """
    size = trained.batch_size
    sizes = sorted({min(n, len(trained.pixels)) for n in (size // 4, size // 2, size, 4 * size)})
    choices = list(itertools.product(_FORMATS, sizes))
    placed = {choice: _place(trained, *choice) for choice in choices}
    seconds = dict.fromkeys(choices, float("inf"))
    for _ in range(_TRIALS):  # interleaved, the fastest counts: the machine is never quite idle
        for choice in choices:
            start = time.perf_counter()
            _evaluate(trained, *placed[choice])
            seconds[choice] = min(seconds[choice], time.perf_counter() - start)
    best = min(seconds, key=seconds.__getitem__)
    plain = seconds["contiguous", min(size, len(trained.pixels))]
    layout, batch = best
    notes: dict[str, str | float] = {
        "layout": f"{layout}, batches of {batch}",
        "gain": plain / seconds[best],
    }

    def run(steps: int) -> Outcome:
        start = time.perf_counter()
        for _ in range(steps * steps):
            value = _evaluate(trained, *placed[best])
        return Outcome(time.perf_counter() - start, center_only(value, steps), notes)

    return run


def _place(trained: Trained, layout: str, size: int) -> tuple[nn.Module, Batches]:
    """Lay the model and the data out."""
    form = _FORMATS[layout]
    model = trained.private_model().to(memory_format=form)
    batches = [(x.contiguous(memory_format=form), y) for x, y in trained.batches(size)]
    return model, batches


@torch.no_grad()
def _evaluate(trained: Trained, model: nn.Module, batches: Batches) -> float:
    """Return the mean loss."""
    total = torch.zeros((), device=trained.device)
    for batch in batches:
        total += trained.loss(model, batch).sum()
    return total.item() / len(trained.pixels)
