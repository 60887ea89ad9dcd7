"""Gradient, worst direction, update and stored directions: closed forms on quadratics."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from landscape import FromFile, Problem, Update, compute, summarize
from landscape.errors import LandscapeError, SettingsMismatchError
from landscape.planes.space import ParameterSpace, RandomPlanes
from landscape.surface.directions import load_directions

OPTIONS = {"steps": 5, "workers": 1}


class Bowl(nn.Module):
    """f(theta) = sum of lambda_i theta_i^2 / 2."""

    def __init__(self, theta, curvatures):
        super().__init__()
        self.theta = nn.Parameter(torch.as_tensor(theta).reshape(2, -1))
        self.register_buffer("curvatures", torch.as_tensor(curvatures))

    def forward(self, x):
        return (self.curvatures * self.theta.reshape(-1).square()).sum() / 2 + 1 + 0 * x


THETA = np.array([1.0, -2.0, 0.5, 3.0])
CURVATURES = np.array([1.0, 5.0, 2.0, 0.1])


def bowl(theta=THETA, curvatures=CURVATURES) -> Problem:
    return Problem(Bowl(theta, curvatures), lambda m, x: m(x), [torch.zeros(3).double()])


def length(problem, **options) -> float:
    plane = RandomPlanes(ParameterSpace(problem.model), 1, **options)[0]
    return float(plane.directions[0]["theta"].norm())


def test_along_the_gradient_the_loss_has_its_closed_form(tmp_path):
    problem = bowl()
    surface = compute(
        problem,
        along="gradient",
        line=True,
        path=tmp_path / "g.h5",
        store_directions=True,
        **OPTIONS,
    )
    gradient = CURVATURES * THETA
    step = gradient * length(problem) / np.linalg.norm(gradient)
    points = THETA + surface.alpha[:, None] * step
    np.testing.assert_allclose(surface.loss[0, 0], (CURVATURES * points**2).sum(1) / 2 + 1)
    assert surface.planes == 1
    assert (
        surface.metadata["normalization_report"] == "[]"
    )  # of random directions, of which is none
    ((stored,),) = load_directions(tmp_path / "g.h5")
    np.testing.assert_allclose(stored["theta"].reshape(-1), step, rtol=1e-6)
    assert str(surface.axes[0]).startswith("gradient, 1 is as long as a random direction")
    again = compute(problem, along="gradient", line=True, path=tmp_path / "g.h5", **OPTIONS)
    np.testing.assert_array_equal(again.loss, surface.loss)


def test_of_the_gradient_only_what_moves_has_a_part(tmp_path):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    x = torch.randn(8, 3).double()
    problem = Problem(model, lambda m, x: m(x)[:, 0].square(), [x])
    compute(
        problem,
        along="gradient",
        only="2",
        path=tmp_path / "g.h5",
        store_directions=True,
        planes=1,
        **OPTIONS,
    )
    ((alpha, _),) = load_directions(tmp_path / "g.h5")
    assert set(alpha) == {"2.weight", "2.bias"}
    model(x)[:, 0].square().mean().backward()
    ratio = alpha["2.weight"] / model[2].weight.grad.numpy()
    np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-5)
    assert alpha["2.bias"] / model[2].bias.grad.numpy() == pytest.approx(ratio[0, 0], rel=1e-5)


def test_beside_it_lie_replicate_random_directions():
    problem = bowl()
    surface = compute(problem, along="gradient", planes=3, **OPTIONS)
    random = compute(problem, planes=3, **OPTIONS)
    assert surface.planes == 3
    middle = surface.loss[:, 2, :]
    np.testing.assert_array_equal(middle, np.broadcast_to(middle[0], middle.shape))
    np.testing.assert_array_equal(surface.loss[:, :, 2], random.loss[:, :, 2])
    summary = summarize(surface)
    assert "radius_mean" not in summary
    assert summary["curvature_max"].low < summary["curvature_max"].value
    assert "intervals are over the second, random direction" in str(summary)
    assert surface.axes[1].label == "filter norms"


@pytest.mark.slow
def test_workers_have_the_same_planes():
    one, two = (
        compute(bowl(), along="gradient", planes=2, steps=5, workers=workers) for workers in (1, 2)
    )
    np.testing.assert_array_equal(one.loss, two.loss)


def test_the_worst_direction_of_a_quadratic_is_its_largest_eigenvector():
    problem = bowl(curvatures=np.array([1.0, 9.0, -8.0, 0.5]), theta=THETA * 1e-9)
    surface = compute(
        problem, along="worst:steps=60,radius=1", normalize="unit", line=True, **OPTIONS
    )
    assert surface.loss[0, 0, -1] == pytest.approx(1 + 9 / 2, rel=1e-6)  # length 1
    assert surface.axes[0].name == "worst direction"


def test_at_a_minimum_the_worst_direction_starts_at_random():
    surface = compute(
        bowl(theta=0 * THETA), along="worst:steps=80", normalize="unit", line=True, **OPTIONS
    )
    assert surface.loss[0, 0, -1] == pytest.approx(1 + 5 / 2, rel=1e-6)


def test_the_worst_direction_is_never_better_than_the_gradient():
    problem = bowl()
    worst, gradient = (
        compute(problem, along=along, line=True, radius=0.1, **OPTIONS)
        for along in ("worst:steps=3", "gradient")
    )
    assert worst.loss[0, 0, -1] >= gradient.loss[0, 0, -1]


OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, weight_decay=0.1),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.1),
    "amsgrad": lambda p: torch.optim.Adam(p, lr=0.01, amsgrad=True),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.5),
}


def trained(make, problem, steps=4):
    model = problem.model
    optimizer = make(model.named_parameters())
    for _ in range(steps):
        before = model.theta.detach().clone()
        optimizer.zero_grad()
        model(torch.zeros(1)).mean().backward()
        optimizer.step()
    return optimizer, (model.theta.detach() - before).reshape(-1).numpy()


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("how", ["object", "file"])
def test_the_update_is_the_last_step_taken(kind, how, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    problem = bowl()
    optimizer, step = trained(OPTIMIZERS[kind], problem)
    torch.save(
        {"model": problem.model.state_dict(), "optimizer": optimizer.state_dict()}, "last.pt"
    )
    along = "update:last.pt" if how == "file" else Update(optimizer)
    surface = compute(
        problem, along=along, line=True, path="run.h5", store_directions=True, **OPTIONS
    )
    ((found,),) = load_directions("run.h5")
    expected = step * length(problem) / np.linalg.norm(step)
    np.testing.assert_allclose(found["theta"].reshape(-1), expected, rtol=1e-5)
    assert surface.axes[0].name == "optimizer's update"


def test_an_optimizer_that_has_none_or_is_anothers_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    problem = bowl()
    state = problem.model.state_dict()

    def refused(along, text):
        with pytest.raises(LandscapeError) as error:
            compute(problem, along=along, **OPTIONS)
        assert text in str(error.value)
        assert "\n" not in str(error.value)

    torch.save({"model": state}, "a.pt")
    refused("update:a.pt", "a.pt holds no optimizer")
    refused("update:", "expected a checkpoint after update:, got none")
    plain, _ = trained(lambda p: torch.optim.SGD(p, lr=0.1), bowl())
    torch.save({"model": state, "optimizer": plain.state_dict()}, "a.pt")
    refused("update:a.pt", "the optimizer in a.pt has no state")
    refused(Update(plain), "the SGD given is of another model")
    other = nn.Linear(2, 2)
    foreign = torch.optim.Adam(other.parameters())
    other(torch.ones(1, 2)).sum().backward()
    foreign.step()
    torch.save({"model": state, "optimizer": foreign.state_dict()}, "a.pt")
    refused("update:a.pt", "it has 2 parameters, this model 1")
    groups = torch.optim.Adam([{"params": [other.weight]}, {"params": [other.bias]}])
    torch.save({"model": state, "optimizer": groups.state_dict()}, "a.pt")
    refused("update:a.pt", "has 2 groups without names")
    rms, _ = trained(lambda p: torch.optim.RMSprop(p, lr=0.1), bowl())
    torch.save({"model": state, "optimizer": rms.state_dict()}, "a.pt")
    refused("update:a.pt", "is none of those known, which are SGD with momentum")


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_stored_directions_keep_their_length(tmp_path, monkeypatch, suffix):
    monkeypatch.chdir(tmp_path)
    one, other = np.random.default_rng(0).normal(size=(2, 2, 2))

    def save(arrays):
        if suffix == "npz":
            np.savez("d.npz", **arrays)
        else:
            save_file({n: torch.from_numpy(a) for n, a in arrays.items()}, "d.safetensors")

    along = f"file:d.{suffix}"
    save({"alpha/theta": one, "beta/theta": other})
    surface = compute(bowl(), along=along, path="run.h5", **OPTIONS)
    assert surface.planes == 1
    point = THETA + 0.5 * one.reshape(-1) - other.reshape(-1)
    assert surface.loss[0, 0, 3] == pytest.approx((CURVATURES * point**2).sum() / 2 + 1)
    assert [axis.name for axis in surface.axes] == [f"d.{suffix} alpha", f"d.{suffix} beta"]
    save({"alpha/theta": one, "beta/theta": 2 * other})
    with pytest.raises(SettingsMismatchError, match=rf"with another file: d\.{suffix} = "):
        compute(bowl(), along=along, path="run.h5", **OPTIONS)
    save({"theta": one})
    line = compute(bowl(), along=FromFile(f"d.{suffix}"), line=True, **OPTIONS)
    point = THETA + one.reshape(-1)
    assert line.loss[0, 0, -1] == pytest.approx((CURVATURES * point**2).sum() / 2 + 1)
    assert compute(bowl(), along=along, planes=2, **OPTIONS).planes == 2


@pytest.mark.parametrize(
    ("arrays", "text"),
    [
        ({"x": np.ones(4)}, "d.npz has no direction of 'theta'"),
        ({"theta": np.ones(4)}, "d.npz: expected 'theta' of shape (2, 2), got (4,)"),
        ({"theta": np.ones((2, 2)), "x": np.ones(1)}, "d.npz has a direction of 'x'"),
        ({"theta": np.zeros((2, 2))}, "a direction in d.npz is zero"),
        ({"theta": np.full((2, 2), np.nan)}, "d.npz has numbers in 'theta' that are not finite"),
        ({"beta/theta": np.ones((2, 2))}, "expected one direction or two in d.npz, got a mixture"),
        (
            {"alpha/theta": np.ones((2, 2)), "beta/theta": -np.ones((2, 2))},
            "both directions in d.npz are parallel",
        ),
        ({"theta": np.array([{}])}, "cannot read "),
    ],
)
def test_a_file_that_does_not_fit_is_refused_in_one_line(arrays, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("d.npz", **arrays)
    with pytest.raises(LandscapeError) as error:
        compute(bowl(), along="file:d.npz", **OPTIONS)
    assert text in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("along", "text"),
    [
        ("gradient:x", "expected nothing after gradient:, got 'x'"),
        ("worst:steps=x", "expected steps and radius of the worst direction, got 'steps=x'"),
        ("worst:depth=3", "expected steps and radius of the worst direction, got 'depth=3'"),
        ("worst:steps=0", "expected positive steps and radius, got 0 and 0.1"),
        ("file:", "expected a file after file:, got none"),
        ("file:no.npz", "expected a file of directions, got no file: "),
        ("gradiant", "unknown directions 'gradiant'"),
    ],
)
def test_words_that_are_wrong(along, text):
    with pytest.raises(LandscapeError) as error:
        compute(bowl(), along=along, **OPTIONS)
    assert text in str(error.value)


def test_where_there_is_no_gradient_there_is_no_direction():
    with pytest.raises(LandscapeError, match="the gradient is zero at the center"):
        compute(bowl(theta=0 * THETA), along="gradient", **OPTIONS)
