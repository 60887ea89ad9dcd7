"""The private copy computes what the caller's model would, and disturbs nobody."""

import copy
import functools
import subprocess
import sys
import types

import numpy as np
import pytest
import torch
from torch import nn

from landscape.errors import ProblemError
from landscape.objective.data import read_batches
from landscape.objective.evaluate import Objective
from landscape.objective.tune import tune
from landscape.planes import ParameterSpace, RandomPlanes
from landscape.problem import Problem
from landscape.sampling import compute
from tests.landscape.objective.networks import X, network, square


def check_moves(model: nn.Module, plain: nn.Module) -> None:
    """Compare values along a plane with those of an equal model without anything unusual."""
    task = Problem(model, square, [X])
    data = read_batches(task.batches)
    resident = Objective(task, data, tuning=tune(task, data))
    plane = RandomPlanes(ParameterSpace(plain), 1, seed=0)[0]
    moved = RandomPlanes(ParameterSpace(model), 1, seed=0)[0]
    resident.enter(moved)
    for alpha, beta in ((0.0, 0.0), (0.7, -0.4)):
        there = copy.deepcopy(plain)
        there.load_state_dict({**there.state_dict(), **plane.at(alpha, beta)})
        expected = square(there, X).detach().double().numpy()
        np.testing.assert_allclose(resident.at(alpha, beta)["loss"].values, expected, rtol=1e-5)


def method(model):
    plain = type(model).forward
    model.forward = types.MethodType(lambda self, x: plain(self, x) * 1.0, model)


def partial(model):
    model.forward = functools.partial(type(model).forward, model)


def closure(model):
    inside = model.forward
    model.forward = lambda x: inside(x) * 1.0


def closure_over_layers(model):
    layers = [model[0], model[2]]
    model.forward = lambda x: layers[1](torch.tanh(layers[0](x)))


def default(model):
    model.forward = lambda x, net=model: nn.Sequential.forward(net, x)


def modifying_hook(model):
    model[0].register_forward_hook(lambda module, args, output: model[0].bias * 0 + output)


@pytest.mark.parametrize(
    "patch", [method, partial, closure, closure_over_layers, default, modifying_hook]
)
def test_functions_put_into_a_model_are_bound_to_the_copy(patch):
    model = network()
    patch(model)
    check_moves(model, network())


def test_a_function_that_reads_a_global_model_is_bound_to_the_copy():
    model = network()
    space = {"net": model, "torch": torch}
    exec("patched = lambda x: net[2](torch.tanh(net[0](x)))", space)
    model.forward = space["patched"]
    check_moves(model, network())
    assert space["net"] is model


def test_hooks_that_look_on_do_not_run_and_store_nothing():
    net, seen = network(), []
    net.saved = []
    net[0].register_forward_hook(lambda module, args, output: seen.append(output))
    net[2].register_forward_hook(lambda module, args, output: net.saved.append(output))
    task = Problem(net, square, [X])
    data = read_batches(task.batches)
    tuning = tune(task, data)
    assert not tuning.hooks
    resident = Objective(task, data, tuning=tuning)
    for _ in range(3):
        resident.evaluate()
    assert not seen
    assert not net.saved
    check_moves(net, network())


def test_hooks_whose_records_the_loss_reads_run():
    net, seen = network(), {}
    net[0].register_forward_hook(lambda module, args, output: seen.update(hidden=output))

    def loss(model, x):
        model(x)
        return seen["hidden"].square().mean(1)

    with torch.no_grad():
        loss(net, X)  # the caller's own pass leaves a record that would be stale
    task = Problem(net, loss, [X])
    data = read_batches(task.batches)
    tuning = tune(task, data)
    assert tuning.hooks
    resident = Objective(task, data, tuning=tuning)
    plane = RandomPlanes(ParameterSpace(net), 1, seed=0)[0]
    resident.enter(plane)
    there = copy.deepcopy(net)
    there.load_state_dict({**there.state_dict(), **plane.at(0.5, 0.5)})
    expected = there[0](X).square().mean(1).detach().double().numpy()
    np.testing.assert_allclose(resident.at(0.5, 0.5)["loss"].values, expected, rtol=1e-5)


def test_models_without_values_are_named():
    task = Problem(nn.Linear(3, 3, device="meta"), square, [X])
    with pytest.raises(ProblemError, match="'weight' has no values: it is on the meta device"):
        Objective(task, read_batches([X]))
    for model, text in ((task.model, "on the meta device"), (nn.LazyLinear(3), "no shape yet")):
        with pytest.raises(ProblemError, match=text):
            compute(Problem(model, square, [X]), planes=2, steps=3, workers=1)


def test_the_callers_hooks_and_functions_stay():
    net = network()
    closure(net)
    forward = net.forward
    handle = net[0].register_forward_hook(lambda module, args, output: output)
    hooks = dict(net[0]._forward_hooks)
    task = Problem(net, square, [X])
    tune(task, read_batches(task.batches))
    assert net.forward is forward
    assert dict(net[0]._forward_hooks) == hooks
    handle.remove()


def test_what_a_loss_writes_to_parameters_does_not_reach_the_caller():
    net = network()
    net.counter = nn.Parameter(torch.zeros(1, dtype=torch.int64), requires_grad=False)

    def loss(model, x):
        model.counter += 1
        for parameter in model.parameters():
            parameter.mul_(0)
        return square(model, x)

    before = {name: value.clone() for name, value in net.state_dict().items()}
    resident = Objective(Problem(net, loss, [X]), read_batches([X]))
    assert resident.evaluate()["loss"].mean == resident.evaluate()["loss"].mean == 0
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert all(parameter.requires_grad for parameter in net[0].parameters())


def test_a_model_made_in_inference_mode_moves():
    with torch.inference_mode():
        model = network()
    check_moves(model, network())


@pytest.mark.slow
def test_an_objective_takes_the_memory_of_two_models_and_of_four_on_a_plane():
    script = """
import resource, torch
from torch import nn
from landscape.objective.data import read_batches
from landscape.objective.evaluate import Objective
from landscape.planes import ParameterSpace, RandomPlanes
from landscape.problem import Problem
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
def objective(size):
    model = nn.Linear(size, size, bias=False)
    problem = Problem(model, lambda model, x: model(x)[:, 0], [torch.ones(2, size)])
    made = Objective(problem, read_batches(problem.batches))
    made.evaluate()
    return model, made
objective(2)
before = peak()
model, made = objective(4000)
held = peak()
made.enter(RandomPlanes(ParameterSpace(model), 1)[0])
made.at(0.1, 0.1)
print(held - before, peak() - before)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    held, moved = (float(word) / 61 for word in run.stdout.split())  # megabytes of the model
    assert held < 3.5, "the caller's, the center, and what moves"
    assert moved < 5.5, "and two directions"
