"""Successive halving: all candidates are trained for a while, the best of them go on."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lamp.experiments.choice import Choice, choose
from lamp.experiments.settings import TrialSettings
from lamp.experiments.space import SearchSpace
from lamp.experiments.trial import Trial

Run = Callable[[Sequence[TrialSettings], int | None], list[Trial]]
"""Runs trials up to a mark, counted from 1, or to their end (None); in the order given."""

FACTOR = 3  # of images seen, and of how many candidates stop, from one round to the next


@dataclass(frozen=True, kw_only=True)
class Search:
    """What a search did.

    Args:
        trials: One for each candidate, the default first; those that did not go on are unfinished.
        choice: What is chosen, in three ways.
    """

    trials: Sequence[Trial]
    choice: Choice

    @property
    def default(self) -> Trial:
        """The trial of the default, which always has its full budget."""
        return self.trials[0]


def search(
    starts: Sequence[tuple[TrialSettings, SearchSpace]], run: Run, *, rounds: int = 2
) -> list[Search]:
    """Search good hyper-parameters, for one or many defaults at once.

    All combinations are trained on a fraction of the budget, the best third of them goes on to
    three times as much, and so on up to the full budget (successive halving, Jamieson & Talwalkar
    2016). A round is a part of one training: what goes on is not trained anew. It is chosen by the
    score of held-out normal images at the end of a round: test images have no say. The default
    always goes on; what diverged otherwise does not.

    Args:
        starts: Defaults, and what to try instead of their hyper-parameters. All candidates get
            three marks, or 3 to the power of the rounds after the first, at which they are judged.
        run: Runs trials, goes on with them, or reads those that are done. The rounds of all
            searches are run together.
        rounds: The last has the full budget, each earlier one a third of the next.

    Returns:
        What was tried and what is chosen, one for each default.

    Raises:
        ValueError: If a combination is impossible or there is no round.
    """
    if rounds < 1:
        raise ValueError(f"expected at least one round, got {rounds}")
    marks = {"marks": FACTOR ** (rounds - 1)}
    going_on = [space.candidates(start.model_copy(update=marks)) for start, space in starts]
    found: list[dict[str, Trial]] = [{} for _ in starts]
    for left in reversed(range(rounds)):
        until = marks["marks"] // FACTOR**left if left else None
        trials = iter(run([each for group in going_on for each in group], until))
        for index, group in enumerate(going_on):
            now = [next(trials) for _ in group]
            found[index] |= {trial.settings.key: trial for trial in now}
            going_on[index] = _best(group, now)
    tried = [list(each.values()) for each in found]
    return [Search(trials=each, choice=choose(each, each[0])) for each in tried]


def _best(candidates: Sequence[TrialSettings], trials: Sequence[Trial]) -> list[TrialSettings]:
    """Return the default and, of those that did not diverge, the best third, at least one."""
    finite = [index for index, trial in enumerate(trials) if trial.marks]
    order = sorted(finite, key=lambda index: held_out_error(trials[index]))
    best = [candidates[index] for index in order[: max(1, len(candidates) // FACTOR)]]
    return [candidates[0], *(each for each in best if each != candidates[0])]


def held_out_error(trial: Trial) -> float:
    """Return what is chosen by: the mean score of held-out normal images; infinite if diverged."""
    return trial.last.held_out if trial.marks else math.inf
