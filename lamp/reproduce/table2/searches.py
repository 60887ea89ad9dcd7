"""Table 2 of the paper: MVTec AD, three losses, three optimizers, each with and without LAMP."""

from collections.abc import Sequence
from typing import Literal, cast

from lamp.experiments import SearchSpace, TaskSettings, TrialSettings, search
from lamp.experiments.baselines import run_baselines
from lamp.losses.settings import LossName, LossSettings
from lamp.models.settings import ModelSettings
from lamp.reproduce.names import Budget
from lamp.reproduce.table2.categories import Category, find_categories
from lamp.reproduce.table2.report import tell
from lamp.reproduce.work import Reproduction, Work
from lamp.training import TrainingSettings

Optimizer = Literal["sgd", "rmsprop", "adam"]

BASES = ("l2", "l1", "ssim")
OPTIMIZERS: tuple[Optimizer, ...] = ("sgd", "rmsprop", "adam")
LEARNING_RATES: dict[Optimizer, tuple[float, float]] = {
    "sgd": (0.1, 0.02),
    "rmsprop": (1e-3, 2e-4),
    "adam": (1e-3, 2e-4),
}
"""Tried for each optimizer, the default first: SGD at 1 was worse for all losses."""

_BATCH_SIZE = 16  # section 3.4 of the paper
_KERNEL_SIZE = 5  # of the network that the paper refers to


def table2_searches(
    categories: Sequence[Category], budget: Budget
) -> list[tuple[TrialSettings, SearchSpace]]:
    """List the searches: one for each category, base loss and optimizer, with LAMP or without.

    The batch size is 16, as in the paper. What is tuned depends on the budget.

    Args:
        categories: Those that are present.
        budget: `minutes`: learning rates; 640 images seen at 64 x 64, half the width. `hours`:
            learning rates and patches; 3,072 images seen at 128 x 128, half the width. `paper`:
            all that the paper tunes; 24,000 images seen at 256 x 256, three seeds.

    Returns:
        Defaults and what to try.
    """
    size, width, samples, seeds = {
        "minutes": (64, 8, 640, 1),
        "hours": (128, 8, 3_072, 1),
        "paper": (256, 16, 24_000, 3),
    }[budget]
    tried: dict[Budget, dict[str, tuple[int, ...]]] = {
        "minutes": {},
        "hours": {"patches": (1, 2)},
        "paper": {"patches": (1, 2, 4), "kernel_sizes": (_KERNEL_SIZE, 3)},
    }
    return [
        (
            TrialSettings(
                task=TaskSettings(data="folder", category=category.folder, size=size),
                loss=LossSettings(name=cast("LossName", base + suffix)),
                model=ModelSettings(
                    size=size,
                    channels=category.channels,
                    depth=6,
                    width=width,
                    kernel_size=_KERNEL_SIZE,
                ),
                training=TrainingSettings(
                    optimizer=optimizer,
                    learning_rate=LEARNING_RATES[optimizer][0],
                    batch_size=_BATCH_SIZE,
                    samples=samples,
                    seed=seed,
                ),
            ),
            SearchSpace(learning_rates=LEARNING_RATES[optimizer], **tried[budget]),
        )
        for seed in range(seeds)
        for category in categories
        for base in BASES
        for optimizer in OPTIMIZERS
        for suffix in ("", "-lamp")
    ]


def reproduce(work: Work) -> Reproduction:
    """Search every cell of the table for the categories that are present.

    Args:
        work: Where and how; its root holds categories in MVTec layout.

    Returns:
        The table; categories that are not there are left blank.
    """
    categories = find_categories(work.root)
    starts = table2_searches(categories, work.budget)
    searches = search(starts, work.run)
    tasks = list(dict.fromkeys(start.task for start, _ in starts))
    with work.stages("baselines") as progress:
        baselines = run_baselines(
            tasks,
            work.trials,
            latent=_latent(starts[0][0].model),
            root=work.root,
            workers=work.workers,
            progress=progress,
        )
    names = {task: category.name for task, category in zip(tasks, categories, strict=True)}
    trivial = {names[task]: found for task, found in zip(tasks, baselines, strict=True)}
    return tell([(names[found.start.task], found) for found in searches], trivial)


def _latent(model: ModelSettings) -> int:
    """Count the numbers in the latent code of the default autoencoder."""
    side = model.size // 2**model.depth
    return int(model.width * 2 ** (model.depth - 1) * side * side)
