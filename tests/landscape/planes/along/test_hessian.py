"""The plane of the Hessian's eigenvectors: closed forms on quadratics, and a small network."""

import logging

import numpy as np
import pytest
import torch
from torch import nn

from landscape import Hessian, Problem, compute, load, summarize
from landscape.errors import LandscapeError, SettingsMismatchError
from landscape.planes.space import ParameterSpace, RandomPlanes
from landscape.surface.directions import load_directions

OPTIONS = {"steps": 5, "workers": 1}
CURVATURES = np.array([1.0, 5.0, 2.0, -0.5, 3.0, 0.1])
THETA = np.array([1.0, -2.0, 0.5, 3.0, 0.1, 1.0])
ROTATION, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 6)))


class Bowl(nn.Module):
    """f(theta) = theta' A theta / 2 + 10, theta in two tensors and a rest that stays."""

    def __init__(self, matrix, dtype=torch.float64):
        super().__init__()
        self.w = nn.Parameter(torch.as_tensor(THETA[:4]).reshape(2, 2).to(dtype))
        self.b = nn.Parameter(torch.as_tensor(THETA[4:]).to(dtype))
        self.register_buffer("matrix", torch.as_tensor(matrix))

    def forward(self, x):
        theta = torch.cat([self.w.reshape(-1), self.b])
        return theta @ self.matrix.to(theta.dtype) @ theta / 2 + 10 + 0 * x


def bowl(matrix=np.diag(CURVATURES), dtype=torch.float64) -> Problem:  # noqa: B008
    return Problem(Bowl(matrix, dtype), lambda m, x: m(x), [torch.zeros(3, dtype=dtype)])


def rotated(values=CURVATURES):
    return ROTATION @ np.diag(values) @ ROTATION.T


def directions_of(problem, path, **options):
    surface = compute(problem, path=path, store_directions=True, **OPTIONS, **options)
    names = list(ParameterSpace(problem.model).center)
    vectors = [
        np.concatenate([d[name].reshape(-1) for name in names if name in d]).astype(float)
        for d in load_directions(path)[0]
    ]
    return surface, vectors


def warnings(caplog):
    return [record.message for record in caplog.records if "eigenvector" in record.message]


def network_problem(*layers) -> Problem:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), *layers, nn.Tanh(), nn.Linear(4, 2)).double()
    x = torch.randn(12, 3).double()
    y = torch.randint(2, (12,))
    batches = list(zip(x.split(5), y.split(5), strict=True))

    def loss(model, batch):
        return nn.functional.cross_entropy(model(batch[0]), batch[1], reduction="none")

    return Problem(model, loss, batches)


def whole_hessian(problem, names=None):
    """Differentiate the mean over all samples at once, in evaluation mode."""
    model = problem.model.eval()
    params = dict(model.named_parameters())
    names = names or list(params)
    sizes = [params[n].numel() for n in names]
    x, y = (torch.cat(parts) for parts in zip(*problem.batches, strict=True))

    def value(flat):
        parts = zip(names, flat.split(sizes), strict=True)
        own = {n: part.view(params[n].shape) for n, part in parts}
        return nn.functional.cross_entropy(torch.func.functional_call(model, own, (x,)), y)

    flat = torch.cat([params[n].detach().reshape(-1) for n in names])
    return torch.autograd.functional.hessian(value, flat).numpy()


@pytest.mark.parametrize("matrix", [np.diag(CURVATURES), rotated()])
@pytest.mark.parametrize(
    ("along", "chosen"), [("hessian", [5.0, 3]), ("hessian:extremes", [5, -0.5])]
)
def test_of_a_quadratic_they_are_its_axes(matrix, along, chosen, tmp_path):
    surface, vectors = directions_of(bowl(matrix), tmp_path / "h.h5", along=along)
    length = float(np.sqrt((THETA[:4] ** 2).sum()))  # of a random direction, whose vectors are zero
    for axis, value, vector in zip(surface.axes, chosen, vectors, strict=True):
        assert axis.eigenvalue == pytest.approx(value, rel=1e-6)
        assert axis.residual < 1e-4
        assert np.linalg.norm(vector) == pytest.approx(length, rel=1e-6)
        np.testing.assert_allclose(matrix @ vector, value * vector, atol=2e-4 * length)
        assert vector[np.abs(vector).argmax()] > 0
    alpha, beta = surface.alpha[None, :], surface.beta[:, None]
    slopes = [(matrix @ THETA) @ vector for vector in vectors]
    expected = surface.center["loss"] + slopes[0] * alpha + slopes[1] * beta
    expected = expected + length**2 * (chosen[0] * alpha**2 + chosen[1] * beta**2) / 2
    np.testing.assert_allclose(surface.loss[0], expected, rtol=1e-5)
    assert surface.planes == 1
    assert summarize(surface)["curvature_max"].value == pytest.approx(chosen[0], rel=1e-5)


