"""Choices against slow, obvious ones."""

import numpy as np
import pytest

from landscape.points.choice import covering, least_known
from landscape.points.interpolant import Interpolant

SIDE = np.linspace(-1, 1, 21)
POINTS = np.stack([a.ravel() for a in np.meshgrid(SIDE, SIDE)], axis=1)


@pytest.mark.parametrize("seed", range(3))
def test_each_disc_covers_the_most_of_what_is_left(seed):
    generator = np.random.default_rng(seed)
    gap = generator.uniform(size=len(POINTS)) < 0.5
    allowed = gap | (generator.uniform(size=len(POINTS)) < 0.3)
    found = covering(POINTS, gap, allowed, 0.26, 1000)
    near = np.linalg.norm(POINTS[:, None] - POINTS, axis=2) <= 0.26
    left, expected = gap.copy(), []
    while left.any():
        expected.append(int(np.where(allowed, (near & left).sum(1), -1).argmax()))
        left &= ~near[expected[-1]]
    assert found == expected
    assert covering(POINTS, gap, allowed, 0.26, 4) == expected[:4]


def test_no_gap_needs_no_point():
    nothing = np.zeros(len(POINTS), bool)
    assert covering(POINTS, nothing, ~nothing, 0.2, 9) == []


def test_the_least_known_are_those_of_an_interpolant_that_has_the_others_already():
    generator = np.random.default_rng(0)
    data = generator.permutation(len(POINTS))[:30]
    weights = generator.uniform(size=len(POINTS))
    weights[data] = 0
    first = Interpolant(POINTS, POINTS[data], np.ones((30, 1)))
    found = least_known(first, weights, 5, [7])
    chosen = []
    for _ in range(5):
        state = Interpolant(POINTS, POINTS[[*data, *chosen]], np.ones((30 + len(chosen), 1)))
        score = weights * np.sqrt(state.variance)
        score[[7, *chosen]] = 0
        chosen.append(int(score.argmax()))
    assert found == chosen
