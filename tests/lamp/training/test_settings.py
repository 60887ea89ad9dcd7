import pytest

from lamp.training import TrainingSettings


@pytest.mark.parametrize(
    ("samples", "batch_size", "steps"), [(100, 10, 10), (101, 10, 11), (1, 9, 1)]
)
def test_steps_are_rounded_up(samples, batch_size, steps):
    assert TrainingSettings(samples=samples, batch_size=batch_size).steps == steps


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batchsize": 3}, "batchsize\n.*Extra inputs are not permitted"),
        ({"optimizer": "lbfgs"}, "'adam', 'sgd' or 'rmsprop'"),
        ({"learning_rate": 0}, "greater than 0"),
        ({"learning_rate": float("inf")}, "finite number"),
        ({"batch_size": 0}, "greater than or equal to 1"),
        ({"samples": 0}, "greater than or equal to 1"),
        ({"momentum": 0.9}, "momentum is of 'sgd' and 'rmsprop'; adam has its own"),
    ],
)
def test_wrong_settings(arguments, message):
    with pytest.raises(ValueError, match=message):
        TrainingSettings(**arguments)


def test_settings_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        TrainingSettings().seed = 3