def test_of_a_network_they_are_those_of_its_whole_hessian(tmp_path):
    problem = network_problem()
    values, columns = np.linalg.eigh(whole_hessian(problem))
    surface, vectors = directions_of(problem, tmp_path / "h.h5", along=Hessian(tolerance=1e-7))
    for axis, value, column, vector in zip(
        surface.axes, values[::-1], columns.T[::-1], vectors, strict=False
    ):
        assert axis.eigenvalue == pytest.approx(value, rel=1e-9)
        assert abs(vector @ column) / np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("along", ["hessian", "hessian:extremes"])
def test_the_loss_curves_by_the_eigenvalue(along):
    surface = compute(network_problem(), along=along, window=(-1e-3, 1e-3), **OPTIONS)
    length = np.sqrt(np.diagonal(surface.gram[0]))
    lines = (surface.loss[0, 2, :], surface.loss[0, :, 2])
    for axis, line, size in zip(surface.axes, lines, length, strict=True):
        second = (line[3] - 2 * line[2] + line[1]) / (5e-4 * size) ** 2
        assert second == pytest.approx(axis.eigenvalue, rel=1e-3)


def test_only_what_moves_has_a_part(tmp_path):
    problem = network_problem()
    names = ["2.weight", "0.bias"]
    hessian = whole_hessian(problem, ["0.bias", "2.weight"])
    surface, (vector,) = directions_of(
        problem, tmp_path / "h.h5", along="hessian", only=names, line=True
    )
    assert surface.axes[0].eigenvalue == pytest.approx(np.linalg.eigvalsh(hessian)[-1], rel=1e-6)
    value = surface.axes[0].eigenvalue
    np.testing.assert_allclose(hessian @ vector, value * vector, atol=1e-3)
    assert compute(problem, along="hessian", freeze="0", **OPTIONS).axes[1].eigenvalue > 0


def test_tied_weights_count_once():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = nn.Linear(2, 2, bias=False).double()
            self.other = nn.Linear(2, 2, bias=False)
            self.other.weight = nn.Parameter(self.one.weight.detach().t())  # in one memory

    model = Tied()

    def loss(model, x):  # sum of squares of all entries, each seen twice
        return sum(m.weight.square().sum() for m in (model.one, model.other)) / 2 + 1 + 0 * x

    surface = compute(Problem(model, loss, [torch.zeros(2).double()]), along="hessian", **OPTIONS)
    assert [axis.eigenvalue for axis in surface.axes] == pytest.approx([2, 2], rel=1e-6)


def test_half_precision_is_computed_in_float32(caplog):
    with caplog.at_level(logging.WARNING, "landscape"):
        surface = compute(bowl(rotated(), torch.bfloat16), along="hessian", **OPTIONS)
    assert [axis.eigenvalue for axis in surface.axes] == pytest.approx([5, 3], rel=1e-5)
    assert not warnings(caplog)
    stubborn = Problem(
        nn.Linear(3, 1).bfloat16(),
        lambda m, x: m(x.bfloat16())[:, 0].square() + 1,
        [torch.ones(4, 3)],
    )
    with pytest.raises(LandscapeError, match="in float32, in which the Hessian of a model in half"):
        compute(stubborn, along="hessian", **OPTIONS)


@pytest.mark.parametrize("batchnorm", ["frozen", "recalibrated", "batch"])
def test_batchnorm_as_the_surface_has_it(batchnorm):
    problem = network_problem(nn.BatchNorm1d(4))
    layer = problem.model[1]
    layer.running_mean += 0.3
    surface = compute(problem, along="hessian", batchnorm=batchnorm, **OPTIONS)
    if batchnorm == "frozen":
        value = np.linalg.eigvalsh(whole_hessian(problem))[-1]
        assert surface.axes[0].eigenvalue == pytest.approx(value, rel=1e-6)
    near = compute(
        problem, along="hessian", batchnorm=batchnorm, line=True, window=(-1e-3, 1e-3), **OPTIONS
    )
    line, size = near.loss[0, 0], np.sqrt(near.gram[0, 0, 0])
    second = (line[3] - 2 * line[2] + line[1]) / (5e-4 * size) ** 2
    if batchnorm != "recalibrated":  # whose statistics are constant for the derivative
        assert second == pytest.approx(near.axes[0].eigenvalue, rel=1e-3)
    assert near.axes[0].eigenvalue == pytest.approx(surface.axes[0].eigenvalue, rel=1e-6)


def test_two_calls_give_the_same_and_an_interrupted_one_goes_on(tmp_path):
    problem = network_problem()
    one = compute(problem, along="hessian", path=tmp_path / "a.h5", **OPTIONS)
    part = compute(problem, along="hessian", path=tmp_path / "b.h5", max_evaluations=9, **OPTIONS)
    assert int(part.measured.sum()) == 9
    other = compute(problem, along="hessian", path=tmp_path / "b.h5", **OPTIONS)
    np.testing.assert_array_equal(one.loss, other.loss)
    assert one.axes == other.axes == load(tmp_path / "a.h5").axes
    np.testing.assert_array_equal(
        compute(problem, along="hessian", path=tmp_path / "a.h5", **OPTIONS).loss, one.loss
    )
    with pytest.raises(SettingsMismatchError, match="along"):
        compute(problem, along="hessian:extremes", path=tmp_path / "a.h5", **OPTIONS)


