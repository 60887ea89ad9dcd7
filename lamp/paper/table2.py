"""Table 2 of the paper: MVTec AD, three losses, three optimizers, each with and without LAMP."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from lamp.bounds import Optimizer
from lamp.detection import anomaly_scores, image_intervals
from lamp.experiments import (
    SearchSpace,
    TaskSettings,
    Trial,
    TrialSettings,
    check_images,
    load_task,
    search,
)
from lamp.experiments.surfaces import trained_model
from lamp.experiments.table import tabulate
from lamp.losses.settings import LossSettings
from lamp.models.settings import ModelSettings
from lamp.paper.categories import describe, find_categories
from lamp.paper.mnist import DIGITS, LOSSES, SAMPLES, mnist_trials
from lamp.paper.names import Budget
from lamp.paper.table2_numbers import cells_of, tell
from lamp.paper.work import Report, Work
from lamp.training import TrainingSettings

LEARNING_RATES: dict[Optimizer, tuple[float, float]] = {
    "sgd": (0.1, 0.02),
    "rmsprop": (1e-3, 2e-4),
    "adam": (1e-3, 2e-4),
}
"""Tried for each optimizer, the default first: SGD at 1 was worse for all losses."""

_SEARCHED = (
    *LOSSES,
    *(LossSettings(name=name) for name in ("l1", "l1-lamp", "ssim", "ssim-lamp")),
)
"""Base losses and LAMP as printed; of L2, which the paper is about, the other readings, too."""

_BATCH_SIZE = 16  # section 3.4 of the paper
_KERNEL_SIZE = 5  # of the network that the paper refers to
_PRINTED_SIZE = 32  # images a step of the trainings that look for printed defects
_TILE = {"magnetic_tile": 1}


def searches(
    budget: Budget, categories: Mapping[str, int]
) -> list[tuple[TrialSettings, SearchSpace]]:
    """List the searches, seed by seed: one for each category, optimizer and loss.

    Args:
        budget: `minutes`: learning rates; 640 images seen at 64 x 64, half the width, one seed.
            `hours`: learning rates and patches; 3,072 images seen at 128 x 128, half the width,
            three seeds. `days`: all that the paper tunes; 24,000 images at 256 x 256, five seeds.
        categories: Channels of the images by folder, relative to the root.

    Returns:
        Defaults and what to try.
    """
    size, width, samples, seeds = {
        "minutes": (64, 8, 640, 1),
        "hours": (128, 8, 3_072, 3),
        "days": (256, 16, 24_000, 5),
    }[budget]
    tried: dict[Budget, dict[str, tuple[int, ...]]] = {
        "minutes": {},
        "hours": {"patches": (1, 2)},
        "days": {"patches": (1, 2, 4), "kernel_sizes": (_KERNEL_SIZE, 3)},
    }
    return [
        (
            _trial(*category, loss, seed=seed, size=size, width=width, samples=samples,
                   optimizer=optimizer),
            SearchSpace(learning_rates=rates, **tried[budget]),
        )
        for seed in range(seeds)
        for category in categories.items()
        for optimizer, rates in LEARNING_RATES.items()
        for loss in _SEARCHED
    ]  # fmt: skip


def plan(budget: Budget, categories: Mapping[str, int] = _TILE) -> list[TrialSettings]:
    """List the trainings for which nothing is tuned, seed by seed: L2 and three readings of LAMP.

    Args:
        budget: `minutes`: two seeds at the size of the searches, printed defects on three digits
            of MNIST. `hours`: 24,000 images seen at 128 x 128 and full width, five seeds; printed
            defects on all digits, three seeds. `days`: 256 x 256, and five seeds of all.
        categories: Channels of the images by folder, relative to the root.

    Returns:
        Settings of all trainings, those of printed defects last for each seed.
    """
    size, width, samples, seeds = {
        "minutes": (64, 8, 640, 2),
        "hours": (128, 16, 24_000, 5),
        "days": (256, 16, 24_000, 5),
    }[budget]
    digits, few, seen = (DIGITS[:3], 1, 4_000) if budget == "minutes" else (DIGITS, 3, SAMPLES)
    trials = []
    for seed in range(seeds):
        trials += [
            _trial(*category, loss, seed=seed, size=size, width=width, samples=samples)
            for category in categories.items()
            for loss in LOSSES
        ]
        if seed < few or budget == "days":
            trials += mnist_trials(
                LOSSES, (_PRINTED_SIZE,), (seed,), digits=digits, samples=seen, printed=True
            )
    return trials


def reproduce(work: Work) -> Report:
    """Search every cell of the table for the categories that are present, and train at full width.

    Args:
        work: Where and how; its root holds categories in MVTec layout, and MNIST for the control
            with printed defects, which is left out where that is missing.

    Returns:
        The table.

    Raises:
        ValueError: If there is no category that can tell anything.
    """
    categories = describe(find_categories(work.root), work.root)
    rows = categories[~categories["broken"]]
    sound = dict(zip(rows["task"], rows["channels"], strict=True))
    if not sound:
        raise ValueError(
            "expected a category whose normal test images look like its training images, got "
            f"{', '.join(categories['task'])} only: add another one"
        )
    assert work.root is not None
    planned = plan(work.budget, sound)
    if not (work.root / "mnist").is_dir():
        planned = [trial for trial in planned if not trial.task.printed]
    trials = work.run(planned, "full width and printed defects")
    found = search(
        searches(work.budget, sound), lambda group, until: work.run(group, "searches", until=until)
    )
    size = planned[0].task.size
    tasks = [TaskSettings(data="folder", category=name, size=size) for name in categories["task"]]
    models = tabulate(trials, experiment="table2").merge(
        _limits(trials, work), on="key", how="left"
    )
    return tell(models, cells_of(found), work.baselines(tasks), categories)


def _trial(
    category: str, channels: int, loss: LossSettings, *, size: int, width: int, **training: Any
) -> TrialSettings:
    """Return the default training of a loss on a category; Adam unless another is asked for."""
    optimizer: Optimizer = training.pop("optimizer", "adam")
    return TrialSettings(
        task=TaskSettings(data="folder", category=category, size=size),
        loss=loss,
        model=ModelSettings(
            size=size, channels=channels, depth=6, width=width, kernel_size=_KERNEL_SIZE
        ),
        training=TrainingSettings(
            optimizer=optimizer,
            learning_rate=LEARNING_RATES[optimizer][0],
            batch_size=_BATCH_SIZE,
            **training,
        ),
        marks=1,
    )


def _limits(trials: Sequence[Trial], work: Work) -> pd.DataFrame:
    """Take the interval over test images of the AUROC of each trained model on a category."""
    rows = []
    for trial in trials:
        if trial.failure or trial.settings.task.data != "folder":
            continue
        task = load_task(trial.settings.task, work.root)
        check_images(trial, task)
        assert task.test is not None
        assert task.labels is not None
        scores = anomaly_scores(trained_model(trial, work.trials), task.test)
        found = image_intervals(scores, task.labels, threshold=0.0)["image_AUROC"]
        rows.append((trial.settings.key, found.low, found.high))
    return pd.DataFrame(rows, columns=["key", "low", "high"])
