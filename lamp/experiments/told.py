"""What a search found, as a JSON document, as lines of a terminal, and as notes."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from lamp.experiments.halving import Search, held_out_error
from lamp.experiments.trial import Mark, Trial
from landscape.measures.text import aligned

_ORACLE = (
    "The oracle is chosen on the labelled test images, as the paper chooses: it cannot be had in "
    "practice, and is the higher the more is tried."
)
_COLUMNS = ("learning rate", "patches", "kernel size", "batch size", "optimizer", "images seen")


def as_document(found: Search) -> dict[str, Any]:
    """Put everything that was found into what JSON holds."""
    choice = found.choice
    chosen = {"default": choice.last, "held_out": choice.held_out, "oracle": choice.oracle}
    return {
        "trials": [
            {
                "trial": trial.settings.key,
                "settings": trial.settings.model_dump(mode="json"),
                "marks": [asdict(mark) for mark in trial.marks],
                "finished": trial.finished,
                "seconds": trial.seconds,
                "failure": trial.failure,
            }
            for trial in _ranked(found)
        ],
        "choice": {
            name: each and {"trial": each.trial.settings.key, **asdict(each.mark)}
            for name, each in chosen.items()
        },
    }


def as_text(found: Search) -> str:
    """Write all trials and the three choices as one table."""
    judged = any(trial.marks and trial.last.auroc is not None for trial in found.trials)
    choice = found.choice
    selections = {
        "default, nothing chosen": choice.last,
        "lowest held-out error": choice.held_out,
        **({"oracle, highest AUROC": choice.oracle} if judged else {}),
    }
    head = ["", *_COLUMNS, "held-out error", *(["image_AUROC"] if judged else [])]
    lines = [
        ["", *_cells(trial, trial.marks[-1] if trial.marks else None)] for trial in _ranked(found)
    ]
    lines.append([""] * len(head))
    lines += [
        [name, *(_cells(each.trial, each.mark) if each else _cells(found.default, None))]
        for name, each in selections.items()
    ]
    table = aligned([head, *(line[: len(head)] for line in lines)])
    return "\n".join([*table, *([_ORACLE] if judged else [])])


def about_failures(found: Search) -> list[str]:
    """Say how many trainings diverged."""
    failures = [trial.failure for trial in found.trials if trial.failure]
    tried = len(found.trials)
    return [f"{len(failures)} of {tried} trainings diverged: {failures[0]}"] if failures else []


def _ranked(found: Search) -> list[Trial]:
    """Return all trials: those that came far first, then lower errors of held-out images."""

    def place(trial: Trial) -> tuple[int, float]:
        return -trial.marks[-1].samples if trial.marks else 0, held_out_error(trial)

    return sorted(found.trials, key=place)


def _cells(trial: Trial, mark: Mark | None) -> Sequence[str]:
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
        return [*cells, "-", "diverged", "-"]
    auroc = mark.judged.auroc
    area = "-" if auroc is None else f"{auroc:.3f}"
    return [*cells, str(mark.samples), f"{mark.judged.held_out:.4g}", area]
