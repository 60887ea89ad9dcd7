"""Paths of optimizers: projections, distances and shares with known values; what is refused."""

import numpy as np
import pytest
import torch
from torch import nn

from landscape import Pca, Problem, Tracker, compute, load, summarize
from landscape.errors import LandscapeError, SettingsMismatchError
from landscape.planes.along import parse_along
from landscape.surface.directions import load_directions

N = 12
CURVATURES = torch.tensor([1.0, 0.25], dtype=torch.float64)
RATE = 0.3


class Point(nn.Module):
    """A point in N dimensions, in two tensors and a number that does not move."""

    def __init__(self, values):
        super().__init__()
        self.a = nn.Parameter(values[:8].reshape(2, 4).clone())
        self.b = nn.Parameter(values[8:].clone())
        self.register_buffer("scale", torch.ones((), dtype=values.dtype))

    def flat(self):
        return torch.cat([self.a.reshape(-1), self.b])


def frame():
    """An orthonormal basis, of which the bowl takes the first two."""
    generator = torch.Generator().manual_seed(3)
    square = torch.randn(N, N, generator=generator, dtype=torch.float64)
    return torch.linalg.qr(square).Q


def bowl(model, x):
    along = frame()[:, :2].to(model.a).T @ model.flat()
    return (0.5 * (CURVATURES.to(along) * along.square()).sum() * model.scale + 0 * x[:, 0]) + 1.0


def descent(steps, *, off=0.0, dtype=torch.float64):
    """Gradient descent from (4, 2) in closed form, with a component off the plane."""
    times = torch.arange(steps, dtype=torch.float64)
    planar = torch.tensor([4.0, 2.0]) * (1 - RATE * CURVATURES) ** times[:, None]
    points = planar @ frame()[:, :2].T
    points += off * torch.sin(times)[:, None] * frame()[:, 2]
    return points.to(dtype)


def record(folder, points, steps=None):
    tracker = Tracker(folder)
    for step, values in zip(steps or range(len(points)), points, strict=True):
        tracker.record(Point(values), step=step)
    return Point(points[-1])


def problem(model):
    return Problem(model, bowl, [torch.ones(4, 1, dtype=model.a.dtype)])


def offsets(points):
    return (points.double() - points[-1].double()).numpy()


@pytest.fixture(autouse=True)
def _inside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("dtype", "rel"), [(torch.float64, 1e-9), (torch.float32, 1e-5)])
def test_a_path_in_a_plane_lies_on_it_at_its_distances_with_its_losses(dtype, rel):
    points = descent(9, dtype=dtype)
    surface = compute(problem(record("run", points)), along="pca:run", steps=7, workers=1)
    assert surface.loss.shape == (1, 7, 7)
    np.testing.assert_allclose(surface.gram[0], np.eye(2), atol=1e-6)
    places = np.array([[p.alpha, p.beta] for p in surface.points_of_interest])
    away = offsets(points)
    np.testing.assert_allclose(places @ places.T, away @ away.T, atol=rel * 40)
    singular = np.linalg.svd(away, compute_uv=False)
    assert surface.trajectory.explained == pytest.approx((singular**2 / (singular**2).sum())[:2])
    assert sum(surface.trajectory.explained) == pytest.approx(1)
    assert surface.trajectory.last == {"run": 0}
    for point, values in zip(surface.points_of_interest, points, strict=True):
        true = float(bowl(Point(values), torch.ones(1, 1)).detach()[0])
        assert point.values["loss"] == pytest.approx(true, rel=1e-6)
        assert point.projected["loss"] == pytest.approx(true, rel=1e-5)
        assert point.distance == pytest.approx(0, abs=rel * 5)
        assert point.away == pytest.approx(np.hypot(point.alpha, point.beta), rel=1e-5)
    alpha, beta = surface.alpha, surface.beta
    assert (alpha == 0).any()
    assert (beta == 0).any()
    assert alpha[0] < places[:, 0].min() < places[:, 0].max() < alpha[-1]
    assert beta[0] < places[:, 1].min() < places[:, 1].max() < beta[-1]
    assert (places[0] > 0)[0]


