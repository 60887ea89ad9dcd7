"""Table 1 of the paper: MNIST, each digit in turn normal, six batch sizes, L2 against LAMP."""

from collections.abc import Sequence

from lamp.losses.settings import LossSettings
from lamp.models.settings import ModelSettings
from lamp.reproduce.names import Budget
from lamp.training import TrainingSettings
from lamp.trials import LensSettings, TaskSettings, TrialSettings

LOSSES = (
    LossSettings(name="l2"),
    LossSettings(name="l2-lamp"),
    LossSettings(name="l2-lamp", detach=True),
)
BATCH_SIZES = (1024, 128, 32, 16, 4, 1)
DIGITS = tuple(range(10))


def table1_trials(budget: Budget) -> list[TrialSettings]:
    """List the trainings of the table, in the order in which they are to be run.

    All batch sizes see equally many images, so that their numbers of steps differ.

    Args:
        budget: `minutes`: batch sizes 128 and 16, one seed. `hours`: three seeds, one for the
            batch sizes 4 and 1. `paper`: five seeds, six times the images.

    Returns:
        The trials: for every seed, digit and batch size one for each loss.
    """
    samples = {"minutes": 8_000, "hours": 20_000, "paper": 120_000}[budget]
    large, small = BATCH_SIZES[:4], BATCH_SIZES[4:]
    rounds: dict[Budget, list[tuple[int, Sequence[int]]]] = {
        "minutes": [(0, (128, 16))],
        "hours": [(0, large), (0, small[:1]), (1, large), (0, small[1:]), (2, large)],
        "paper": [(seed, BATCH_SIZES) for seed in range(5)],
    }
    return [
        TrialSettings(
            task=TaskSettings(data="mnist", normal=digit),
            loss=loss,
            model=ModelSettings(size=32),
            training=TrainingSettings(batch_size=size, samples=samples, seed=seed),
            lens=LensSettings(),
        )
        for seed, sizes in rounds[budget]
        for size in sizes
        for digit in DIGITS
        for loss in LOSSES
    ]
