"""Rounds of predictions: as many of the last as are enough must all be right."""

import pytest

from landscape.points.held_out import HELD_OUT, predicted_well

RIGHT, WRONG = HELD_OUT * 0.01, 1.01 * HELD_OUT * 0.01


@pytest.mark.parametrize(
    ("rounds", "well"),
    [
        ([], False),
        ([(8, RIGHT)], False),
        ([(8, RIGHT), (8, RIGHT)], True),
        ([(8, WRONG), (8, RIGHT), (8, RIGHT)], True),
        ([(8, RIGHT), (8, WRONG), (8, RIGHT)], False),
        ([(30, WRONG), (20, RIGHT)], True),  # one large round is enough
        ([(30, RIGHT), (20, WRONG)], False),
    ],
)
def test_the_last_predictions_decide(rounds, well):
    assert predicted_well(rounds, 0.01, 16) == well
