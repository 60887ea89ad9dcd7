"""Every contestant computes the same surface, so that only their times differ."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.func import functional_call

from benchmarks import trained as networks
from benchmarks.run_one import load, main
from benchmarks.side_by_side import PACKAGES

STEPS = 5
# Loader processes are forked, which Python 3.12 warns of; and there may be fewer cores than that.
pytestmark = pytest.mark.filterwarnings(
    "ignore:This DataLoader will create:UserWarning",
    "ignore:This process .* is multi-threaded:DeprecationWarning",
)


def contestant(name):
    """Load a contestant; skip the test only where it is a peer whose package is not installed."""
    try:
        return load(name)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if name not in PACKAGES or missing in {"benchmarks", "landscape", "lamp"}:
            raise
        pytest.skip(f"not installed, see benchmarks/README.md: {error}")


def reference(trained):
    """Evaluate every point with parameters made anew in float64."""
    model = trained.private_model().double()
    center = {name: value.double() for name, value in model.named_parameters()}
    inputs = trained.images.double()
    targets = inputs if trained.reconstructs else trained.labels
    one, other = trained.directions
    values = np.empty((STEPS, STEPS))
    for row, beta in enumerate(np.linspace(-1, 1, STEPS)):
        for column, alpha in enumerate(np.linspace(-1, 1, STEPS)):
            params = {n: center[n] + alpha * one[n] + beta * other[n] for n in center}
            output = functional_call(model, params, (inputs,))
            values[row, column] = trained.criterion(output, targets)
    return values


@pytest.fixture(
    scope="module", params=[pytest.param("autoencoder", marks=pytest.mark.slow), "classifier"]
)
def trained(request):
    return replace(
        networks.train(request.param, root=None, samples=40, width=2, steps=20), batch_size=16
    )


@pytest.mark.parametrize(
    ("name", "known"),
    [("limit", 1), ("ours", 25), ("plain_loop", 25), ("loss_landscapes", 23), ("landscaper", 1)],
)
def test_values_are_those_of_a_slow_reference(name, known, trained):
    outcome = contestant(name)(trained)(STEPS)
    finite = np.isfinite(outcome.values)
    assert finite.sum() == known
    assert outcome.seconds > 0
    np.testing.assert_allclose(outcome.values[finite], reference(trained)[finite], rtol=1e-4)


def test_landscaper_looks_along_directions_that_have_its_own_scale(trained):
    """It makes the norm of each tensor proportional to the root of its size."""
    generator = torch.Generator().manual_seed(1)

    def direction():
        drawn = {
            name: torch.randn(value.shape, generator=generator)
            for name, value in trained.model.named_parameters()
        }
        return {n: 0.05 * d * d.numel() ** 0.5 / d.norm() for n, d in drawn.items()}

    scaled = replace(trained, directions=(direction(), direction()))
    outcome = contestant("landscaper")(scaled)(STEPS)
    np.testing.assert_allclose(outcome.values, reference(scaled), rtol=1e-4)


def test_models_are_left_as_they_were(trained):
    before = {name: value.clone() for name, value in trained.model.state_dict().items()}
    for name in ("limit", "ours", "plain_loop"):
        contestant(name)(trained)(3)
    for name, value in trained.model.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_a_network_comes_back_from_its_file_with_the_same_directions(trained, tmp_path):
    networks.write(trained, tmp_path / "network.pt")
    found = networks.read(tmp_path / "network.pt")
    assert torch.equal(found.pixels, trained.pixels)
    for mine, theirs in zip(found.directions, trained.directions, strict=True):
        assert all(torch.equal(mine[name], theirs[name]) for name in theirs)


def test_run_one_prints_times_values_and_notes(trained, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)
    networks.write(trained, tmp_path / "network.pt")
    with torch.random.fork_rng():
        assert main("limit", str(tmp_path / "network.pt"), "3", "5") == 0
    result = json.loads(capsys.readouterr().out)
    assert len(result["seconds"]) == len(result["cpu"]) == 2
    assert all(cpu > 0 for cpu in result["cpu"])
    assert np.shape(result["values"]) == (5, 5)
    assert "layout" in result["notes"]
