"""Eigenvalues of a problem's Hessian against those of the whole matrix."""

import numpy as np
import pytest
import torch
from torch import nn

from landscape import LandscapeError, Problem, compute, hessian_eigenvalues

X = torch.randn(12, 3, generator=torch.Generator().manual_seed(1)).double()


def problem() -> Problem:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    return Problem(model, lambda m, x: m(x)[:, 0].square(), list(X.split(5)))


def whole_hessian(model):
    names, params = zip(*model.named_parameters(), strict=True)
    sizes = [p.numel() for p in params]

    def value(flat):
        parts = zip(names, params, flat.split(sizes), strict=True)
        own = {name: part.view(p.shape) for name, p, part in parts}
        return torch.func.functional_call(model, own, (X,)).square().mean()

    return torch.autograd.functional.hessian(
        value, torch.cat([p.detach().reshape(-1) for p in params])
    ).numpy()


def test_they_are_those_of_the_whole_hessian_and_of_the_plane():
    one = problem()
    hessian = whole_hessian(one.model)
    true = np.linalg.eigvalsh(hessian)[::-1]
    found = hessian_eigenvalues(one, count=4, tolerance=1e-6)
    assert found.values == pytest.approx(true[:4], rel=1e-8)
    assert max(found.residuals) < 1e-6
    for value, vector in zip(found.values, found.vectors, strict=True):
        flat = np.concatenate([part.reshape(-1).numpy() for part in vector.values()])
        np.testing.assert_allclose(hessian @ flat, value * flat, atol=1e-5)
    ends = hessian_eigenvalues(one, extremes=True)
    assert ends.values == pytest.approx(true[[0, -1]], rel=1e-6)
    surface = compute(one, along="hessian", steps=3, workers=1)
    assert [axis.eigenvalue for axis in surface.axes] == pytest.approx(found.values[:2], rel=1e-6)
    assert one.model.training
    assert all(p.requires_grad and p.grad is None for p in one.model.parameters())


def test_of_a_part_they_are_those_of_its_block():
    one = problem()
    block = whole_hessian(one.model)[12:16, 12:16]  # 0.weight, 0.bias are 12 + 4 numbers
    block_of_bias = hessian_eigenvalues(one, only="0.bias", count=4)
    assert block_of_bias.values == pytest.approx(np.linalg.eigvalsh(block)[::-1], rel=1e-8)
    assert list(block_of_bias.vectors[0]) == ["0.bias"]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"count": 0}, "expected a positive number of eigenvalues, got 0"),
        ({"count": 3, "only": "2.bias"}, "expected at least 3 numbers that move, got 1"),
        ({"tolerance": 0.0}, "expected a tolerance between 0 and 1 and at least 8 products"),
        ({"products": 5}, "at least 8 products, got 0.0001 and 5"),
        ({"only": "3"}, "'3'"),
        ({"seed": -1}, "expected a seed from 0 to 2**63 - 1, got -1"),
        ({"max_samples": 0}, "expected max_samples to be 1 or more, or None, got 0"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(options, text):
    with pytest.raises(LandscapeError) as error:
        hessian_eigenvalues(problem(), **options)
    assert text in str(error.value)
    assert "\n" not in str(error.value)
