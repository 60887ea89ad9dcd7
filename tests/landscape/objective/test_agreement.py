"""What passes as rounding."""

import numpy as np
import pytest
from torch import nn

from landscape.objective.agreement import TwoPoints, agree, rounding
from landscape.objective.values import Sample

LOSS = np.array([1.0, 2.0, 3.0, 1e-3])


def points(center, away) -> TwoPoints:
    def sample(values):
        return {
            "loss": Sample(
                np.asarray(values), np.ones(len(values)), (len(values),), per_sample=True
            )
        }

    return TwoPoints(sample(center), None if away is None else sample(away))


def test_the_relative_difference_follows_the_dtype():
    assert rounding(nn.Linear(2, 1)) == pytest.approx(1e-5, rel=0.01)
    assert rounding(nn.Linear(2, 1).double()) == pytest.approx(2e-14, rel=0.1)
    assert rounding(nn.Linear(2, 1).bfloat16()) == 1e-2


@pytest.mark.parametrize(("change", "same"), [(1e-6, True), (1e-4, False), (1.2e-3, False)])
def test_rounding_passes_and_a_difference_does_not(change, same):
    expected = points(LOSS, LOSS)
    assert agree(points(LOSS * (1 + change), LOSS), expected, 1e-5) == same
    assert agree(points(LOSS, LOSS * (1 + change)), expected, 1e-5) == same


def test_small_losses_carry_the_rounding_of_large_numbers():
    expected = points(LOSS * 1e-4, LOSS)
    assert agree(points(LOSS * 1e-4 + 1e-6, LOSS), expected, 1e-5)
    assert not agree(points(LOSS * 1e-4 + 1e-5, LOSS), expected, 1e-5)


def test_zero_asks_for_the_same_bits():
    expected = points(LOSS, LOSS)
    assert agree(points(LOSS, LOSS), expected, 0.0)
    assert not agree(points(np.nextafter(LOSS, 9), LOSS), expected, 0.0)


def test_failures_and_numbers_that_are_none_must_be_the_same():
    odd = np.array([np.inf, np.nan, 1.0])
    assert agree(points(odd, None), points(odd, None), 1e-5)
    assert not agree(points(odd, odd), points(odd, None), 1e-5)
    assert not agree(points(odd, odd), points(odd, np.ones(3)), 1e-5)