def test_what_is_off_the_plane_is_said_and_its_own_loss_stands_beside_the_projection():
    points = descent(9, off=0.05)
    surface = compute(problem(record("run", points)), along="pca:run", steps=5, workers=1)
    away = offsets(points)
    left, singular, _ = np.linalg.svd(away, full_matrices=False)
    inside = left[:, :2] * singular[:2]
    expected = np.sqrt(np.maximum((away**2).sum(1) - (inside**2).sum(1), 0))
    found = [p.distance for p in surface.points_of_interest]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)
    assert max(found) > 0.02
    assert sum(surface.trajectory.explained) < 1
    text = str(summarize(surface))
    assert "path run: 9 checkpoints from step 0 to 8; the center is the last one" in text
    assert "a random walk of 8 steps explains " in text
    assert "%: not a finding by itself" in text
    assert "off the plane by up to 0.0" in text
    assert "step 0: at" not in text


def test_an_old_checkpoint_far_off_has_another_loss_than_its_projection():
    points = descent(9)
    points[4] = points[4] + 3.0 * frame()[:, 3] * torch.tensor(0.5)
    tilted = points.clone()
    surface = compute(problem(record("run", tilted)), along="pca:run", steps=5, workers=1)
    differ = [abs(p.values["loss"] - p.projected["loss"]) for p in surface.points_of_interest]
    assert max(differ) > 1e-3
    assert "loss of the checkpoints is not what the plane shows: step " in str(summarize(surface))


def test_several_paths_share_a_plane():
    sgd, adam = descent(9), descent(6) * torch.tensor(0.5)
    center = record("sgd", sgd)
    record("adam", adam, steps=range(0, 60, 10))
    both = compute(problem(center), along=Pca(["sgd", "adam"]), steps=5, workers=1)
    assert both.config["along"] == "pca:sgd,adam"
    assert {p.path for p in both.points_of_interest} == {"sgd", "adam"}
    assert both.points_of_interest[-1].label == "adam 50"
    end = np.linalg.norm((adam[-1] - sgd[-1]).numpy())
    assert both.trajectory.last == {"sgd": 0, "adam": pytest.approx(end)}
    assert both.trajectory.walk is None
    text = str(summarize(both))
    assert f"the center is {end:.3g} from the last one" in text
    assert "what random walks explain is not known for several paths together" in text
    assert "random walk of" not in text
    assert Pca(["a/run", "b/run"]).names == ("a/run", "b/run")
    assert Pca(["a/1/run", "b/1/run"]).names == ("a/1/run", "b/1/run")


def test_a_center_beside_the_path_is_told():
    points = descent(9)
    record("run", points)
    surface = compute(problem(Point(points[-1] + 0.5)), along="pca:run", steps=5, workers=1)
    assert surface.trajectory.last["run"] == pytest.approx(0.5 * np.sqrt(N), rel=1e-6)
    assert surface.trajectory.walk is None
    text = str(summarize(surface))
    assert "the center is 1.73 from the last one" in text
    ages = np.arange(1, 9)
    values = np.linalg.eigvalsh(np.minimum.outer(ages, ages)) / ages.sum()
    shares = f"{100 * values[-1]:.3g} % and {100 * values[-2]:.3g} %"
    assert f"walk of 8 steps of many parameters that ends at the center explains {shares}" in text


def test_files_are_continued_and_another_path_is_another_file():
    points = descent(7)
    center = problem(record("run", points))
    options = {"along": "pca:run", "steps": 5, "path": "run.h5"}
    part = compute(center, **options, workers=1, max_evaluations=9, store_directions=True)
    assert not part.is_complete
    whole = compute(center, **options, workers=1)
    assert whole.is_complete
    assert load("run.h5").points_of_interest == part.points_of_interest
    assert load("run.h5").trajectory == part.trajectory
    ((alpha, _),) = load_directions("run.h5")
    step = np.concatenate([alpha["a"].reshape(-1), alpha["b"]])
    assert np.linalg.norm(step) == pytest.approx(1)
    next(iter(Tracker("run").records)).path.unlink()
    with pytest.raises(SettingsMismatchError, match=r"window|another file"):
        compute(center, **options, workers=1)


