import pytest

from lamp.cli.settings import DetectorSettings, SearchSettings
from lamp.losses.settings import LossSettings
from lamp.training import TrainingSettings


@pytest.mark.parametrize(
    ("library", "names"),
    [
        (LossSettings, ("epsilon", "scale")),
        (TrainingSettings, ("optimizer", "learning_rate", "batch_size")),
    ],
)
def test_a_command_line_starts_from_what_the_library_does(library, names):
    for name in names:
        ours, theirs = DetectorSettings.model_fields[name], library.model_fields[name]
        assert ours.default == theirs.default
        assert ours.annotation == theirs.annotation
        assert set(map(repr, theirs.metadata)) <= set(map(repr, ours.metadata))


def test_a_search_starts_from_the_detector_of_lamp_train():
    assert SearchSettings(held_out=0.1).default() == DetectorSettings()


@pytest.mark.parametrize("told", [{"epsilon": 0.2}, {"scale": "batch"}, {"detach": False}])
@pytest.mark.parametrize("settings", [DetectorSettings, SearchSettings])
def test_what_is_told_of_lamp_is_not_ignored(settings, told):
    name = next(iter(told))
    with pytest.raises(ValueError, match=f"{name} is of LAMP: expected a loss such as l1-lamp"):
        settings(loss="l1", **told)
    assert settings(loss="l1-lamp", **told).model_dump()[name] == told[name]
