"""Grids against closed forms; interruption, failure and interference."""

import copy
import json
import random
import shlex
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import dropout

from landscape import load
from landscape.errors import (
    LandscapeError,
    ProblemError,
    SettingsMismatchError,
)
from landscape.loading import load_problem
from landscape.problem import Problem
from landscape.sampling import compute
from landscape.surface import load_directions
from tests.landscape.problems import StopError, regression, stop
from tests.landscape.quadratics import SMALL, quadratic


@pytest.mark.parametrize("line", [False, True])
@pytest.mark.parametrize("normalize", ["filter", "layer", "weight", "unit", "none"])
def test_a_quadratic_gives_its_closed_form(tmp_path, line, normalize):
    problem = quadratic()
    surface = compute(
        problem, path=tmp_path / "q.h5", line=line, normalize=normalize, planes=2, steps=9
    )
    matrix = problem.model.matrix.double().numpy()
    theta = problem.model.theta.detach().double().numpy().ravel()
    for plane, directions in enumerate(load_directions(tmp_path / "q.h5")):
        vectors = [np.float64(d["theta"]).ravel() for d in directions]
        assert len(vectors) == (1 if line else 2)
        for j, beta in enumerate(surface.beta):
            for i, alpha in enumerate(surface.alpha):
                point = theta + sum(c * v for c, v in zip((alpha, beta), vectors, strict=False))
                expected = point @ matrix @ point / 2 + 1
                assert surface.loss[plane, j, i] == pytest.approx(expected, rel=1e-5)


def test_every_metric_is_stored_with_its_standard_errors(tmp_path):
    x = torch.randn(50, 2)
    problem = Problem(
        nn.Linear(2, 1),
        lambda model, x: {
            "loss": model(x)[:, 0].square(),
            "positive": (model(x)[:, 0] > 0).float(),
        },
        [x],
    )
    surface = compute(problem, **SMALL)
    assert surface.metrics == ("loss", "positive")
    for name in surface.metrics:
        assert (surface.values[f"{name}_se"] > 0).any()
        np.testing.assert_array_equal(surface.values[f"{name}_delta_se"][:, 2, 2], 0)
        assert surface.values[name][0, 2, 2] == surface.center[name]


def test_replicate_planes_differ_and_seeds_decide():
    first = compute(regression(), **SMALL)
    again = compute(regression(), **SMALL)
    other = compute(regression(), seed=1, **SMALL)
    np.testing.assert_array_equal(first.loss, again.loss)
    assert not np.allclose(first.loss[0], first.loss[1])
    assert not np.allclose(first.loss, other.loss)


def test_values_do_not_depend_on_the_number_of_workers_and_resume_bit_for_bit(tmp_path):
    whole = compute(regression(), planes=2, steps=9, workers=1)
    path = tmp_path / "run.h5"
    with pytest.raises(StopError):
        compute(regression(), planes=2, steps=9, workers=1, path=path, progress=stop)
    assert 0 < load(path).measured.sum() < whole.status.size
    calls = []
    surface = compute(
        regression(), planes=2, steps=9, workers=2, path=path, progress=lambda *a: calls.append(a)
    )
    for name, values in whole.values.items():
        np.testing.assert_array_equal(surface.values[name], values)
    assert calls[-1][0] == calls[-1][1] < whole.status.size, "stored points were not kept"
    calls.clear()
    compute(regression(), planes=2, steps=9, path=path, progress=lambda *a: calls.append(a))
    assert not calls, "a complete file is not touched"


def test_other_settings_or_another_model_are_refused_unless_overwritten(tmp_path):
    path = tmp_path / "run.h5"
    compute(regression(), path=path, **SMALL)
    with pytest.raises(SettingsMismatchError, match=r"computed with radius = 1\.0, not 0\.5"):
        compute(regression(), path=path, radius=0.5, **SMALL)
    changed = regression()
    with torch.no_grad():
        changed.model[0].weight += 0.1
    with pytest.raises(SettingsMismatchError, match="computed with other parameters: center"):
        compute(changed, path=path, **SMALL)
    surface = compute(regression(), path=path, radius=0.5, overwrite=True, **SMALL)
    assert surface.alpha[-1] == 0.5


def seed_all():
    torch.manual_seed(9)
    np.random.seed(9)  # noqa: NPY002, the state that must survive
    random.seed(9)


def draw_all():
    return torch.rand(1).item(), np.random.rand(), random.random()  # noqa: NPY002


def test_the_callers_world_is_unchanged():
    problem = regression()
    problem.model.train()
    before = copy.deepcopy(problem.model.state_dict())
    seed_all()
    threads = torch.get_num_threads()
    compute(problem, **SMALL)
    drawn = draw_all()
    seed_all()
    assert drawn == draw_all()
    assert threads == torch.get_num_threads()
    assert problem.model.training
    assert all(p.requires_grad and p.grad is None for p in problem.model.parameters())
    assert all(torch.equal(before[k], v) for k, v in problem.model.state_dict().items())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 2}, "steps: input should be greater than or equal to 3, got 2"),
        ({"planes": 0}, "planes: .* got 0"),
        ({"radius": float("nan")}, "radius"),
        ({"normalize": "filtre"}, "expected normalize to be 'filter' or .* got 'filtre'"),
        ({"radius": 0}, "radius: expected a positive number or 'auto', got 0"),
        ({"planes": []}, "planes: .* got 0"),
        ({"planes": 2.5}, "expected planes to be .* got 2.5"),
        ({"workers": 0}, "expected workers to be a number of at least 1, got 0"),
    ],
)
def test_wrong_settings_are_one_line(settings, message):
    with pytest.raises(LandscapeError, match=message) as caught:
        compute(regression(), **settings)
    assert "\n" not in str(caught.value)


