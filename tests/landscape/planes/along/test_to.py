"""The line to a checkpoint and the plane through three: values, places and errors."""

import copy
import json

import numpy as np
import pytest
import torch
from torch import nn

from landscape import Problem, compute, load, summarize
from landscape.errors import LandscapeError, SettingsMismatchError
from landscape.planes.along import To, along_of, parse_along
from landscape.planes.along.to import difference, span_between
from landscape.running.resources import resolve_device
from landscape.surface.directions import load_directions


def network(seed: int, dtype=torch.float32) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 1)).to(dtype)


def loss(model, x):
    return (model(x)[:, 0] - x.prod(1)).square()


def problem(model, x=None) -> Problem:
    torch.manual_seed(9)
    dtype = next(model.parameters()).dtype
    x = torch.randn(40, 3).to(dtype) if x is None else x
    return Problem(model, loss, list(x.split(16)))


def true(model) -> float:
    device = resolve_device("auto")  # where the surface is: low precision differs by device
    model = copy.deepcopy(model).to(device)
    with torch.no_grad():
        return float(
            torch.cat([loss(model, x.to(device)) for x in problem(model).batches]).double().mean()
        )


def at(surface, alpha, beta=0.0, plane=0):
    (column,), (row,) = np.flatnonzero(surface.alpha == alpha), np.flatnonzero(surface.beta == beta)
    return surface.loss[plane, row, column]


def flat(model):
    return torch.cat([p.detach().double().reshape(-1) for p in model.parameters()]).numpy()


@pytest.fixture
def saved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for index, name in enumerate("bc", 1):
        torch.save(network(index).state_dict(), f"{name}.pt")
    return tmp_path


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("steps", [5, 8])
def test_a_plane_through_three_points_has_their_three_losses(saved, dtype, steps):
    models = [network(index, dtype) for index in range(3)]
    for name, model in zip("bc", models[1:], strict=True):
        torch.save(model.state_dict(), f"{name}.pt")
    surface = compute(problem(models[0]), along="to:b.pt,c.pt", steps=steps, workers=1)
    assert surface.loss.shape == (1, steps, steps)
    for model, place in zip(models, [(0, 0), (1, 0), (0, 1)], strict=True):
        assert at(surface, *place) == pytest.approx(true(model), rel=1e-6)
    assert [(p.label, p.alpha, p.beta) for p in surface.points_of_interest] == [
        ("b.pt", 1, 0),
        ("c.pt", 0, 1),
    ]
    for place, model in zip(surface.points_of_interest, models[1:], strict=True):
        assert place.values["loss"] == pytest.approx(true(model), rel=1e-6)
    ways = np.stack([flat(model) - flat(models[0]) for model in models[1:]])
    gram = ways @ ways.T
    np.testing.assert_allclose(surface.gram[0], gram, rtol=1e-5)


def test_a_line_is_a_line_and_files_stay_what_they_were(saved):
    surface = compute(problem(network(0)), along="to:b.pt", steps=9, path="run.h5", workers=1)
    assert surface.is_line
    assert at(surface, 1) == pytest.approx(true(network(1)), rel=1e-6)
    assert (surface.axes[0].name, surface.normalize) == ("toward b.pt", "given")
    again = compute(problem(network(0)), along="to:b.pt", steps=9, path="run.h5", workers=1)
    np.testing.assert_array_equal(again.loss, surface.loss)
    assert load("run.h5").points_of_interest == surface.points_of_interest
    for along in ("random", "to:c.pt"):
        with pytest.raises(SettingsMismatchError, match='along = "to:b.pt", not "' + along):
            compute(problem(network(0)), along=along, steps=9, path="run.h5", workers=1)
    torch.save(network(5).state_dict(), "b.pt")
    with pytest.raises(SettingsMismatchError, match=r"with another file: b\.pt = "):
        compute(problem(network(0)), along="to:b.pt", steps=9, path="run.h5", workers=1)


def test_models_and_state_dicts_are_ends_with_labels(saved):
    ends = (network(1), network(2).state_dict())
    surface = compute(problem(network(0)), along=To(ends, ("sgd", "adam")), steps=5, workers=1)
    assert [axis.name for axis in surface.axes] == ["toward sgd", "toward adam"]
    assert at(surface, 0, 1) == pytest.approx(true(network(2)), rel=1e-6)
    assert To(network(1)).names == ("end 1",)
    assert To(["a/m.pt", "b/m.pt"]).names == ("a/m.pt", "b/m.pt")
    assert To(["a/1/m.pt", "b/1/m.pt"]).names == ("a/1/m.pt", "b/1/m.pt")


@pytest.mark.slow
def test_directions_are_stored_and_workers_have_the_same_plane(saved):
    one, two = (
        compute(
            problem(network(0)),
            along="to:b.pt,c.pt",
            steps=5,
            workers=workers,
            path=f"{workers}.h5",
            store_directions=True,
        )
        for workers in (1, 2)
    )
    np.testing.assert_array_equal(one.loss, two.loss)
    ((alpha, beta),) = load_directions("2.h5")
    expected = difference(network(2).state_dict(), network(0).state_dict())
    assert np.array_equal(beta["0.weight"], expected["0.weight"])
    assert set(alpha) == set(expected)


class Tied(nn.Module):
    """One matrix, used twice, the second time by another view of its memory."""

    def __init__(self, seed):
        super().__init__()
        torch.manual_seed(seed)
        self.first = nn.Linear(3, 3, bias=False)
        self.second = nn.Linear(3, 3, bias=False)
        self.second.weight = nn.Parameter(self.first.weight.t())

    def forward(self, x):
        return self.second(torch.tanh(self.first(x)))


