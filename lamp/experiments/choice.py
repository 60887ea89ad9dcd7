"""What a search ends with: three ways to choose a model, of which two are honest."""

from collections.abc import Sequence
from dataclasses import dataclass

from lamp.experiments.trial import Mark, Trial


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A trial at one of its marks.

    Args:
        trial: Which.
        mark: When.
    """

    trial: Trial
    mark: Mark

    @property
    def auroc(self) -> float | None:
        """Area under the ROC curve of the test scores, where there are any."""
        return self.mark.judged.auroc


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The three columns of a table.

    Args:
        last: The default hyper-parameters at the end of their full budget: nothing is chosen;
            None if that training diverged.
        held_out: Of the hyper-parameters that were trained on the full budget, those with the
            lowest score of held-out normal images: what a practitioner can do. More patches
            reconstruct everything better, anomalies too, and are favoured by it. None if all
            diverged.
        oracle: The hyper-parameters and mark with the highest AUROC on the test images, as in the
            paper: it cannot be had without the answers, and is the higher the more is tried. None
            without test images.
    """

    last: Chosen | None
    held_out: Chosen | None
    oracle: Chosen | None


def choose(trials: Sequence[Trial], default: Trial) -> Choice:
    """Choose among the trials of a search.

    Args:
        trials: All that were run, to their end or not.
        default: That of the default hyper-parameters on the full budget.

    Returns:
        The three columns.
    """
    found = [Chosen(trial=trial, mark=mark) for trial in trials for mark in trial.marks]
    ends = [each for each in found if each.trial.finished and each.mark is each.trial.marks[-1]]
    tested = [each for each in found if each.auroc is not None]
    return Choice(
        last=Chosen(trial=default, mark=default.marks[-1]) if default.marks else None,
        held_out=min(ends, key=lambda each: each.mark.judged.held_out, default=None),
        oracle=max(tested, key=lambda each: each.auroc or 0.0, default=None),
    )
