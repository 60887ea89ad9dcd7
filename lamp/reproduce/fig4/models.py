"""The models of Fig. 4: autoencoders of screws and tiles, and their errors in test images."""

from dataclasses import dataclass
from pathlib import Path

from lamp.data import ImageSet, load_folder
from lamp.data.layout import find_layout
from lamp.experiments import TaskSettings, Trial, TrialSettings
from lamp.experiments.tasks import load_task
from lamp.experiments.trial import Files, check_images
from lamp.losses.settings import LossSettings
from lamp.models.settings import ModelSettings
from lamp.reproduce.fig4.defects import Difference, Errors, compare_errors, model_errors
from lamp.reproduce.names import Budget
from lamp.reproduce.work import Work
from lamp.training import TrainingSettings

LOSSES = (LossSettings(name="l2"), LossSettings(name="l2-lamp"))
SCREW, TILE = "mvtec/screw", "magnetic_tile"
"""The category that must be there, and the one that is shown if it is."""

Pair = tuple[TrialSettings, TrialSettings]


def fig4_plan(budget: Budget, root: Path | None) -> list[Pair]:
    """Plan the figure: screws, and magnetic tiles if they are there, at 128 x 128 pixels.

    Args:
        budget: Images seen in training: 800, 4,000 or 60,000.
        root: Folder of the data.

    Returns:
        For each category two trials, alike in all but the loss.
    """
    samples = {"minutes": 800, "hours": 4_000, "paper": 60_000}[budget]
    names = [SCREW, *([TILE] if root is not None and (root / TILE).is_dir() else [])]
    return [
        pair_of(
            TaskSettings(data="folder", category=name, size=128, channels=1),
            ModelSettings(size=128, depth=6, width=8, kernel_size=5),
            TrainingSettings(batch_size=16, samples=samples),
        )
        for name in names
    ]


def pair_of(task: TaskSettings, model: ModelSettings, training: TrainingSettings) -> Pair:
    """Make the trials of one category, the base loss first."""
    plain, amplified = (
        TrialSettings(task=task, loss=loss, model=model, training=training) for loss in LOSSES
    )
    return plain, amplified


@dataclass(frozen=True, kw_only=True, eq=False)
class Category:
    """What was measured in one category.

    Args:
        trials: What came of the trainings, the base loss first.
        test: Test images.
        errors: Of both models.
        difference: Of the amplified model to the other.
    """

    trials: tuple[Trial, Trial]
    test: ImageSet
    errors: tuple[Errors, Errors]
    difference: Difference

    @property
    def name(self) -> str:
        """Name of the category, such as `screw`."""
        return Path(self.trials[0].settings.task.name).name.replace("_", " ")

    @property
    def titles(self) -> tuple[str, str]:
        """Titles of the losses."""
        first, second = self.trials
        return first.settings.loss.title, second.settings.loss.title


def check_there(task: TaskSettings, root: Path | None) -> None:
    """Raise a FileNotFoundError if a category is not where it is expected.

    Args:
        task: Names the category.
        root: Folder that holds it.

    Raises:
        FileNotFoundError: If there is no root, no such folder, or no images in it.
    """
    assert task.category is not None
    remedy = (
        f"put the category there in MVTec layout (train/good, test/<kind>, ground_truth/<defect>), "
        f"and give the folder that holds {task.category} as --data-root"
    )
    if root is None:
        raise FileNotFoundError(f"expected images in {task.category}, got no --data-root; {remedy}")
    path = root / task.category
    if not path.is_dir():
        raise FileNotFoundError(f"expected images in {path}, got no such folder; {remedy}")
    if not find_layout(path).test:
        raise FileNotFoundError(f"expected test images in {path / 'test'}, got none; {remedy}")


def measure(work: Work, first: Trial, second: Trial) -> Category:
    """Reconstruct the test images of a category by both models.

    Args:
        work: Where their checkpoints are.
        first: Trial of the base loss.
        second: Trial of its amplified version.

    Returns:
        The measurements.

    Raises:
        FloatingPointError: If a training diverged.
    """
    for trial in (first, second):
        if trial.failure:
            raise FloatingPointError(f"{trial.settings.key}: {trial.failure}")
    task = first.settings.task
    assert work.root is not None
    assert task.category is not None
    check_images(first, load_task(task, work.root))
    found = load_folder(work.root / task.category, size=task.size, channels=task.channels)
    assert found.test is not None
    plain, amplified = (
        model_errors(Files(work.trials, trial.settings).checkpoint, found.test)
        for trial in (first, second)
    )
    return Category(
        trials=(first, second),
        test=found.test,
        errors=(plain, amplified),
        difference=compare_errors(amplified, plain, found.test),
    )