def test_tied_parameters_arrive_together(saved):
    torch.save(Tied(1).state_dict(), "b.pt")
    surface = compute(problem(Tied(0)), along="to:b.pt", steps=5, workers=1)
    assert at(surface, 1) == pytest.approx(true(Tied(1)), rel=1e-6)


def test_batchnorm_keeps_the_statistics_of_the_center_unless_told_otherwise(saved, caplog):
    def normed(seed):
        model = nn.Sequential(network(seed)[0], nn.BatchNorm1d(6), nn.Linear(6, 1))
        model(3 * torch.randn(64, 3) + seed)  # other statistics for each
        return model.eval()

    center, end = normed(0), normed(1)
    torch.save(end.state_dict(), "b.pt")
    frozen = compute(problem(center), along="to:b.pt", steps=5, workers=1)
    assert "keeps the running statistics of the center along the whole plane" in caplog.text
    (place,) = frozen.points_of_interest
    assert place.values["loss"] == pytest.approx(true(end), rel=1e-6)
    mixed = normed(1)
    mixed[1].load_state_dict(
        {
            **end[1].state_dict(),
            **{n: center[1].state_dict()[n] for n in ("running_mean", "running_var")},
        }
    )
    assert at(frozen, 1) == pytest.approx(true(mixed), rel=1e-6)
    assert abs(at(frozen, 1) - true(end)) > 1e-3
    anew = compute(problem(center), along="to:b.pt", steps=5, batchnorm="recalibrated", workers=1)
    assert at(anew, 1) == pytest.approx(anew.points_of_interest[0].values["loss"], rel=1e-6)


def test_where_some_parameters_stay_the_end_lies_off_the_line(saved):
    surface = compute(problem(network(0)), along="to:b.pt", only="0", steps=5, workers=1)
    half = network(0)
    half[0].load_state_dict(network(1)[0].state_dict())
    assert at(surface, 1) == pytest.approx(true(half), rel=1e-6)
    (place,) = surface.points_of_interest
    left = flat(network(1)[2]) - flat(network(0)[2])
    assert place.distance == pytest.approx(np.linalg.norm(left), rel=1e-6)
    assert place.values["loss"] == pytest.approx(true(network(1)), rel=1e-6)


def test_the_window_has_both_ends_on_the_grid():
    for steps in range(3, 60):
        low, high = span_between(steps)
        coordinates = np.linspace(low, high, steps)
        assert np.abs(coordinates - 0).min() < 1e-12
        assert np.abs(coordinates - 1).min() < 1e-12
        assert low == pytest.approx(1 - high)
        assert steps < 5 or low < -0.1


def test_a_plane_along_checkpoints_says_what_it_is(saved):
    surface = compute(problem(network(0)), along="to:b.pt,c.pt", steps=9, workers=1)
    summary = summarize(surface)
    assert "radius_mean" not in summary
    assert [one.key for one in summary.headline][:2] == ["slope", "curvature_max"]
    assert "curvature_mean" not in summary
    assert "curvature_max" in summary
    assert np.isnan(summary["curvature_max"].low)
    text = str(summary)
    assert (
        "along toward b.pt and toward c.pt: curvatures and slope are those of a quadratic" in text
    )
    assert "one plane: no interval" in text
    assert "c.pt: at α 0, β 1, by itself loss " in text
    assert "filter norm" not in text
    assert json.dumps(summary.to_dict())


@pytest.mark.parametrize(
    ("along", "options", "text"),
    [
        ("too:b.pt", {}, "unknown directions 'too'"),
        ("to:", {}, "expected one or two checkpoints, got ''"),
        ("to:a.pt,b.pt,c.pt", {}, "expected one or two checkpoints, got 'a.pt,b.pt,c.pt'"),
        ("random:3", {}, "expected nothing after random:, got '3'"),
        ("to:missing.pt", {}, "expected a checkpoint, got no file: "),
        ("to:b.pt,b.pt", {}, "b.pt and b.pt lie on one line with the center"),
        ("to:a.pt", {}, "a.pt holds the parameters of the center: there is no way to go"),
        ("to:b.pt", {"radius": 2.0}, "radius 2.0 has no part in to:b.pt"),
        ("to:b.pt,c.pt", {"line": True}, "expected one checkpoint for a line, got two"),
        ("to:b.pt", {"window": (0, 1, 0, 1)}, "expected a window of two numbers for a line, got 4"),
        ("to:b.pt,c.pt", {"orthogonal": True}, "orthogonal has no part in to:b.pt,c.pt"),
        ("random", {"window": (0, 1), "radius": "auto"}, "expected radius auto or a window"),
        ("random", {"window": (1, 0)}, "window: expected two ends of alpha, or four"),
        ("random", {"window": (0, 1, 2)}, "window: expected two ends of alpha, or four"),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(saved, along, options, text):
    torch.save(network(0).state_dict(), "a.pt")
    with pytest.raises(LandscapeError) as error:
        compute(problem(network(0)), along=along, steps=5, workers=1, **options)
    assert str(error.value).startswith(text)
    assert "\n" not in str(error.value)


def test_planes_of_ones_own_and_along_are_two_ways_to_say_one_thing():
    with pytest.raises(LandscapeError, match="expected planes of your own or along, got both"):
        along_of("to:b.pt", [])
    assert parse_along("to:b.pt, c.pt").text == "to:b.pt,c.pt"
    assert parse_along("to:a/m.pt,b/m.pt").text == "to:a/m.pt,b/m.pt"
