"""Curves with one bend: closed forms, gradients, what a killed training leaves, refusals."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from torch import nn

import landscape as ls
from landscape.connect.bezier import Bezier, bent, slope_along, stretch, train_bend
from landscape.errors import LandscapeError, ProblemError, SettingsMismatchError
from landscape.objective.data import read_batches
from landscape.planes.along.to import difference
from landscape.planes.checkpoints import as_checkpoint, fit_checkpoint
from tests.landscape.connect.networks import images, made
from tests.landscape.connect.test_line import classifier


class Point(nn.Module):
    def __init__(self, *values: float) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor(values, dtype=torch.float64))


def problem_of(function, *values: float, weights=(1.0, 1.0, 1.0)) -> ls.Problem:
    """A loss of the parameters, which samples multiply."""
    return ls.Problem(
        Point(*values),
        lambda model, x: x * function(model.w),
        [torch.tensor([x], dtype=torch.float64) for x in weights],
    )


def annulus(w):
    """Zero on the unit circle, 1 at its center."""
    return (w.square().sum() - 1) ** 2


def on_curve(theta, a, b, t):
    a, b, theta = (np.asarray(point)[:, None] for point in (a, b, theta))
    return (1 - t) ** 2 * a + 2 * t * (1 - t) * theta + t**2 * b


def test_around_a_hill_there_is_a_curve_where_the_line_has_a_barrier():
    """The best quadratic curve, by quadrature and scipy, bends toward (0, 3 / sqrt 2)."""
    a, b = (-1.0, 0.0), (1.0, 0.0)
    problem = problem_of(annulus, *a)
    found = ls.barrier(problem, Point(*b), curve="bezier:steps=500")
    assert found.find().height == pytest.approx(1, abs=1e-12)
    t = np.linspace(0, 1, 1001)

    def mean(theta):
        values = (np.square(on_curve(theta, a, b, t)).sum(0) - 1) ** 2
        return np.trapezoid(values, t)

    best = minimize(mean, [0.0, 1.0])
    assert best.x == pytest.approx([0, 4.5**0.5], abs=1e-6)
    assert best.fun == pytest.approx(2 / 105)
    x, y = found.bend["w"]
    assert mean((x, y)) == pytest.approx(best.fun, rel=0.03)
    assert (x, abs(y)) == pytest.approx(best.x, abs=0.1)
    curve = found.find(bent=True)
    expected = (np.square(on_curve((x, y), a, b, curve.curve.t)).sum(0) - 1) ** 2
    np.testing.assert_allclose(curve.curve.values, expected, atol=1e-12)
    assert curve.height < 0.07
    assert found.stretch > np.pi / 2 * 0.95  # the half circle, nearly


def test_the_bend_of_a_quadratic_is_the_one_of_its_closed_form():
    """E[2t(1-t) (phi - w*)] = 0 has theta = 5/2 w* - 3/4 (a + b), whatever the curvatures."""
    least = torch.tensor([0.7, -0.4, 2.0], dtype=torch.float64)
    curvatures = torch.tensor([1.0, 30.0, 0.02], dtype=torch.float64)
    a, b = (-1.0, 0.5, 0.3), (2.0, 1.5, 1.0)
    problem = problem_of(lambda w: (curvatures.to(w) * (w - least.to(w)) ** 2).sum(), *a)
    found = ls.barrier(problem, Point(*b), steps=3, curve=Bezier(steps=1000, seed=2))
    best = 2.5 * least.numpy() - 0.75 * (np.array(a) + np.array(b))

    def above(theta):
        """E[(2t(1-t))^2] = 2/15."""
        return 2 / 15 * float((curvatures.numpy() * (theta - best) ** 2).sum())

    assert above(found.bend["w"]) < 1e-3 * above((np.array(a) + np.array(b)) / 2)


@pytest.mark.parametrize("name", ["perceptron", "residual"])
def test_the_gradient_is_that_of_finite_differences(name):
    problem = classifier(name)
    problem = ls.Problem(
        problem.model.double(), problem.loss, [(images().double(), problem.batches[0][1])] * 2
    )
    a, b = (
        fit_checkpoint(as_checkpoint(model.double(), "end"), problem.model)
        for model in (problem.model, made(name, 1))
    )
    generator = torch.Generator().manual_seed(0)
    bend, way = (
        {n: torch.randn(v.shape, generator=generator).double() for n, v in a.parameters.items()}
        for _ in range(2)
    )
    t = 0.3
    slope = slope_along(problem, read_batches(problem.batches), a, b, device="cpu")
    _, gradient = slope(bend, t, 1)
    along = 2 * t * (1 - t) * sum(float((gradient[n] * way[n]).sum()) for n in way)

    def loss(step):
        moved = bent(a, b, {n: bend[n] + step * way[n] for n in bend}, t)
        model = made(name, 2).double().train()  # BatchNorm by the batch, as in a training
        own = dict(model.named_parameters())
        with torch.no_grad():
            for n, value in moved.parameters.items():
                own[n].copy_(value)
            return float(problem.loss(model, problem.batches[1])["loss"].mean())

    assert along == pytest.approx((loss(1e-6) - loss(-1e-6)) / 2e-6, rel=1e-5)


def test_the_curve_ends_in_its_ends_and_is_as_long_as_it_is():
    a, b = (fit_checkpoint(as_checkpoint(Point(*p), "p"), Point(0, 0)) for p in ((-1, 0), (1, 2)))
    bend = {"w": torch.tensor([0.3, 2.0], dtype=torch.float64)}
    assert bent(a, b, bend, 0.0) is a
    assert bent(a, b, bend, 1.0) is b
    t = np.linspace(0, 1, 20001)
    theta = (a.parameters["w"] + b.parameters["w"]) / 2 + bend["w"]
    points = on_curve(theta, a.parameters["w"], b.parameters["w"], t)
    np.testing.assert_allclose(bent(a, b, bend, 0.25).parameters["w"], points[:, 5000], rtol=1e-12)
    length = np.linalg.norm(np.diff(points), axis=0).sum()
    assert stretch(a, b, bend) == pytest.approx(length / 8**0.5, rel=1e-6)


def test_what_both_ends_share_does_not_move():
    a, b = made("perceptron", 0), made("perceptron", 1)
    b.load_state_dict(a.state_dict() | {"1.weight": b.state_dict()["1.weight"]})
    problem = ls.Problem(a, classifier("perceptron").loss, classifier("perceptron").batches)
    found = ls.barrier(problem, b, steps=3, curve="bezier:steps=5", batchnorm="batch")
    state = a.state_dict()
    same = [name for name, value in found.bend.items() if np.allclose(value, state[name])]
    assert same == [name for name in found.bend if name != "1.weight"]
    assert [(one.curve.name) for one in found.barriers[:2]] == ["batch", "Bezier, batch"]


class Tied(nn.Module):
    def __init__(self, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.embedding, self.head = nn.Embedding(7, 4), nn.Linear(4, 7, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, words):
        return self.head(self.embedding(words))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_tied_and_half_precision_parameters_bend_as_one_and_in_single_precision(dtype):
    words = torch.arange(14).reshape(2, 7) % 7
    problem = ls.Problem(
        Tied(0).to(dtype), lambda m, x: (m(x).float() - 1).square().mean((1, 2)), [words]
    )
    found = ls.barrier(problem, Tied(1).to(dtype), steps=5, curve="bezier:steps=100")
    assert {name: value.dtype for name, value in found.bend.items()} == {
        "embedding.weight": np.float32
    }
    line, curve = (found.find(bent=bent).curve.values for bent in (False, True))
    assert curve[1:-1].mean() < 0.8 * line[1:-1].mean()


def test_statistics_are_recalibrated_along_the_curve():
    problem, other = classifier("residual"), made("residual", 1)
    found = ls.barrier(problem, other, steps=5, curve="bezier:steps=3")
    names = ["frozen", "batch", "recalibrated", "Bezier, recalibrated"]
    assert [one.curve.name for one in found.barriers if one.curve.metric == "loss"] == names
    ends = [0, -1]
    line, curve = (found.find(batchnorm="recalibrated", bent=bent).curve for bent in (False, True))
    np.testing.assert_array_equal(curve.values[ends], line.values[ends])
    assert (curve.values[1:-1] != line.values[1:-1]).all()
    middle = made("residual", 2)
    with torch.no_grad():
        a, b = problem.model.state_dict(), other.state_dict()
        for name, value in middle.named_parameters():
            theta = torch.from_numpy(found.bend[name])
            value.copy_((a[name] + 2 * theta + b[name]) / 4)
        for module in middle.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = None
                module.reset_running_stats()
                module.train()
        middle(images())
        loss = problem.loss(middle.eval(), problem.batches[0])["loss"].mean()
    assert curve.values[2] == pytest.approx(float(loss), rel=1e-5)
    text = (
        "Bezier: a curve with one bend, trained on the problem's batches for 3 steps (seed 0); it"
    )
    assert text in str(found)
    assert {row["curve"] for row in found.rows()} == {"line", "bezier"}


def test_after_alignment_the_curve_begins_at_what_is_aligned():
    problem, other = classifier("perceptron"), made("perceptron", 1)
    found = ls.barrier(problem, other, steps=3, align=True, curve="bezier:steps=1")
    plain = ls.barrier(problem, other, steps=3, curve="bezier:steps=1")
    name = "1.weight"
    assert found.aligned
    assert not np.allclose(found.bend[name], plain.bend[name])


class StopHereError(Exception):
    pass


@pytest.mark.parametrize("stop", [1, 33, 42])
def test_an_interrupted_training_goes_on(tmp_path, stop):
    """As if it had never been: before a state is kept, after, between two points."""
    problem, other = classifier("perceptron"), made("perceptron", 1)
    settings = {"steps": 5, "batchnorm": "frozen", "curve": "bezier:steps=40"}
    seen = []

    def watch(done, total):
        seen.append(done)
        assert total == 50
        if done == stop:
            raise StopHereError

    path = tmp_path / "run.h5"
    with pytest.raises(StopHereError):
        ls.barrier(problem, other, path=path, progress=watch, **settings)
    seen.clear()
    found = ls.barrier(
        problem, other, path=path, progress=lambda done, _: seen.append(done), **settings
    )
    assert seen[0] == min(stop // 2 * 2, 40) + 1
    whole = ls.barrier(problem, other, **settings)
    assert found.rows() == whole.rows()
    assert all(np.array_equal(value, whole.bend[name]) for name, value in found.bend.items())
    with pytest.raises(SettingsMismatchError, match=r"curve was bezier:steps=.*, is now line"):
        ls.barrier(problem, other, path=path, steps=5, batchnorm="frozen")
    with pytest.raises(SettingsMismatchError, match="batchnorm was"):
        ls.barrier(problem, other, path=path, **settings | {"batchnorm": "batch"})


def test_a_state_that_was_half_written_is_not_gone_on_from(tmp_path):
    import h5py

    from landscape.connect.store import read_bend, write_bend

    path = tmp_path / "run.h5"
    ls.barrier(
        problem_of(annulus, -1.0, 0.0), Point(1, 0), steps=3, curve="bezier:steps=1", path=path
    )
    states = [torch.full((3, 2), float(step)).double() for step in range(4)]
    for step in (2, 3):
        write_bend(path, (step, states[step]))
    with h5py.File(path, "r+") as file:  # a kill after the first mark
        place = int(np.argmin(file["bend/steps"][:]))
        file["bend/steps"][place] = -1
        file["bend/state"][place] = np.nan
    step, state = read_bend(path)
    assert step == 3
    assert torch.equal(state, states[3])


@pytest.mark.parametrize(
    ("curve", "text"),
    [
        ("arc", "expected a curve, got 'arc'"),
        ("bezier:steps", "expected a curve, got 'bezier:steps'"),
        ("bezier:bends=2", "expected a curve, got 'bezier:bends=2'"),
        ("bezier:steps=0", "expected positive steps and a seed from 0, got 0 and 0"),
    ],
)
def test_what_is_no_curve_is_refused_in_one_line(curve, text):
    with pytest.raises(LandscapeError, match=text) as error:
        ls.barrier(problem_of(annulus, -1.0, 0.0), Point(1, 0), curve=curve)
    assert "\n" not in str(error.value)
    assert "bezier:steps=2000" in error.value.hint


def test_a_loss_that_cannot_be_followed_is_said():
    problem = problem_of(lambda w: (w[0] ** 2 - 0.5).log(), -1.0, 0.0)
    with pytest.raises(ProblemError, match=r"at t = 0\.\d+ the loss or its gradient is not finite"):
        ls.barrier(problem, Point(1.0, 0.0), curve="bezier")
    with pytest.raises(ProblemError, match="the loss cannot be differentiated"):
        ls.barrier(problem_of(lambda w: w.detach().sum(), 1.0, 0.0), Point(2, 0), curve="bezier")


def test_texts_are_read():
    assert Bezier.parse("bezier") == Bezier()
    assert Bezier.parse("bezier:steps=5, seed=3") == Bezier(steps=5, seed=3)
    assert Bezier.parse(Bezier(5, 3).text) == Bezier(5, 3)


def test_training_is_one_of_its_seed():
    a, b = (fit_checkpoint(as_checkpoint(Point(*p), "p"), Point(0, 0)) for p in ((-1, 0), (1, 0)))
    problem = problem_of(annulus, -1.0, 0.0)
    slope = slope_along(problem, read_batches(problem.batches), a, b, device="cpu")
    apart = difference(b.parameters, a.parameters)
    one, again, other = (
        train_bend(Bezier(steps=20, seed=seed), slope, apart, 3)["w"] for seed in (1, 1, 2)
    )
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
