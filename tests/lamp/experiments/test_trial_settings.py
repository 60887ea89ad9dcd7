"""What names a trial: its key, which long runs on disk are found by."""

from itertools import chain

import pytest

from lamp.experiments import LensSettings, TaskSettings, TrialSettings
from lamp.losses.settings import LossSettings
from lamp.models.settings import ModelSettings
from lamp.training import TrainingSettings

PARTS = {
    "task": [
        {"normal": 4},
        {"data": "digits", "normal": 3},
        {"normal": 3, "size": 16},
        {"normal": 3, "channels": 1},
        {"data": "folder", "category": "mvtec/screw"},
    ],
    "loss": [
        {"name": "l2-lamp"},
        {"name": "l2-lamp", "epsilon": 0.2},
        {"name": "l2-lamp", "scale": "batch"},
        {"name": "l2-lamp", "detach": True},
        {"name": "l2-lamp", "order": 2},
        {"name": "l2-lamp", "matched": True},
        {"factor": 2},
    ],
    "model": [
        {"size": 64},
        {"channels": 3},
        {"depth": 3},
        {"width": 8},
        {"kernel_size": 5},
        {"latent_channels": 128},
        {"patches": 2},
    ],
    "training": [
        {"optimizer": "sgd"},
        {"optimizer": "sgd", "momentum": 0.9},
        {"learning_rate": 2e-3},
        {"batch_size": 8},
        {"samples": 12_000},
        {"seed": 1},
    ],
    "lens": [{}, {"planes": 6}, {"steps": 33}, {"radius": 1}, {"samples": 64}],
}
START = {"task": {"normal": 3}}


def changed():
    single = ({part: change} for part, changes in PARTS.items() for change in changes)
    for change in chain([{}], single, [{"held_out": 0.2}, {"marks": 3}]):
        yield TrialSettings.model_validate(START | change)


def test_every_change_has_a_key_of_its_own():
    trials = list(changed())
    assert len(trials) == 33
    assert len({trial.key for trial in trials}) == len(trials)


def test_a_key_depends_on_nothing_else():
    for trial in changed():
        whole = TrialSettings.model_validate_json(trial.model_dump_json())
        assert whole == trial
        assert whole.key == trial.key


def test_keys_are_those_of_trials_on_disk():
    mnist = TrialSettings(
        task=TaskSettings(normal=0),
        loss=LossSettings(name="l2-lamp"),
        training=TrainingSettings(batch_size=4, samples=20_000),
        lens=LensSettings(),
    )
    assert mnist.key == "mnist-0_l2-lamp_batch4_seed0_f980a545"
    screw = TrialSettings(
        task=TaskSettings(data="folder", category="mvtec/screw", size=128),
        model=ModelSettings(size=128, depth=6, width=8, kernel_size=5),
        training=TrainingSettings(optimizer="sgd", learning_rate=0.1, samples=1024),
    )
    assert screw.key == "mvtec-screw_l2_batch16_seed0_5d3d1529"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"data": "folder"}, "a category for data 'folder', and for no other"),
        ({"normal": 3, "category": "screw"}, "a category for data 'folder', and for no other"),
        ({"data": "digits"}, "a normal class for digits and MNIST"),
        ({"data": "folder", "category": "screw", "normal": 3}, "a normal class for digits and"),
        ({"normal": 3, "size": 0}, "greater than or equal to 1"),
    ],
)
def test_tasks_that_are_none(words, message):
    with pytest.raises(ValueError, match=message):
        TaskSettings(**words)
