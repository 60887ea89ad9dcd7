"""Successive halving: all candidates on a small budget, the best of them on a larger one."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lamp.experiments.choice import Choice, choose
from lamp.experiments.settings import TrialSettings
from lamp.experiments.space import SearchSpace, with_samples
from lamp.experiments.trial import Trial

Run = Callable[[Sequence[TrialSettings]], list[Trial]]

FACTOR = 3  # of the budget, and of how many go on, from one round to the next


@dataclass(frozen=True, kw_only=True)
class Search:
    """What a search did.

    Args:
        start: The default.
        trials: All that were run, round after round.
        choice: What is chosen, in three ways.
    """

    start: TrialSettings
    trials: Sequence[Trial]
    choice: Choice

    @property
    def default(self) -> Trial:
        """The trial of the default on its full budget."""
        return _of(self.start, self.trials)


def search(
    starts: Sequence[tuple[TrialSettings, SearchSpace]], run: Run, *, rounds: int = 2
) -> list[Search]:
    """Search good hyper-parameters, for one or many defaults at once.

    All combinations are trained on a fraction of the budget, the best third of them on three
    times as much, and so on up to the full budget (successive halving, Jamieson & Talwalkar 2016).
    What goes on is chosen by the score of held-out normal images at the end of a round: test
    images have no say. The default always goes on; what diverged otherwise does not. Every round
    trains from the start, so that what a trial is does not depend on the search it belongs to.

    Args:
        starts: Defaults, and what to try instead of their hyper-parameters.
        run: Runs trials, or reads those that are done; in the order given. The rounds of all
            searches are run together.
        rounds: The last has the full budget, each earlier one a third of the next.

    Returns:
        What was tried and what is chosen, one for each default.

    Raises:
        ValueError: If a combination is impossible or there is no round.
    """
    if rounds < 1:
        raise ValueError(f"expected at least one round, got {rounds}")
    going_on = [space.candidates(start) for start, space in starts]
    done: list[list[Trial]] = [[] for _ in starts]
    for left in reversed(range(rounds)):
        planned = [[_briefly(each, left) for each in group] for group in going_on]
        trials = iter(run([each for group in planned for each in group]))
        for index, group in enumerate(planned):
            found = [next(trials) for _ in group]
            done[index] += found
            going_on[index] = _best(going_on[index], found)
    return [
        Search(start=start, trials=found, choice=choose(found, _of(start, found)))
        for (start, _), found in zip(starts, done, strict=True)
    ]


def _briefly(trial: TrialSettings, left: int) -> TrialSettings:
    """Return a trial with the budget of a round, so many rounds before the last."""
    return with_samples(trial, max(1, round(trial.training.samples / FACTOR**left)))


def _best(candidates: Sequence[TrialSettings], trials: Sequence[Trial]) -> list[TrialSettings]:
    """Return the default and, of those that did not diverge, the best third, at least one."""
    finite = [index for index, trial in enumerate(trials) if trial.marks]
    order = sorted(finite, key=lambda index: held_out_error(trials[index]))
    best = [candidates[index] for index in order[: max(1, len(candidates) // FACTOR)]]
    return [candidates[0], *(each for each in best if each != candidates[0])]


def held_out_error(trial: Trial) -> float:
    """Return what is chosen by: the mean score of held-out normal images; infinite if diverged."""
    return trial.last.held_out if trial.marks else math.inf


def _of(start: TrialSettings, trials: Sequence[Trial]) -> Trial:
    """Return the trial of a default on its full budget."""
    return next(trial for trial in trials if trial.settings == start)
