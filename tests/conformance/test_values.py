"""Values that peers lose, move or make up."""

import contextlib
import gc

import numpy as np
import pytest
import torch
from torch import nn

import landscape as ls
from tests.conformance.models import SMALL, Point, network, over, plane

AXIS = np.linspace(-1, 1, 5)
BETA, ALPHA = np.meshgrid(AXIS, AXIS, indexing="ij")


def exact(formula, **settings):
    """The surface of a formula of a and b in the plane of both, around (1, 1)."""
    model = Point()
    return ls.compute(over(formula, model), **{**SMALL, "planes": [plane(model)], **settings})


def test_a_loss_below_minus_one_survives():
    """tomgoldstein/loss-landscape 64ef4d5: cells start at -1 and are merged by their maximum."""
    surface = exact(lambda a, b: -10 - a + 2 * b)
    np.testing.assert_allclose(surface.loss[0], -9 - ALPHA + 2 * BETA, rtol=1e-12)
    assert surface.loss.max() < -1


def test_a_loss_of_zero_is_done(tmp_path):
    """tomgoldstein/loss-landscape 64ef4d5: cells <= 0 count as missing for ever."""
    model, calls = Point(), []
    problem = over(lambda a, b: calls.append(1) or torch.relu(a - 1.95), model)
    settings = {"planes": [plane(model)], "steps": 21, "workers": 1, "path": tmp_path / "zero.h5"}
    with contextlib.suppress(ls.LandscapeError):
        ls.compute(problem, **settings, max_evaluations=400)
    calls.clear()
    surface = ls.compute(problem, **settings)
    assert surface.measured.all()
    assert not surface.loss[0, :, :-1].any()
    assert len(calls) < 200  # 41 points were left, and some are measured again to compare


def test_what_is_not_finite_is_stored_as_it_is():
    """Landscaper 1.3.1, 7a93bf0: NaN becomes the mean of all losses, inf their maximum."""

    def formula(a, b):
        a = torch.where(a > 1.9, torch.inf, a)
        return torch.where(b > 1.9, torch.nan, a)

    surface = exact(formula)
    assert surface.measured.all()
    assert np.isnan(surface.loss[0, -1]).all()
    assert (surface.loss[0, :-1, -1] == np.inf).all()
    np.testing.assert_allclose(surface.loss[0, :-1, :-1], (1 + ALPHA)[:-1, :-1], rtol=1e-12)


def test_equal_maxima_stay_equal():
    """Landscaper 1.3.1, 7a93bf0: random noise is added to every cell that has the largest value."""
    surface = exact(lambda a, b: (a - 1).square() + (b - 1).square())
    assert surface.loss[0, 0, 0] == surface.loss[0, 0, -1] == surface.loss[0, -1, -1] == 2.0


def test_no_row_is_shifted():
    """loss-landscapes 3.0.6, loss-landscape-analysis ac22f35: every second row is one step off.

    Repaired in oxford-loss-landscapes 77b05b5, which evaluates before it moves; but with
    use_ray even rows are one step off, and odd ones the whole width.
    """
    surface = exact(lambda a, b: 10 * a + b)
    np.testing.assert_allclose(surface.loss[0], 11 + 10 * ALPHA + BETA, rtol=1e-12)


def test_coordinates_come_with_the_values():
    """loss-landscapes 3.0.6 returns a bare array; `distance=1` covers half of that to each side."""
    surface = exact(lambda a, b: a, radius=1.0)
    np.testing.assert_array_equal(surface.alpha, AXIS)
    np.testing.assert_array_equal(surface.beta, AXIS)
    twice = exact(lambda a, b: a, radius=2.0)  # there, a distance of 2 is half of that of 1
    assert np.ptp(twice.loss) == pytest.approx(2 * np.ptp(surface.loss), rel=1e-12)


def test_many_steps_do_not_drift():
    """loss-landscapes 3.0.6 (and its copies) adds steps in place: rounding adds up."""
    model = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight.fill_(1000.1)
    step = {"weight": torch.tensor([[0.1]])}
    problem = ls.Problem(model, lambda model, x: model(x)[:, 0], [torch.ones(1, 1)])
    line = ls.Plane(ls.parameters_of(model), (step,))
    surface = ls.compute(problem, planes=[line], steps=1001, workers=1)
    expected = model.weight.detach().double().item() + 0.1 * surface.alpha
    off = np.abs(surface.loss[0, 0] - expected)
    assert off.max() <= np.spacing(np.float32(1000.1))  # one rounding at each point


