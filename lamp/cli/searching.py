"""What `lamp search` works out before it prints: what is tried on which images, and the tables."""

import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lamp.cli.parts import loss_settings, make_plan, model_settings
from lamp.cli.settings import SearchSettings
from lamp.data import hold_out
from lamp.experiments import (
    Chosen,
    Mark,
    Search,
    SearchSpace,
    Task,
    TaskSettings,
    Trial,
    TrialSettings,
    check_trials,
    held_out_error,
    load_task,
)
from landscape.errors import LandscapeError
from landscape.measures.text import aligned
from landscape.settings import settings_from

_NAMED: dict[str, dict[str, Any]] = {
    "digits": {"size": 16, "depth": 4, "kernel_sizes": (3,), "normal": 3},
    "mnist": {"size": 32, "depth": 4, "kernel_sizes": (3,), "normal": 3},
}
"""Defaults of data that go by a name: as in `lamp study`."""

_ORACLE = (
    "The oracle is chosen on the labelled test images, as the paper chooses: it cannot be had in "
    "practice, and is the higher the more is tried."
)

_COLUMNS = ("learning rate", "patches", "kernel size", "batch size", "optimizer", "images seen")


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
        count, seed = len(self.task.normal), self.start.training.seed
        train, held_out = hold_out(count, self.start.held_out, seed=seed)
        test = "none"
        if self.task.labels is not None:
            anomalous = int(self.task.labels.sum())
            test = f"{len(self.task.labels) - anomalous} normal, {anomalous} anomalous"
        return (
            f"{self.task.name}: train {len(train)}, held out {len(held_out)} (seed {seed}); "
            f"test: {test}"
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known of the images."""
        if self.task.test is not None:
            return self.task.notes
        return (*self.task.notes, "no normal and anomalous test images: no AUROC, no oracle")


def plan_search(data: str, settings: SearchSettings | None, data_root: Path | None) -> Plan:
    """Read the images and refuse what cannot be tried on them.

    Args:
        data: `digits`, `mnist`, or a category in MVTec layout.
        settings: What was asked for.
        data_root: Folder that holds MNIST.

    Returns:
        What is to be searched.

    Raises:
        FileNotFoundError: If images are missing.
        ValueError: If a combination is impossible or an option is of other data.
        LandscapeError: If there is nothing to choose from.
    """
    given = settings.model_dump(exclude_unset=True) if settings else {}
    chosen = settings_from(SearchSettings, {**_NAMED.get(data, {}), **given})
    space = SearchSpace(
        batch_sizes=chosen.batch_sizes,
        patches=chosen.patches,
        learning_rates=chosen.learning_rates,
        kernel_sizes=chosen.kernel_sizes,
        optimizers=chosen.optimizers,
    )
    if all(len(values) == 1 for values in space.model_dump().values()):
        raise LandscapeError(
            "expected several values of at least one hyper-parameter, got one of each",
            hint="such as --learning-rates 1e-3,2e-4",
        )
    wanted, root = _task_settings(data, chosen, data_root)
    task = load_task(wanted, root)
    start = _start(chosen, wanted, task)
    check_trials(space.candidates(start), task)
    return Plan(start=start, space=space, task=task, root=root, rounds=chosen.rounds)


def _task_settings(
    data: str, settings: SearchSettings, data_root: Path | None
) -> tuple[TaskSettings, Path | None]:
    """Say what to detect anomalies in, and from which folder it is read."""
    if data_root is not None and data != "mnist":
        raise ValueError(f"expected --data-root for mnist only, got it for {data}")
    if data == "digits" or data == "mnist":
        named = TaskSettings(data=data, normal=settings.normal, size=settings.size)
        return named, data_root
    if settings.normal is not None:
        raise ValueError(f"expected --normal for digits and mnist only, got it for {data}")
    folder = Path(data).resolve()
    task = TaskSettings(
        data="folder", category=folder.name, size=settings.size, channels=settings.channels
    )
    return task, folder.parent


def _start(settings: SearchSettings, wanted: TaskSettings, task: Task) -> TrialSettings:
    """Return the default. It is judged at its end only: that is when its model is written."""
    default = settings.default()
    train, _ = hold_out(len(task.normal), settings.held_out, seed=settings.seed)
    return TrialSettings(
        task=wanted,
        loss=loss_settings(default),
        model=model_settings(default, settings.channels or int(task.normal.shape[1])),
        training=make_plan(default, len(train)),
        held_out=settings.held_out,
        marks=1,
    )


def ranked(found: Search) -> list[Trial]:
    """Return each trial once: larger budgets first, then lower errors of held-out images."""
    once = {trial.settings.key: trial for trial in found.trials}
    return sorted(
        once.values(), key=lambda each: (-each.settings.training.samples, held_out_error(each))
    )


def whole_result(found: Search) -> dict[str, Any]:
    """Put everything that was found into what JSON holds."""
    choice = found.choice
    chosen = {"default": choice.last, "held_out": choice.held_out, "oracle": choice.oracle}
    return {
        "trials": [_trial_json(trial) for trial in ranked(found)],
        "choice": {
            name: each and {"trial": each.trial.settings.key, **asdict(each.mark)}
            for name, each in chosen.items()
        },
    }


def as_text(found: Search, plan: Plan) -> str:
    """Write all trials and the three choices as one table."""
    judged = plan.task.test is not None
    choice = found.choice
    selections: list[tuple[str, Chosen | None]] = [
        ("default, nothing chosen", choice.last),
        ("lowest held-out error", choice.held_out),
    ]
    if judged:
        selections.append(("oracle, highest AUROC", choice.oracle))
    head = ["", *_COLUMNS, "held-out error", *(["image_AUROC"] if judged else [])]
    lines = [head]
    lines += [["", *_cells(trial, _end(trial), judged=judged)] for trial in ranked(found)]
    lines.append([""] * len(head))
    for name, each in selections:
        trial, mark = (found.default, None) if each is None else (each.trial, each.mark)
        lines.append([name, *_cells(trial, mark, judged=judged)])
    return "\n".join([*aligned(lines), *([_ORACLE] if judged else [])])


def score_command(detector: Path, plan: Plan, data: str) -> str:
    """Write the command that scores with a detector; empty for data that are no folder."""
    if plan.start.task.data != "folder":
        return ""
    return shlex.join(["lamp", "score", str(detector), data])


def _end(trial: Trial) -> Mark | None:
    """Return how a trial stood at its end, if it did not diverge."""
    return trial.marks[-1] if trial.marks else None


def _cells(trial: Trial, mark: Mark | None, *, judged: bool) -> Sequence[str]:
    """Write hyper-parameters and what came of them."""
    model, training = trial.settings.model, trial.settings.training
    cells = [
        f"{training.learning_rate:g}",
        str(model.patches),
        str(model.kernel_size),
        str(training.batch_size),
        training.optimizer,
    ]
    if mark is None:
        cells += [str(training.samples), "diverged"]
        return [*cells, "-"] if judged else cells
    cells += [str(mark.samples), f"{mark.judged.held_out:.4g}"]
    return cells if mark.judged.auroc is None else [*cells, f"{mark.judged.auroc:.3f}"]


def _trial_json(trial: Trial) -> dict[str, Any]:
    """Put a trial into what JSON holds."""
    return {
        "trial": trial.settings.key,
        "settings": trial.settings.model_dump(mode="json"),
        "marks": [asdict(mark) for mark in trial.marks],
        "seconds": trial.seconds,
        "failure": trial.failure,
    }
