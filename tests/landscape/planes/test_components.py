"""Components of offsets against the singular value decomposition, and walks in closed form."""

import numpy as np
import pytest
import torch

from landscape.planes import components
from landscape.planes.components import combine, gram_of, principal, project, walk_shares


def cloud(count=6, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)

    def point():
        return {
            "w": torch.randn(4, 5, generator=generator).to(dtype),
            "count": torch.tensor(3),
            "b": torch.randn(7, generator=generator).to(dtype),
        }

    return [point() for _ in range(count)], point()


def flat(point):
    return np.concatenate([point[n].double().numpy().reshape(-1) for n in ("w", "b")])


@pytest.mark.parametrize("entries", [6, 36, 2**22])
def test_tensor_by_tensor_is_the_decomposition_of_the_whole(monkeypatch, entries):
    monkeypatch.setattr(components, "_ENTRIES", entries)
    points, center = cloud()
    rows = np.stack([flat(point) - flat(center) for point in points])
    gram = gram_of(points, center)
    np.testing.assert_allclose(gram, rows @ rows.T, rtol=1e-12)
    weights, squares = principal(gram)
    _, singular, right = np.linalg.svd(rows, full_matrices=False)
    np.testing.assert_allclose(squares, singular[:2] ** 2, rtol=1e-12)
    directions = [flat(d) for d in combine(points, center, weights)]
    for found, expected in zip(directions, right, strict=False):
        assert abs(found @ expected) == pytest.approx(1, abs=1e-9)
    places, distances = project(gram, weights)
    np.testing.assert_allclose(places, rows @ np.stack(directions).T, atol=1e-9)
    rest = rows - places @ np.stack(directions)
    np.testing.assert_allclose(distances, np.linalg.norm(rest, axis=1), rtol=1e-9)


def test_oblique_directions_are_projected_on_by_least_squares():
    points, center = cloud(3)
    rows = np.stack([flat(point) - flat(center) for point in points])
    weights = np.array([[1.0, 0, 0], [0, 2.0, 0]])  # oblique, and not of unit length
    places, distances = project(rows @ rows.T, weights)
    expected, rest, *_ = np.linalg.lstsq((weights @ rows).T, rows.T, rcond=None)
    np.testing.assert_allclose(places, expected.T, atol=1e-12)
    np.testing.assert_allclose(distances**2, [0, 0, rest[2]], atol=1e-6)
    assert distances[0] == distances[1] == 0


def test_directions_do_not_hang_on_the_sign_that_lapack_finds():
    points, center = cloud()
    gram = gram_of(points, center)
    weights, _ = principal(gram)
    places, _ = project(gram, weights)
    assert places[0, 0] > 0
    assert places[np.abs(places[:, 1]).argmax(), 1] > 0


@pytest.mark.parametrize("steps", [1, 2, 5, 40, 300])
def test_shares_of_a_walk_of_equal_steps_are_known_in_closed_form(steps):
    orders = 2 * np.arange(1, steps + 1) - 1
    values = 1 / (4 * np.sin(np.pi * orders / (4 * steps + 2)) ** 2)
    assert values.sum() == pytest.approx(steps * (steps + 1) / 2)
    expected = np.append(values / values.sum(), 0)[:2]
    found = walk_shares(range(steps + 1), 10**6)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_a_simulated_walk_has_them_and_few_dimensions_have_more():
    generator = np.random.default_rng(1)
    ages = [0, 1, 3, 4, 10, 30]
    walks = np.cumsum(generator.normal(size=(31, 4000)), axis=0)
    rows = walks[ages] - walks[0]
    values = np.linalg.eigvalsh(rows @ rows.T)[::-1]
    np.testing.assert_allclose(walk_shares(ages, 4000), values[:2] / values.sum(), atol=0.03)
    assert walk_shares(range(50), 2).sum() == pytest.approx(1)
    assert walk_shares(range(50), 3)[0] > walk_shares(range(50), 10**6)[0]
