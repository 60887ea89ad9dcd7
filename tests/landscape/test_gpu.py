"""Everything that evaluates finds on a GPU what it finds on the CPU.

The other tests run where `device="auto"` puts them: on a machine with a GPU they test it, too.
"""

import copy
import gc
import itertools
import json
import re

import numpy as np
import pytest
import torch
from torch import nn

import landscape as ls
from landscape.errors import LandscapeError
from landscape.objective.data import read_data
from landscape.objective.evaluate import Objective
from landscape.objective.race import line_of
from landscape.objective.tuning import Tuning
from tests.landscape.connect.networks import images, made

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
SMALL = {"planes": 2, "steps": 3, "radius": 0.5, "workers": 1}


def classified(model, batch):
    """Cross-entropy and accuracy of each sample."""
    found, wanted = model(batch[0]), batch[1]
    loss = nn.functional.cross_entropy(found, wanted, reduction="none")
    return {"loss": loss, "accuracy": (found.argmax(1) == wanted).double()}


def classifier(name="residual", seed=0, dtype=torch.float64):
    """A network with BatchNorm on 24 images, with a second split."""
    model, x = made(name, seed).to(dtype), images(24).to(dtype)
    y = torch.arange(len(x)) % 3
    batches = list(zip(x.split(9), y.split(9), strict=True))
    return ls.Problem(model, classified, batches, splits={"test": batches[:1]})


def both(call):
    """What comes of a call on the CPU and on the GPU."""
    return call("cpu"), call("cuda")


def assert_same(one, other, *, tolerance=1e-9):
    """All metrics of two surfaces."""
    assert one.metrics == other.metrics
    for name in one.metrics:
        found, wanted = other.values[name], one.values[name]
        np.testing.assert_allclose(found, wanted, rtol=tolerance, err_msg=name)


@pytest.fixture
def ends(tmp_path):
    """Two more checkpoints of the same network, and a path to the center."""
    for seed in (1, 2):
        torch.save(made("residual", seed).state_dict(), tmp_path / f"{seed}.pt")
    center, far = made("residual", 0), made("residual", 1)
    tracker = ls.Tracker(tmp_path / "path")
    for step in range(4):
        state = far.state_dict()
        mixed = {
            name: torch.lerp(state[name], value, step / 3)
            + 0.01 * (3 - step) * torch.randn_like(value)
            if value.is_floating_point()
            else value
            for name, value in center.state_dict().items()
        }
        model = copy.deepcopy(center)
        model.load_state_dict(mixed)
        tracker.record(model if step < 3 else center, step=step)
    return tmp_path


@pytest.mark.parametrize("policy", ["frozen", "batch", "recalibrated"])
@pytest.mark.parametrize("name", ["perceptron", "convolutional", "residual"])
def test_random_planes(name, policy):
    problem = classifier(name)
    assert_same(*both(lambda d: ls.compute(problem, batchnorm=policy, device=d, **SMALL)))