def test_random_or_broken_centers_are_refused():
    x = [torch.randn(64, 2)]
    with pytest.raises(ProblemError, match="differs between two evaluations") as caught:
        compute(Problem(nn.Linear(2, 1), lambda m, x: dropout(m(x)).square()[:, 0], x), **SMALL)
    assert "dropout" in caught.value.hint
    with pytest.raises(ProblemError, match="loss at the center is nan"):
        compute(Problem(nn.Linear(2, 1), lambda m, x: m(x)[:, 0] * torch.nan, x), **SMALL)


def test_what_cannot_travel_to_workers_is_said():
    lock = threading.Lock()

    def loss(model, x):
        with lock:
            return model(x)[:, 0]

    problem = Problem(nn.Linear(1, 1), loss, [torch.ones(2, 1)])
    with pytest.raises(ProblemError, match="cannot send the problem to worker processes") as caught:
        compute(problem, planes=1, steps=3, workers=2)
    assert "workers=1" in caught.value.hint
    assert compute(problem, planes=1, steps=3, workers=1).measured.all()


def test_provenance_says_how_the_file_came_to_be(tmp_path):
    surface = compute(regression(), path=tmp_path / "run.h5", max_samples=10, **SMALL)
    metadata = surface.metadata
    assert metadata["samples"] == 10
    assert metadata["torch"] == torch.__version__
    assert metadata["model"] == "Sequential"
    report = json.loads(metadata["normalization_report"])
    assert [row["action"] for row in report] == ["filter-normalized", "zeroed"] * 2


@pytest.mark.parametrize("folder", ["it's", "with a blank"])
def test_a_problem_in_a_folder_of_any_name_has_its_commit(tmp_path, folder):
    file = tmp_path / folder / "m.py"
    file.parent.mkdir()
    file.write_text(
        "from tests.landscape.problems import regression\n"
        "def build(note):\n    return regression()\n"
    )
    git = ["git", "-C", str(file.parent), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    metadata = compute(load_problem(f"{file}:build", {"note": "it's"}), **SMALL).metadata
    assert metadata["git"] == head.stdout.strip()
    assert shlex.split(metadata["problem"]) == [f"{file}:build", "note=it's"]


def test_a_name_of_a_problem_may_be_any_text():
    metadata = compute(replace(regression(), spec="it's mine"), **SMALL).metadata
    assert (metadata["problem"], metadata["git"]) == ("it's mine", "none")


def test_overwriting_waits_until_the_new_problem_works(tmp_path):
    path = tmp_path / "run.h5"
    compute(regression(), path=path, **SMALL)
    before = path.read_bytes()
    broken = Problem(nn.Linear(1, 1), lambda model, x: model(x), [torch.ones(2, 3)])
    with pytest.raises(ProblemError, match="raised RuntimeError"):
        compute(broken, path=path, overwrite=True, **SMALL)
    assert path.read_bytes() == before


def test_another_loss_on_the_same_model_is_refused(tmp_path):
    path = tmp_path / "run.h5"
    problem = regression()
    compute(problem, path=path, **SMALL)
    other = Problem(problem.model, lambda model, x: model(x).abs().mean(1), problem.batches)
    with pytest.raises(SettingsMismatchError, match="of the model or the loss has changed"):
        compute(other, path=path, **SMALL)


def test_a_loss_that_ignores_its_model_is_refused():
    outer = nn.Linear(3, 1)
    problem = Problem(outer, lambda model, x: outer(x).square().mean(1), [torch.ones(4, 3)])
    with pytest.raises(
        ProblemError, match="reads the model through 'outer' from outside"
    ) as caught:
        compute(problem, **SMALL)
    assert "the model that it is given" in caught.value.hint
    constant = Problem(outer, lambda model, x: 0 * model(x)[:, 0] + 1, [torch.ones(4, 3)])
    with pytest.raises(ProblemError, match="the same at the center and in all corners"):
        compute(constant, **SMALL)


@pytest.mark.slow
def test_the_caller_holds_three_models_more_however_many_planes():
    """The point and two directions; the center is read in the caller's model."""
    script = """
import resource, torch
import landscape.sampling
from landscape import Problem, compute
model = torch.nn.Linear(4000, 4000, bias=False)
problem = Problem(model, lambda m, x: m(x).square().mean(1) + 1, [torch.ones(4, 4000)])
model(problem.batches[0])  # what products need
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before = peak()
for planes in (1, 3):
    compute(problem, planes=planes, steps=3, workers=1)
    print((peak() - before) / model.weight.nbytes)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    one, three = map(float, done.stdout.split())
    assert 3 < one < 3.9
    assert three < one + 0.3