def test_the_second_axis_may_begin_at_zero():
    """tomgoldstein/loss-landscape 64ef4d5: `assert args.ymin and ...` refuses --y 0:1:51."""
    surface = exact(lambda a, b: a + 10 * b, window=(-1, 1, 0, 1))
    np.testing.assert_array_equal(surface.beta, np.linspace(0, 1, 5))


def test_a_window_that_is_no_square_is_not_scrambled():
    """tomgoldstein/loss-landscape 64ef4d5 fills arrays of (x, y) in the order of (y, x)."""
    surface = exact(lambda a, b: a + 10 * b, window=(-1, 3, 0, 0.5))
    expected = 11 + np.linspace(-1, 3, 5)[None, :] + 10 * np.linspace(0, 0.5, 5)[:, None]
    np.testing.assert_allclose(surface.loss[0], expected, rtol=1e-12)
    line = ls.compute(over(lambda a, b: a), planes=1, steps=7, line=True, workers=1)
    assert line.loss.shape == (1, 1, 7)


def test_the_number_of_batches_scales_nothing():
    """tomgoldstein/loss-landscape 64ef4d5: curvatures are sums over batches."""
    torch.manual_seed(0)
    model, x = nn.Linear(4, 1), torch.randn(60, 4)
    loss = lambda model, x: model(x).square().mean(1)  # noqa: E731
    found = [
        ls.compute(
            ls.Problem(model, loss, list(x.split(size))),
            along="gradient", line=True, steps=5, workers=1,
        )
        for size in (60, 7)
    ]  # fmt: skip
    np.testing.assert_allclose(found[1].loss, found[0].loss, rtol=1e-5)
    np.testing.assert_allclose(found[1].gram, found[0].gram, rtol=1e-4)
    np.testing.assert_allclose(found[1].center["loss"], loss(model, x).mean().item(), rtol=1e-6)
    rows = torch.cat([x, torch.ones(60, 1)], 1)
    for size in (60, 7):
        problem = ls.Problem(model, loss, list(x.split(size)))
        curved = ls.compute(problem, along="hessian", steps=3, workers=1)
        wanted = 2 * torch.linalg.eigvalsh(rows.T @ rows / 60)[[-1, -2]]
        assert [axis.eigenvalue for axis in curved.axes] == pytest.approx(wanted.tolist(), rel=1e-5)


@pytest.mark.parametrize("along", ["random", "gradient", "worst", "hessian"])
def test_a_parameter_without_a_use_stops_nothing(along):
    """PyHessian de8cf23: the gradient 0. of an unused parameter is no tensor, and it fails."""
    model = nn.ModuleDict({"used": nn.Linear(3, 1), "unused": nn.Linear(3, 1)})
    problem = ls.Problem(
        model, lambda model, x: model["used"](x).square().mean(1), [torch.randn(5, 3)]
    )
    surface = ls.compute(problem, along=along, steps=3, planes=1, workers=1)
    assert np.isfinite(surface.loss).all()


def test_a_grid_of_points_is_no_grid_of_models():
    """loss-landscape-anim a8d5610 makes a full parameter vector for each of 10,000 points first."""
    size, calls, alive = 50_003, [], []
    model = nn.Linear(size, 1, bias=False)

    def loss(model, x):
        calls.append(1)
        if len(calls) in {40, 80}:  # to look at all objects takes a second
            tensors = (o for o in gc.get_objects() if issubclass(type(o), torch.Tensor))
            alive.append(sum(one.numel() == size for one in tensors))
        return model(x)[:, 0]

    problem = ls.Problem(model, loss, [torch.ones(1, size)])
    ls.compute(problem, planes=1, steps=9, workers=1)
    assert len(alive) == 2
    assert max(alive) < 20  # not 81


def test_the_model_is_left_as_it_was():
    """loss-landscapes 3.0.6 moves the caller's model to the far corner, and freezes it."""
    model = network().train()
    model[0].bias.requires_grad_(requires_grad=False)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    flags = [p.requires_grad for p in model.parameters()]
    loss = lambda model, x: model(x).square().mean(1)  # noqa: E731
    for batchnorm in ("frozen", "recalibrated"):
        ls.compute(ls.Problem(model, loss, [torch.randn(8, 2, 4, 4)]), **SMALL, batchnorm=batchnorm)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert [p.requires_grad for p in model.parameters()] == flags
    assert model.training
