"""What reads the caller's own model, which does not move, is refused by name."""

import functools

import pytest
import torch
from torch import nn
from torch.func import grad, vmap

from landscape.errors import ProblemError
from landscape.objective.data import read_batches
from landscape.objective.tune import tune
from landscape.problem import Problem
from tests.landscape.objective.networks import X, network, square

OUTER = network()


class ReadsGlobal(nn.Sequential):
    def forward(self, x):
        return super().forward(x) + 0 * OUTER[0].bias[:3]


def refused(model, loss, match):
    task = Problem(model, loss, [X])
    data = read_batches(task.batches)
    with pytest.raises(ProblemError, match=match) as caught:
        tune(task, data)
    return caught.value.hint


def test_a_loss_that_reads_the_callers_model_is_refused_by_name():
    net = network()
    layer, weights = net[0], [net[0].weight]
    bound = functools.partial(
        lambda model, x, decay: square(model, x) + decay.sum(), decay=net[2].bias
    )

    optimizer = torch.optim.SGD(net.parameters(), 0.1)

    def first(optimizer):
        return optimizer.param_groups[0]["params"][0].sum()

    class Loss:
        def __init__(self):
            self.network = net

        def __call__(self, model, x):
            return square(model, x) + square(self.network, x)

    for loss, name in (
        (lambda model, x: square(net, x), "net"),
        (lambda model, x: square(model, x) + layer(x).mean(1), "layer"),
        (lambda model, x: square(model, x) + weights[0].square().sum(), "weights"),
        (lambda model, x, m=net: square(m, x), "m"),
        (lambda model, x: square(OUTER, x), "OUTER"),
        (bound, "decay"),
        (Loss(), "self.network"),
        (lambda model, x: square(model, x) + len(optimizer.state) + first(optimizer), "optimizer"),
    ):
        model = OUTER if name == "OUTER" else net
        hint = refused(model, loss, rf"the loss .*reads the model through '{name}' from outside")
        assert "use the model that it is given" in hint
    hint = refused(ReadsGlobal(*OUTER), square, "ReadsGlobal.forward reads .*'OUTER'")
    assert "from self" in hint


def test_a_loss_that_only_looks_at_the_callers_model_is_not_refused():
    net = network()
    net.scale = 2.0
    frozen = net[0].weight.detach().clone()

    def loss(model, x):
        zeros = torch.zeros_like(net[0].weight)
        far = (model[0].weight - frozen + zeros).square().sum()
        return square(model, x) * net.scale + far + net[0].weight.ndim + len(list(net.parameters()))

    task = Problem(net, loss, [X])
    assert tune(task, read_batches(task.batches)).fold == ()


def test_a_loss_does_not_get_to_write_to_the_callers_model():
    net = network()

    def loss(model, x):
        net[0].bias.add_(1)
        return square(model, x)

    before = net[0].bias.detach().clone()
    refused(net, loss, "reads the model through 'net'")
    assert torch.equal(net[0].bias, before)


def test_tensors_of_torch_func_are_seen_through():
    """They wrap others and own no memory; what they are computed from is found all the same."""
    net = network()

    def curved(model, x):
        return vmap(grad(lambda t: model(t[None]).sum()))(x).square().sum(1)

    task = Problem(net, curved, [X])
    tune(task, read_batches(task.batches))
    refused(net, lambda model, x: curved(net, x) + 0 * square(model, x), "through '(net|curved)'")