def test_what_does_not_move_keeps_checkpoints_off_the_plane():
    points = descent(9)
    center = record("run", points)
    surface = compute(problem(center), along="pca:run", only="a", steps=5, workers=1)
    still = np.linalg.norm(offsets(points)[:, 8:], axis=1)
    moving = np.linalg.svd(offsets(points)[:, :8], compute_uv=False)
    assert moving[2] < 1e-12  # so that there is nothing else off the plane
    assert [p.distance for p in surface.points_of_interest] == pytest.approx(still, abs=1e-6)


def test_the_order_of_files_does_not_matter():
    points = descent(12)
    for index in np.random.default_rng(0).permutation(12):
        path = f"epoch_{index}.pt"
        torch.save({"model": Point(points[index]).state_dict(), "epoch": int(index)}, path)
    surface = compute(problem(Point(points[-1])), along="pca:.", steps=5, workers=1)
    assert [p.step for p in surface.points_of_interest] == list(range(12))
    assert surface.points_of_interest[0].alpha == pytest.approx(
        max(p.alpha for p in surface.points_of_interest)
    )


def test_low_precision_and_its_checkpoints_are_projected_in_higher_precision():
    points = descent(9, dtype=torch.bfloat16)
    surface = compute(problem(record("run", points)), along="pca:run", steps=5, workers=1)
    _, singular, _ = np.linalg.svd(offsets(points))
    assert surface.trajectory.explained == pytest.approx(
        (singular**2 / (singular**2).sum())[:2], rel=1e-6
    )


@pytest.mark.parametrize(
    ("points", "along", "options", "text"),
    [
        (lambda p: p[-1:], "pca:run", {}, "1 checkpoint in run lies in one point with the center"),
        (lambda p: p[[0, -1]], "pca:run", {}, "2 checkpoints in run lie on one line with the cent"),
        (lambda p: p[[2, 2]], "pca:run", {}, "2 checkpoints in run lie on one line with the cente"),
        (lambda p: p[[8, 8]], "pca:run", {}, "2 checkpoints in run lie in one point with the cent"),
        (lambda p: p, "pca:none", {}, "expected a folder of checkpoints, got nothing there: /"),
        (lambda p: p, "pca:", {}, "expected folders of checkpoints, got ''"),
        (lambda p: p, "pca:run,", {}, "expected folders of checkpoints, got 'run,'"),
        (lambda p: p, "pca:run", {"line": True}, "expected a plane for pca:run, got a line"),
        (lambda p: p, "pca:run", {"radius": 2.0}, "radius 2.0 has no part in pca:run: the grid ho"),
    ],
)
def test_what_spans_no_plane_is_said_in_one_line(points, along, options, text):
    every = descent(9)
    record("run", points(every))
    with pytest.raises(LandscapeError) as error:
        compute(problem(Point(every[-1])), along=along, steps=5, workers=1, **options)
    assert str(error.value).startswith(text)
    assert "\n" not in str(error.value)


def test_a_folder_is_found_from_where_it_was_named(tmp_path, monkeypatch):
    center = record("run", descent(9))
    along = parse_along("pca:run")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    surface = compute(problem(center), along=along, steps=3, workers=1)
    assert surface.config["along"] == "pca:run"


def test_another_architecture_is_refused_by_name():
    record("run", descent(9))
    model = nn.Linear(2, 1)
    loss = lambda model, x: model(x).square().mean(1)  # noqa: E731
    with pytest.raises(LandscapeError, match=r"step-000000000\.safetensors is of another arch"):
        compute(Problem(model, loss, [torch.eye(2)]), along="pca:run", steps=5, workers=1)


def test_texts_and_values_name_the_same():
    assert parse_along("pca:runs/a, runs/b").text == Pca(["runs/a", "runs/b"]).text == "pca:a,b"
    with pytest.raises(LandscapeError, match="expected a folder of checkpoints, got none"):
        Pca([])
