"""The space of a model's parameters: names, what moves, and planes that are drawn when used."""

import pickle

import numpy as np
import pytest
import torch
from torch import nn

from landscape.errors import LandscapeError
from landscape.planes import ParameterSpace, Plane, RandomPlanes
from landscape.planes import random as random_module
from landscape.planes import space as space_module
from landscape.planes.names import plain_names
from landscape.planes.parameters import fingerprint
from landscape.planes.space import check_planes, directions_fingerprint
from tests.landscape.planes.directions import direction_of


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 2))


class Lightning(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model


WRAPPERS = {
    "DataParallel": nn.DataParallel,
    "compile": lambda model: torch.compile(model, backend="eager"),
    "Lightning": Lightning,
    "all": lambda model: Lightning(nn.DataParallel(torch.compile(model, backend="eager"))),
}


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_a_wrapped_model_has_the_same_planes(wrap):
    bare, wrapped = (RandomPlanes(ParameterSpace(m), 2) for m in (network(), wrap(network())))
    assert bare.draws == wrapped.draws
    assert bare.space.fingerprint == wrapped.space.fingerprint
    for one, other in zip(bare[1].directions, wrapped[1].directions, strict=True):
        for name, twin in zip(one, other, strict=True):
            assert torch.equal(one[name], other[twin].cpu())  # DataParallel takes it to a GPU


def test_names_that_would_become_one_stay_as_they_are():
    names = ["module.weight", "weight"]
    assert plain_names(names) == dict(zip(names, names, strict=True))
    assert plain_names(["a.w", "b.w"]) == {"a.w": "a.w", "b.w": "b.w"}


@pytest.mark.parametrize("how", ["filter", "layer", "weight", "unit", "none"])
def test_each_direction_of_each_plane_has_a_stream_of_its_own(how):
    space = ParameterSpace(network())
    plane = RandomPlanes(space, 3, seed=4, normalize=how)[2]
    for axis, found in enumerate(plane.directions):
        expected = direction_of(space.center, space.layouts, how=how, seed=4, plane=2, axis=axis)
        assert fingerprint(found) == fingerprint(expected)


@pytest.mark.parametrize("wrong", [{"count": 0}, {"seed": -1}])
def test_numbers_that_draw_nothing_are_refused(wrong):
    with pytest.raises(LandscapeError, match="expected a positive count and a seed from 0"):
        RandomPlanes(ParameterSpace(network()), **wrong)


def test_a_plane_is_drawn_tensor_by_tensor_and_only_when_used(monkeypatch):
    drawn = []
    draw = random_module._draw
    monkeypatch.setattr(
        random_module, "_draw", lambda like, s: (drawn.append(like.numel()), draw(like, s))[1]
    )
    plane = RandomPlanes(ParameterSpace(network()), 5)[3]
    assert drawn == []
    _ = plane.directions[0]["0.weight"]
    assert drawn == [30]
    _ = plane.gram
    assert len(drawn) == 1 + 2 * 4  # each tensor of both directions once


def test_the_parameters_are_found_once_for_a_report_and_for_all_planes(monkeypatch):
    calls = []
    real = space_module.own_parameters
    monkeypatch.setattr(
        space_module, "own_parameters", lambda model: (calls.append(model), real(model))[1]
    )
    space = ParameterSpace(network())
    planes = RandomPlanes(space, 9)
    _ = space.names, space.layouts
    given = [planes[1]] * 9
    for use in (
        lambda: space.report("filter"),
        lambda: planes.draws,
        lambda: planes[0],
        lambda: check_planes(given, space),
    ):
        calls.clear()
        use()
        assert len(calls) == 1


def test_planes_travel_without_their_directions():
    planes = RandomPlanes(ParameterSpace(network()), 50)
    sent = pickle.dumps(planes)
    assert len(sent) < 8000
    found = pickle.loads(sent)
    assert fingerprint(found[7].directions[1]) == fingerprint(planes[7].directions[1])


def test_draws_tell_pairs_from_planes_that_are_none(monkeypatch):
    space = ParameterSpace(network())
    base = RandomPlanes(space, 2).draws
    torch.manual_seed(9)
    retrained = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 2))
    assert RandomPlanes(ParameterSpace(retrained), 2).draws == base
    other = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Tanh(), nn.Linear(5, 2))
    assert RandomPlanes(ParameterSpace(other), 2).draws != base
    assert RandomPlanes(space, 2, seed=1).draws != base
    draw = random_module._draw
    monkeypatch.setattr(
        random_module,
        "_draw",
        lambda like, s: draw(like, np.random.SeedSequence(7, spawn_key=s.spawn_key)),
    )
    assert RandomPlanes(space, 2).draws != base


def test_the_fingerprint_knows_normalization_and_given_directions():
    space = ParameterSpace(network())
    found = {
        directions_fingerprint(RandomPlanes(space, 2, normalize=how), space)
        for how in ("filter", "layer", "weight", "unit", "none")
    }
    found.add(directions_fingerprint(RandomPlanes(space, 2, orthogonal=True), space))
    part = ParameterSpace(network(), only=["0"])
    found.add(directions_fingerprint(RandomPlanes(part, 2), part))
    assert len(found) == 7
    given = [Plane(space.center, ({n: torch.ones_like(v) for n, v in space.center.items()},))]
    changed = [Plane(space.center, ({n: 2 * torch.ones_like(v) for n, v in space.center.items()},))]
    assert directions_fingerprint(given, space) == directions_fingerprint(given, space)
    assert directions_fingerprint(given, space) != directions_fingerprint(changed, space)
    assert check_planes(given, space)


def test_a_plane_through_other_parameters_is_refused():
    space = ParameterSpace(network())
    ones = {name: torch.ones_like(value) for name, value in space.center.items()}
    moved = {**space.center, (last := list(ones)[-1]): space.center[last] + 1}
    with pytest.raises(LandscapeError, match=f"its center has another '{last}'") as caught:
        check_planes([Plane(space.center, (ones,)), Plane(moved, (ones,))], space)
    assert "parameters_of(model)" in caught.value.hint


def test_where_there_are_only_vectors_these_move():
    class Scale(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.arange(1.0, 4.0))

    direction = RandomPlanes(ParameterSpace(Scale()), 1)[0].directions[0]
    assert float(direction["scale"].norm()) == pytest.approx(14**0.5)


def test_planes_of_another_model_are_refused():
    space = ParameterSpace(network())
    other = RandomPlanes(ParameterSpace(nn.Linear(2, 2)), 1)
    with pytest.raises(LandscapeError, match=r"does not belong to this model: .*'0\.weight'"):
        check_planes(other, space)
    with pytest.raises(LandscapeError, match="a sequence of Plane, got one of int"):
        check_planes([3], space)
    mixed = [RandomPlanes(space, 1)[0], RandomPlanes(space, 1, line=True)[0]]
    with pytest.raises(LandscapeError, match=r"equally many directions, got \[1, 2\]"):
        check_planes(mixed, space)
    with pytest.raises(LandscapeError, match="with parameters, got ReLU without any"):
        ParameterSpace(nn.ReLU())
