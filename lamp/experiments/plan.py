"""A search from a plan to its files: what is tried on which images, all trials, the chosen one."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from lamp.checkpoint import write_info
from lamp.detection.decisions import about_threshold
from lamp.experiments.check import check_trials
from lamp.experiments.detector import write_detector
from lamp.experiments.halving import Search, search
from lamp.experiments.run import run_trials
from lamp.experiments.settings import TrialSettings
from lamp.experiments.space import SearchSpace
from lamp.experiments.tasks import Task, load_task
from lamp.experiments.told import as_document
from lamp.experiments.trial import Trial, check_images, split_indices
from lamp.provenance import provenance
from lamp.training import Progress
from landscape.errors import LandscapeError

Stages = Callable[[str], AbstractContextManager[Progress]]
"""Opens a progress display for a step, by its name."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """What is to be searched.

    Args:
        start: The default, on the full budget.
        space: What to try instead.
        task: Images.
        root: Folder that the task is read from; None for embedded data.
        rounds: The last has the full budget.
    """

    start: TrialSettings
    space: SearchSpace
    task: Task
    root: Path | None
    rounds: int

    @property
    def split(self) -> str:
        """How the images are divided, for people."""
        split = split_indices(self.start, len(self.task.normal))
        test = "none"
        if self.task.labels is not None:
            anomalous = int(self.task.labels.sum())
            test = f"{len(self.task.labels) - anomalous} normal, {anomalous} anomalous"
        return (
            f"{self.task.name}: train {len(split.train)}, choose {len(split.choose)}, calibrate "
            f"{len(split.calibrate)} (seed {self.start.training.seed}); test: {test}"
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known of the images."""
        calibrate = split_indices(self.start, len(self.task.normal)).calibrate
        notes = (*self.task.notes, *about_threshold(len(calibrate)))
        if self.task.test is not None:
            return notes
        return (*notes, "no normal and anomalous test images: no AUROC, no oracle")


def plan_search(
    start: TrialSettings, space: SearchSpace, *, root: Path | None = None, rounds: int = 2
) -> Plan:
    """Refuse what cannot be tried, before anything is trained.

    Args:
        start: The default, on the full budget; its `calibrate` is set.
        space: What to try instead.
        root: Folder of the data.
        rounds: As in `search`.

    Returns:
        What is to be searched.

    Raises:
        FileNotFoundError: If images are missing.
        ValueError: If a combination is impossible.
        LandscapeError: If there is nothing to choose from.
    """
    if all(len(values) < 2 for values in space.model_dump().values()):
        raise LandscapeError(
            "expected several values of at least one hyper-parameter, got one of each",
            hint="such as --learning-rates 1e-3,2e-4",
        )
    start = start.model_copy(update={"calibrate": True})
    task = load_task(start.task, root)
    check_trials(space.candidates(start), task)
    return Plan(start=start, space=space, task=task, root=root, rounds=rounds)


def carry_out(plan: Plan, folder: Path, *, stages: Stages, workers: int | None = None) -> Search:
    """Run a search, or go on with it, and write the model that it chooses.

    In the folder: `trials`, everything that was trained; `search.json`, all numbers; and
    `chosen.safetensors`, a detector with the lowest error of held-out images.

    Args:
        plan: What is searched.
        folder: Where its files are.
        stages: Opens a progress display for each round.
        workers: Processes with one thread each; None: one for each core.

    Returns:
        What was tried and what is chosen.

    Raises:
        ValueError: If stored trials are of other images, damaged or edited.
        FloatingPointError: If every training diverged.
    """
    numbers = count(1)
    trials = folder / "trials"

    def run(wanted: Sequence[TrialSettings], until: int | None) -> list[Trial]:
        with stages(f"round {next(numbers)} of {plan.rounds}") as progress:
            done = run_trials(
                wanted, trials, root=plan.root, workers=workers, progress=progress, until=until
            )
        for trial in done:
            check_images(trial, plan.task)
        return done

    (found,) = search([(plan.start, plan.space)], run, rounds=plan.rounds)
    source = {**provenance(), "data": plan.task.digest}
    write_info(folder / "search.json", {**as_document(found), "provenance": source})
    if found.choice.held_out is None:
        raise FloatingPointError("every training diverged: try lower learning rates")
    write_detector(
        found.choice.held_out.trial, trials, folder / "chosen.safetensors", root=plan.root
    )
    return found