@pytest.mark.slow
def test_workers_have_the_same_plane():
    one, two = (
        compute(bowl(rotated()), along="hessian", steps=5, workers=workers) for workers in (1, 2)
    )
    np.testing.assert_array_equal(one.loss, two.loss)


def test_max_samples_are_those_of_the_surface():
    problem = network_problem()
    few = compute(problem, along="hessian", max_samples=5, **OPTIONS)
    first = Problem(problem.model, problem.loss, problem.batches[:1])
    value = np.linalg.eigvalsh(whole_hessian(first))[-1]
    assert few.axes[0].eigenvalue == pytest.approx(value, rel=1e-6)


def test_its_axes_say_what_they_are():
    surface = compute(bowl(), along="hessian", **OPTIONS)
    assert [axis.label for axis in surface.axes] == [
        "λ₁ = 5, Hessian eigenvector",
        "λ₂ = 3, Hessian eigenvector",
    ]
    told = str(surface.axes[0])
    assert ", known to a residual of " in told
    assert told.endswith("1 is as long as a random direction (filter normalization)")
    surface = compute(bowl(), along="hessian:extremes", normalize="unit", **OPTIONS)
    assert surface.axes[1].label == "λ min = −0.5, Hessian eigenvector"
    drawn = RandomPlanes(ParameterSpace(bowl().model), 1, normalize="unit")
    np.testing.assert_allclose(surface.gram[0], drawn[0].gram[0, 0] * np.eye(2), atol=1e-6)


def test_what_did_not_converge_is_told(caplog):
    values = np.linspace(1, 2, 60)
    rotation, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(60, 60)))
    matrix = torch.as_tensor(rotation @ np.diag(values) @ rotation.T)
    model = nn.Linear(60, 1, bias=False).double()
    problem = Problem(
        model,
        lambda m, x: (m.weight[0] @ matrix.to(x.device) @ m.weight[0]) / 2 + x,
        [torch.ones(2).double()],
    )
    with caplog.at_level(logging.WARNING, "landscape"):
        surface = compute(problem, along="hessian:products=10", **OPTIONS)
    (told,) = warnings(caplog)
    residuals = ", ".join(f"{axis.residual:.1e}" for axis in surface.axes)
    assert f"known to residuals of {residuals}, not 0.0001, after 10 products" in told
    assert told.endswith("products=20 takes more")
    caplog.clear()
    rank_one = bowl(np.outer(THETA, THETA))
    with caplog.at_level(logging.WARNING, "landscape"):
        surface = compute(rank_one, along="hessian", **OPTIONS)
    assert surface.axes[0].eigenvalue == pytest.approx(THETA @ THETA)
    (told,) = warnings(caplog)
    assert told.endswith("as it always is where an eigenvalue is 0")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"along": "hessian:x"}, "expected extremes, tolerance or products of the Hessian's"),
        ({"along": "hessian:products=3.5"}, "eigenvectors, got 'products=3.5'"),
        (
            {"along": "hessian:products=2"},
            "expected a tolerance between 0 and 1 and at least 8 products",
        ),
        ({"along": "hessian:tolerance=nan"}, "expected a tolerance between 0 and 1"),
        ({"along": "hessian:extremes", "line": True}, "the smallest eigenvalue, got a line"),
        ({"along": "hesian"}, "unknown directions 'hesian'"),
    ],
)
def test_words_that_are_wrong(options, text):
    with pytest.raises(LandscapeError) as error:
        compute(bowl(), **options, **OPTIONS)
    assert text in str(error.value)


@pytest.mark.parametrize(
    ("model", "loss", "text"),
    [
        (nn.Linear(3, 1), lambda m, x: m(x)[:, 0], "the Hessian is zero at the center"),
        (nn.Linear(1, 1, bias=False), lambda m, x: m(x[:, :1])[:, 0] ** 2, "at least 2 numbers"),
        (nn.Linear(3, 1), lambda m, x: m(x)[:, 0].detach(), "the loss cannot be differentiated"),
        (
            nn.Linear(3, 1),
            lambda m, x: m(x)[:, 0] ** 2 + (m(x)[:, 0] * 0).sqrt(),
            "the Hessian is not finite at the center",
        ),
    ],
)
def test_where_there_are_none_it_is_said_in_one_line(model, loss, text):
    problem = Problem(model, loss, [torch.ones(4, 3)])
    with pytest.raises(LandscapeError) as error:
        compute(problem, along="hessian", **OPTIONS)
    assert text in str(error.value)
    assert "\n" not in str(error.value)