@pytest.mark.parametrize(
    "along",
    [
        "to:{}/1.pt",
        "to:{}/1.pt,{}/2.pt",
        "pca:{}/path",
        "gradient",
        "worst",
        "update:{}/1.pt",
        "hessian",
    ],
)
def test_every_direction(along, ends):
    problem, text = classifier(), along.replace("{}", str(ends))
    settings = {"planes": 1, "steps": 5, "workers": 1, "along": text}
    if along.startswith("update"):
        optimizer = torch.optim.Adam(problem.model.parameters())
        problem.loss(problem.model, problem.batches[0])["loss"].mean().backward()
        optimizer.step()
        torch.save(
            {"model": problem.model.state_dict(), "optimizer": optimizer.state_dict()},
            ends / "1.pt",
        )
    cpu, gpu = both(lambda d: ls.compute(problem, device=d, **settings))
    assert_same(cpu, gpu, tolerance=1e-6)
    assert len(cpu.points_of_interest) == len(gpu.points_of_interest)
    for one, other in zip(cpu.points_of_interest, gpu.points_of_interest, strict=True):
        assert (other.alpha, other.beta) == pytest.approx((one.alpha, one.beta), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("precision", ["tf32", "bfloat16"])
def test_fast_arithmetic_says_how_far_it_is_off(precision):
    problem = classifier(dtype=torch.float32)
    exact = ls.compute(problem, device="cuda", **SMALL)
    fast = ls.compute(problem, device="cuda", precision=precision, **SMALL)
    off = np.abs(fast.loss / exact.loss - 1).max()
    assert 0 < off < {"tf32": 0.01, "bfloat16": 0.1}[precision]


def test_single_precision_is_that_of_the_cpu():
    """By default nothing is rounded to eleven bits, as CUDA's convolutions do by themselves."""
    problem = classifier(dtype=torch.float32)
    assert_same(*both(lambda d: ls.compute(problem, device=d, **SMALL)), tolerance=2e-5)


def test_error_control_measures_the_same_points():
    problem = classifier()
    settings = {"planes": 1, "steps": 21, "tolerance": 0.05, "workers": 1}
    cpu, gpu = both(lambda d: ls.compute(problem, device=d, **settings))
    np.testing.assert_array_equal(cpu.measured, gpu.measured)
    assert_same(cpu, gpu, tolerance=1e-6)


def test_small_batches_are_joined():
    found = ls.compute(classifier(), device="cuda", **SMALL)
    assert json.loads(found.metadata["tuning"])["batch_size"] == 24


@pytest.mark.parametrize("name", ["perceptron", "convolutional", "residual"])
def test_a_recorded_pass_has_the_bits_of_one_that_is_not(name):
    problem = classifier(name)
    data = read_data(problem)
    found = []
    for recorded in (False, True):
        objective = Objective(problem, data, device="cuda", tuning=Tuning(recorded=recorded))
        objective.enter(line_of(problem.model))
        points = [objective.at(alpha) for alpha in (0.0, 0.5, -1.0, 0.0)]
        found.append([{name: sample.values for name, sample in p.items()} for p in points])
    for one, other in zip(*found, strict=True):
        for metric, values in one.items():
            np.testing.assert_array_equal(other[metric], values, err_msg=metric)


def test_surfaces_are_recorded():
    found = ls.compute(classifier(), device="cuda", **SMALL)
    assert json.loads(found.metadata["tuning"])["recorded"]


def waits(model, batch):
    """A loss that reads a value: a graph cannot hold that."""
    found = classified(model, batch)
    assert float(found["loss"].sum()) >= 0
    return found


def copies(model, batch):
    """A loss that brings a tensor along from the CPU at each call."""
    found = classified(model, batch)
    return {**found, "loss": found["loss"] * torch.full((len(batch[0]),), 2.0).to(batch[0].device)}


def synchronizes(model, batch):
    """A loss that waits in a way that shows only inside a recording, which it spoils."""
    found = classified(model, batch)
    event = torch.cuda.Event() if found["loss"].is_cuda else None
    if event is not None:
        event.record()
        event.synchronize()
    return found


@pytest.mark.parametrize("loss", [waits, copies, synchronizes])
def test_what_cannot_be_recorded_is_not(loss):
    made = classifier()
    problem = ls.Problem(made.model, loss, made.batches)
    cpu, gpu = both(lambda d: ls.compute(problem, device=d, **SMALL))
    assert_same(cpu, gpu)
    assert not json.loads(gpu.metadata["tuning"])["recorded"]
    assert torch.rand(3, device="cuda").std() > 0  # the device's random numbers go on


def test_random_losses_are_refused_though_a_recording_would_repeat_them():
    made = classifier()
    calls = itertools.count()
    rand = [
        lambda model, batch: classified(model, batch)["loss"] + 1e-3 * next(calls),
        lambda model, batch: classified(model, batch)["loss"] * torch.rand(1, device="cuda"),
    ]
    for loss in rand:
        with pytest.raises(LandscapeError, match="differs between two evaluations"):
            ls.compute(ls.Problem(made.model, loss, made.batches), device="cuda", **SMALL)


def test_two_processes_share_one_gpu():
    problem = classifier()
    one, two = (ls.compute(problem, device="cuda", **SMALL | {"workers": n}) for n in (1, 2))
    assert_same(one, two)


def test_a_file_goes_on_where_it_was_begun(tmp_path):
    problem, path = classifier(), tmp_path / "run.h5"
    ls.compute(problem, path=path, device="cuda", max_evaluations=7, **SMALL)
    with pytest.raises(LandscapeError, match='with device = "cuda", not "cpu"'):
        ls.compute(problem, path=path, device="cpu", **SMALL)
    model = copy.deepcopy(problem.model).cuda()  # where it lay before is no matter
    there = ls.Problem(model, problem.loss, problem.batches, splits=problem.splits)
    whole = ls.compute(there, path=path, device="cuda", **SMALL)
    assert whole.measured.all()
    assert whole.metadata["gpu"] == torch.cuda.get_device_name()
    assert_same(ls.compute(problem, device="cpu", **SMALL), whole)


@pytest.mark.parametrize("there", ["model", "data", "both"])
def test_what_is_on_the_gpu_already_stays_there_and_is_not_changed(there):
    problem = classifier()
    model = problem.model.cuda() if there != "data" else problem.model
    batches = (
        [tuple(t.cuda() for t in b) for b in problem.batches]
        if there != "model"
        else problem.batches
    )
    before = {name: value.clone() for name, value in model.state_dict().items()}
    random = torch.cuda.get_rng_state()
    found = ls.compute(ls.Problem(model, classified, batches), **SMALL)
    assert "gpu" in found.metadata
    assert torch.equal(torch.cuda.get_rng_state(), random)
    for name, value in model.state_dict().items():
        assert value.device == before[name].device
        assert torch.equal(value, before[name])
    reference = ls.compute(classifier(), device="cpu", **SMALL)
    np.testing.assert_allclose(found.loss, reference.loss, rtol=1e-9)


@pytest.mark.parametrize("align", [False, True])
def test_barriers(align):
    problem, other = classifier(), made("residual", 1).double()
    cpu, gpu = both(lambda d: ls.barrier(problem, other, steps=5, align=align, device=d))
    for policy in ("frozen", "batch", "recalibrated"):
        one, two = (found.find(batchnorm=policy) for found in (cpu, gpu))
        np.testing.assert_allclose(two.curve.values, one.curve.values, rtol=1e-8)
        assert two.height == pytest.approx(one.height, abs=1e-8)


def test_memory_that_runs_out_is_an_error_that_says_what_to_do():
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))

    def loss(model, x):
        torch.empty(2**46, dtype=torch.uint8, device=x.device)  # 64 TiB
        return model(x).square().mean(1)

    problem = ls.Problem(model, loss, [torch.zeros(4, 4)])
    with pytest.raises(LandscapeError, match=re.compile("memory", re.IGNORECASE)):
        ls.compute(problem, device="cuda", **SMALL)


def test_a_surface_leaves_no_memory_behind():
    problem = classifier()
    found = []
    for _ in range(4):
        ls.compute(problem, device="cuda", **SMALL)
        gc.collect()
        found.append(torch.cuda.memory_allocated())
    assert found[-1] <= found[0], found


def test_an_absent_gpu_is_named():
    count = torch.cuda.device_count()
    with pytest.raises(LandscapeError, match=f"cuda:{count} is not available"):
        ls.compute(classifier(), device=f"cuda:{count}", **SMALL)
