"""Planes and lines."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from landscape.errors import LandscapeError
from landscape.planes import ParameterSpace, Plane, RandomPlanes
from landscape.planes.parameters import fingerprint

coordinate = st.floats(-2, 2)


def double_model():
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Linear(20, 10)).double()


def flat(params):
    return torch.cat([value.flatten() for value in params.values()]).numpy()


def plane_of(model, index=0, **settings):
    return RandomPlanes(ParameterSpace(model), 5, **settings)[index]


def test_gram_is_the_inner_products():
    plane = plane_of(double_model())
    matrix = np.stack([flat(direction) for direction in plane.directions])
    np.testing.assert_allclose(plane.gram, matrix @ matrix.T, rtol=1e-13)
    assert plane.gram.dtype == np.float64


@settings(max_examples=25, deadline=None)
@given(alpha=coordinate, beta=coordinate)
def test_points_are_the_sum_on_flat_vectors(alpha, beta):
    one, other = (flat(direction) for direction in PLANE.directions)
    expected = flat(PLANE.center) + alpha * one + beta * other
    np.testing.assert_allclose(flat(PLANE.at(alpha, beta)), expected, rtol=0, atol=1e-14)


def test_at_zero_is_the_center_bit_for_bit_and_a_copy():
    point = PLANE.at(0.0, 0.0)
    assert fingerprint(point) == fingerprint(PLANE.center)
    point["0.weight"].add_(1)
    assert fingerprint(PLANE.at(0.0)) == fingerprint(PLANE.center)


def test_repeated_steps_do_not_drift():
    """In-place walks drift (section 2, mistake 9)."""
    before = fingerprint(PLANE.at(0.3, -0.7))
    for step in np.linspace(-1, 1, 20):
        PLANE.at(step, -step)
    assert fingerprint(PLANE.at(0.3, -0.7)) == before


def test_a_line_is_the_first_direction_of_the_plane():
    line = plane_of(double_model_0(), line=True)
    plane = plane_of(double_model_0())
    assert line.axes == 1
    assert line.gram.shape == (1, 1)
    assert fingerprint(line.at(0.4)) == fingerprint(plane.at(0.4))
    with pytest.raises(ValueError, match=r"expected beta = 0 on a line, got 0\.5"):
        line.at(0.4, 0.5)


def test_planes_are_reproducible_and_independent():
    """Repeats with one direction show no variance (section 2, mistake 3)."""
    model = double_model_0()
    planes = [plane_of(model, index=index) for index in range(3)]
    again = plane_of(model, index=1)
    assert fingerprint(again.directions[1]) == fingerprint(planes[1].directions[1])
    matrix = np.stack([flat(direction) for plane in planes for direction in plane.directions])
    cosines = np.corrcoef(matrix) - np.eye(len(matrix))
    assert np.abs(cosines).max() < 0.25


def test_models_of_one_architecture_share_their_draws():
    """What makes comparisons paired: filters of two models point the same way."""
    one, other = plane_of(nn.Linear(30, 5)), plane_of(nn.Linear(30, 5))
    weights = [plane.directions[0]["weight"] for plane in (one, other)]
    torch.testing.assert_close(torch.cosine_similarity(*weights, dim=1), torch.ones(5))


def test_directions_stay_filter_normalised_and_oblique():
    model = nn.Linear(10, 4)
    plane = plane_of(model)
    assert plane.gram[0, 1] != 0
    for direction in plane.directions:
        torch.testing.assert_close(
            direction["weight"].norm(dim=1), model.weight.detach().norm(dim=1)
        )


def test_the_model_is_left_as_found():
    model = double_model_0().train()
    before = fingerprint(model.state_dict())
    state = torch.get_rng_state()
    plane_of(model).at(1.0, 1.0)
    assert fingerprint(model.state_dict()) == before
    assert model.training
    assert torch.equal(state, torch.get_rng_state())


def test_wrong_planes_are_refused():
    center = {"w": torch.zeros(2)}
    with pytest.raises(ValueError, match="one or two directions, got 0"):
        Plane(center, ())
    with pytest.raises(ValueError, match=r"'w' of shape \(2,\), got \(3,\)"):
        Plane(center, ({"w": torch.zeros(3)},))


def double_model_0():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return double_model()


PLANE = plane_of(double_model_0())


def test_what_is_no_direction_is_refused():
    center = {"w": torch.zeros(2)}
    with pytest.raises(LandscapeError, match="a list of dicts, got a dict"):
        Plane(center, {"w": torch.ones(2)})
    with pytest.raises(LandscapeError, match="a list of dicts, got a tuple of Linear"):
        Plane(center, (nn.Linear(2, 1),))
    assert repr(Plane(center, (center, center))) == "<Plane of 2 directions through 1 tensors>"
