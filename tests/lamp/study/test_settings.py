"""What a study is asked for: readings of losses, data of three kinds, and what is refused."""

import pytest

from lamp.paper.mnist import mnist_trials
from lamp.study.run import plan
from lamp.study.settings import StudySettings
from landscape.errors import LandscapeError
from landscape.settings import settings_from


def test_a_study_of_mnist_has_the_trainings_of_table_1():
    settings = StudySettings(
        data="mnist", normal=7, losses=("l2", "l2-lamp:author"), batch_sizes=(128, 16), seeds=2
    )
    expected = mnist_trials(settings.loss_settings(), (16, 128), range(2), digits=[7])
    assert {trial.key for trial in plan(settings)} == {trial.key for trial in expected}


def test_small_batches_start_first():
    sizes = [trial.training.batch_size for trial in plan(StudySettings(seeds=1))]
    assert sizes == [4, 4, 16, 16, 64, 64]


def test_no_digit_is_twice_in_a_batch_unless_asked_for():
    assert StudySettings().batch_sizes == (64, 16, 4)
    assert StudySettings(data="mnist").batch_sizes == (128, 16, 4)
    assert StudySettings(batch_sizes=(8,)).batch_sizes == (8,)


def test_other_settings_are_other_trainings():
    first, second = (
        {trial.key for trial in plan(StudySettings(train_samples=samples))} for samples in (64, 96)
    )
    assert first.isdisjoint(second)


def test_a_folder_is_a_category(shared_category):
    settings = StudySettings(data=str(shared_category), size=32)
    (first, *_) = plan(settings, channels=3)
    assert (first.task.data, first.task.category, first.task.size) == ("folder", "tiles", 32)
    assert (first.model.size, first.model.channels, first.model.depth) == (32, 3, 6)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"losses": ("l2", "l3")}, "losses: expected losses among l2, l1, ssim, bce, l2-lamp"),
        ({"losses": ("l2:author",)}, "losses: expected losses among"),
        ({"losses": ("l2-lamp:autor",)}, "literal, detached, author, author-signed, batch"),
        ({"losses": ("l2-lamp", "l2-lamp:literal")}, "expected at least one loss, each once"),
        ({"losses": ()}, "expected at least one loss, each once"),
        ({"batch_sizes": (4, 4)}, "batch_sizes: expected at least one value, each once"),
        ({"batch_sizes": (4, 0)}, "expected batch sizes of at least 1"),
        ({"data": "cifar"}, "data: expected digits, mnist or a folder that is there, got 'cifar'"),
        ({"size": 32}, "expected --size for a folder only, got it for digits"),
        ({"detach": True}, "unknown setting 'detach'"),
    ],
)
def test_what_cannot_be_done_is_refused(values, message):
    with pytest.raises(LandscapeError, match=message):
        settings_from(StudySettings, values)


def test_a_folder_has_no_normal_class(shared_category):
    with pytest.raises(LandscapeError, match="expected --normal for digits and mnist only"):
        settings_from(StudySettings, {"data": str(shared_category), "normal": 3})


def test_too_many_points_are_refused_before_anything_is_trained():
    with pytest.raises(LandscapeError, match="expected at most 100,000,000 points"):
        StudySettings(planes=10_000, steps=4001).grid()
