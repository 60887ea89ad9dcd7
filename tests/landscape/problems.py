"""Problems that travel to other processes, as nothing in them refers to a module of the tests."""

import os
from pathlib import Path

import torch
from torch import nn

from landscape.problem import Problem


def regression(samples: int = 40) -> Problem:
    """A small network whose loss has one value for each sample."""
    generator = torch.Generator().manual_seed(5)
    model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    x = torch.randn(samples, 3, generator=generator)
    return Problem(model, lambda model, x: model(x).square().mean(1), list(x.split(16)))


def slow(seconds: float) -> Problem:
    """The same network, with a loss that takes its time."""
    problem = regression()

    def loss(model, x):
        import time

        time.sleep(seconds / 3)  # three batches
        return problem.loss(model, x)

    return Problem(problem.model, loss, problem.batches)


def poisonous(limit: float) -> Problem:
    """A weight of 1 whose process ends where the weight is below a limit."""

    def loss(model, x):
        if model.weight[0, 0] < limit:
            os._exit(9)
        return model(x)[:, 0].square()

    model = nn.Linear(1, 1, bias=False)
    nn.init.ones_(model.weight)
    return Problem(model, loss, [torch.ones(4, 1)])


def deadly(problem: Problem, folder: Path) -> Problem:
    """The same problem, but the first worker to evaluate some ten points dies, once."""
    parent = os.getpid()
    counts = {}  # not in the model, where it would be set back at every point

    def loss(model, x):
        process = os.getpid()
        count = counts[process] = counts.get(process, -1) + 1
        if count == 30 and process != parent:
            try:
                (folder / "died").touch(exist_ok=False)
            except FileExistsError:
                pass
            else:
                os._exit(9)
        return problem.loss(model, x)

    return Problem(problem.model, loss, problem.batches)


class StopError(Exception):
    """Raised by `stop`."""


def stop(done: int, total: int, info: object) -> None:
    """End a computation, as its progress display, when a third is done."""
    if done >= total // 3:
        raise StopError
