"""Directions made orthogonal: the Gram matrix, norms, and what is refused."""

import numpy as np
import pytest
import torch
from torch import nn

from landscape.errors import LandscapeError
from landscape.planes import ParameterSpace, RandomPlanes


def model(dtype=torch.float32):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).to(dtype)


@pytest.mark.parametrize("how", ["filter", "layer", "weight", "unit", "none"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_the_gram_matrix_is_diagonal_and_norms_stay(how, dtype):
    space = ParameterSpace(model(dtype), vectors="random")
    for plain, made in zip(
        RandomPlanes(space, 3, normalize=how),
        RandomPlanes(space, 3, normalize=how, orthogonal=True),
        strict=True,
    ):
        assert abs(plain.gram[0, 1]) > 1e-3 * plain.gram[0, 0]
        assert abs(made.gram[0, 1]) < 1e-6 * np.sqrt(made.gram[0, 0] * made.gram[1, 1])
        np.testing.assert_allclose(np.diag(made.gram), np.diag(plain.gram), rtol=1e-6)
        first, second = made.directions
        assert all(torch.equal(value, first[name]) for name, value in plain.directions[0].items())
        share = plain.gram[0, 1] / plain.gram[0, 0]
        for name, value in plain.directions[1].items():  # in the plane of both, as before
            rest = value.double() - share * plain.directions[0][name].double()
            factor = float(rest.norm() / second[name].double().norm())
            torch.testing.assert_close(second[name].double() * factor, rest, rtol=1e-4, atol=1e-6)


def test_parallel_directions_are_refused():
    space = ParameterSpace(nn.Linear(1, 1))
    plane = RandomPlanes(space, 1, orthogonal=True)[0]
    with pytest.raises(LandscapeError, match="both directions of a plane are parallel") as caught:
        _ = plane.gram
    assert "--line" in caught.value.hint


def test_a_line_has_its_direction():
    planes = (RandomPlanes(ParameterSpace(model()), 1, line=True, orthogonal=o) for o in (0, 1))
    one, other = (plane[0].directions[0]["0.weight"] for plane in planes)
    assert torch.equal(one, other)
