"""Leading eigenpairs against numpy's, of whole matrices."""

import numpy as np
import pytest
import torch

from landscape.errors import LandscapeError
from landscape.planes.eigenpairs import leading_eigenpairs


def pairs(matrix, dtype=torch.float64, **options):
    """Eigenpairs of a matrix over two tensors, and how often it was multiplied."""
    matrix = torch.as_tensor(matrix).to(dtype)
    like = {"a": torch.zeros(1, 1, dtype=dtype), "b": torch.zeros(len(matrix) - 1, dtype=dtype)}
    asked = []

    def product(direction):
        asked.append(1)
        image = matrix @ torch.cat([direction["a"].reshape(-1), direction["b"]])
        return {"a": image[:1].reshape(1, 1), "b": image[1:]}

    found = leading_eigenpairs(product, like, **options)
    assert found.products == len(asked)
    return found, [torch.cat([v["a"].reshape(-1), v["b"]]).double().numpy() for v in found.vectors]


def rotated(values, seed=0):
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(values),) * 2))
    return rotation @ np.diag(values) @ rotation.T


@pytest.mark.parametrize(
    ("dtype", "tolerance", "rel"), [(torch.float64, 1e-9, 1e-9), (torch.float32, 1e-4, 1e-5)]
)
@pytest.mark.parametrize("size", [3, 20, 300])  # less, and more, than is kept at a time
@pytest.mark.parametrize("extremes", [False, True])
def test_they_are_those_of_the_matrix(dtype, tolerance, rel, size, extremes):
    values = np.random.default_rng(1).normal(size=size)
    values[:2] = 5, -7
    matrix = rotated(values)
    found, vectors = pairs(matrix, dtype, tolerance=tolerance, extremes=extremes)
    true, columns = np.linalg.eigh(matrix)
    wanted = [-1, 0 if extremes else -2]
    assert found.values == pytest.approx(true[wanted], rel=rel)
    assert max(found.residuals) <= tolerance
    for vector, column in zip(vectors, columns.T[wanted], strict=True):
        assert np.linalg.norm(vector) == pytest.approx(1, rel=1e-6)
        assert vector[np.abs(vector).argmax()] > 0
        np.testing.assert_allclose(vector * np.sign(vector @ column), column, atol=20 * tolerance)


def test_residuals_are_true_ones():
    matrix = rotated(np.random.default_rng(1).normal(size=300))
    found, vectors = pairs(matrix, products=20, count=3)
    assert found.products == 20
    for value, residual, vector in zip(found.values, found.residuals, vectors, strict=True):
        left = np.linalg.norm(matrix @ vector - value * vector) / abs(value)
        assert residual == pytest.approx(left, rel=1e-6)
    assert found.residuals[0] > 1e-3


def test_an_eigenvalue_that_comes_twice_is_found_twice():
    found, vectors = pairs(np.diag([5.0, 1, 2, 5, 0, 0, 3]))
    assert found.values == pytest.approx([5, 5], rel=1e-12)
    assert abs(vectors[0] @ vectors[1]) < 1e-10
    np.testing.assert_allclose(np.array(vectors)[:, [1, 2, 4, 5, 6]], 0, atol=1e-6)
    found, _ = pairs(np.eye(40))
    assert found.values == pytest.approx([1, 1])
    found, _ = pairs(np.zeros((40, 40)))
    assert found.values == (0, 0)


def test_where_there_is_only_one_the_other_is_zero_to_rounding():
    x = np.random.default_rng(0).normal(size=50)
    found, _ = pairs(np.outer(x, x), torch.float32)
    assert found.values[0] == pytest.approx(x @ x, rel=1e-6)
    assert abs(found.values[1]) < 1e-5
    assert found.residuals[1] > 1e-4
    assert found.products < 10


def test_the_same_seed_gives_the_same_bits_and_signs_do_not_depend_on_it():
    matrix = rotated(np.arange(60.0))
    _, first = pairs(matrix, seed=1)
    _, again = pairs(matrix, seed=1)
    _, other = pairs(matrix, seed=2)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_allclose(first, other, atol=1e-3)
    assert not np.array_equal(first, other)
    tie = np.array([[1.0, 0, 0], [0, 1, -1], [0, -1, 1]])  # eigenvector (0, 1, -1) / sqrt(2)
    for seed in range(4):
        _, (vector,) = pairs(tie, seed=seed, count=1)
        np.testing.assert_allclose(vector, [0, 0.5**0.5, -(0.5**0.5)], atol=1e-4)


def test_what_is_no_matrix_is_refused():
    with pytest.raises(LandscapeError, match="expected at least 3 numbers that move, got 2"):
        pairs(np.eye(2), count=3)
    with pytest.raises(LandscapeError, match="the Hessian is not finite at the center"):
        pairs(np.full((5, 5), np.nan))
