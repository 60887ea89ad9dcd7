"""What is said of a loss that raises."""

import pytest
import torch
from torch import nn

from landscape.errors import ProblemError
from landscape.objective.data import read_batches
from landscape.objective.evaluate import Objective
from landscape.problem import Problem


class Criterion(nn.Module):
    def forward(self, output, target, weight):
        return output - target


def one_argument(model):
    return model


def elsewhere(model, x):
    raise RuntimeError("Expected all tensors to be on the same device, but found cuda:0 and cpu!")


def closed_over(model, x):
    return model(x)[:, 0] * torch.ones(4, device="meta")


def leaving(model, x):
    raise SystemExit(0)


@pytest.mark.parametrize(
    ("loss", "message", "hint"),
    [
        (one_argument, "takes 1 positional argument but 2 were given", "loss(model, batch)"),
        (Criterion(), "missing 1 required positional argument", "loss(model, batch)"),
        (elsewhere, "on the same device", "that the loss closes over must be moved"),
        (closed_over, "Tensor on device meta", "that the loss closes over must be moved"),
        (leaving, "raised SystemExit: 0", "must not end the process"),
    ],
)
def test_a_loss_that_raises_comes_with_what_may_help(loss, message, hint):
    x = [torch.ones(4, 2)]
    with pytest.raises(ProblemError, match=message) as caught:
        Objective(Problem(nn.Linear(2, 1), loss, x), read_batches(x)).evaluate()
    assert hint in caught.value.hint
