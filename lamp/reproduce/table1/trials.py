"""The trainings of Table 1: MNIST, each digit in turn normal, six batch sizes, three losses."""

from collections.abc import Sequence

from lamp.experiments import TaskSettings, TrialSettings
from lamp.experiments.baselines import run_baselines
from lamp.reproduce.mnist import DIGITS, SAMPLES, mnist_trial
from lamp.reproduce.names import Budget
from lamp.reproduce.table1.report import BATCH_SIZES, LOSSES, tell
from lamp.reproduce.work import Reproduction, Work


def table1_trials(budget: Budget) -> list[TrialSettings]:
    """List the trainings of the table, in the order in which they are to be run.

    All batch sizes see equally many images, so that their numbers of steps differ.

    Args:
        budget: `minutes`: batch sizes 128 and 16, one seed. `hours`: three seeds, one for the
            batch sizes 4 and 1. `paper`: five seeds, six times the images.

    Returns:
        The trials: for every seed, digit and batch size one for each loss.
    """
    large, small = BATCH_SIZES[:4], BATCH_SIZES[4:]
    rounds: dict[Budget, list[tuple[int, Sequence[int]]]] = {
        "minutes": [(0, (128, 16))],
        "hours": [(0, large), (0, small[:1]), (1, large), (0, small[1:]), (2, large)],
        "paper": [(seed, BATCH_SIZES) for seed in range(5)],
    }
    return [
        mnist_trial(digit, loss, size, samples=SAMPLES[budget], seed=seed)
        for seed, sizes in rounds[budget]
        for size in sizes
        for digit in DIGITS
        for loss in LOSSES
    ]


def reproduce(work: Work) -> Reproduction:
    """Train what the table needs and set it beside the paper's numbers.

    Args:
        work: Where and how; its root holds MNIST.

    Returns:
        The table, with intervals, tests, detached LAMP and trivial baselines beside it.
    """
    trials = work.run(table1_trials(work.budget), "Table 1")
    with work.stages("baselines") as progress:
        baselines = run_baselines(
            [TaskSettings(data="mnist", normal=digit) for digit in DIGITS],
            work.trials,
            latent=512,
            root=work.root,
            workers=work.workers,
            progress=progress,
        )
    return tell(trials, baselines)
