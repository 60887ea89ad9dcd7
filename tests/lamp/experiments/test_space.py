"""What is tried: every combination once, the default first."""

from itertools import product

import pytest

from lamp.experiments import SearchSpace


def test_every_combination_once_and_the_default_first(start):
    space = SearchSpace(
        learning_rates=(1e-2, 1e-2, 1e-4),
        patches=(1, 2),
        kernel_sizes=(5, 3),
        batch_sizes=(16, 8),
        optimizers=("adam", "sgd"),
    )
    found = space.candidates(start)
    assert found[0] == start  # although 1e-3 is not in the space
    values = {
        (
            each.training.learning_rate,
            each.model.patches,
            each.model.kernel_size,
            each.training.batch_size,
            each.training.optimizer,
        )
        for each in found[1:]
    }
    assert values == set(product((1e-2, 1e-4), (1, 2), (5, 3), (16, 8), ("adam", "sgd")))
    assert len(found) == 1 + 32
    for each in found:
        assert each.task == start.task
        assert each.loss == start.loss
        assert each.training.samples == start.training.samples
        assert each.model.width == start.model.width


def test_an_empty_space_is_the_default_alone(start):
    assert SearchSpace().candidates(start) == [start]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"patches": (3,)}, r"a power of two below 2\^depth = 8 .* got 3"),
        ({"patches": (8,)}, r"a power of two below 2\^depth = 8 .* got 8"),
        ({"batch_sizes": (0,)}, "greater than or equal to 1"),
        ({"learning_rates": (-1.0,)}, "greater than 0"),
        ({"optimizers": ("lion",)}, "Input should be 'adam', 'sgd' or 'rmsprop'"),
        ({"learning_rate": (1e-3,)}, "Extra inputs"),
    ],
)
def test_what_cannot_be(start, words, message):
    with pytest.raises(ValueError, match=message):
        SearchSpace(**words).candidates(start)
