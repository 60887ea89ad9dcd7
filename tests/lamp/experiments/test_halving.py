"""Successive halving, beside a slow and obvious one, on trials that are drawn."""

import math
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamp.experiments import SearchSpace, TrialSettings, search

SPACES = st.builds(
    SearchSpace,
    learning_rates=st.sampled_from([(), (1e-3,), (1e-2, 1e-3, 1e-4), (5e-3, 2e-3)]),
    patches=st.sampled_from([(), (1, 2), (2,)]),
    kernel_sizes=st.sampled_from([(), (3, 5)]),
    optimizers=st.sampled_from([(), ("sgd", "adam")]),
)
ROUNDS = st.integers(1, 4)
DIVERGED = st.sampled_from([0.0, 0.5, 1.0])


def budget(trial, samples):
    """The same trial with another budget, made by hand."""
    training = trial.training.model_dump() | {"samples": samples}
    return TrialSettings.model_validate(trial.model_dump() | {"training": training})


def slow(start, space, run, rounds):
    """One round after another; what goes on is found by looking at each pair of candidates."""
    alive, trials = space.candidates(start), []
    for left in range(rounds - 1, -1, -1):
        now = run([budget(each, round(start.training.samples / 3**left)) for each in alive])
        trials += now
        errors = [trial.last.held_out if trial.marks else math.inf for trial in now]
        better = [
            sum(other < mine or (other == mine and j < i) for j, other in enumerate(errors))
            for i, mine in enumerate(errors)
        ]
        places = max(1, len(alive) // 3)
        going_on = {i for i, rank in enumerate(better) if rank < places and errors[i] < math.inf}
        order = sorted(going_on - {0}, key=lambda i: better[i])
        alive = [alive[0], *(alive[i] for i in order)]
    return trials


@given(space=SPACES, rounds=ROUNDS, salt=st.integers(0, 10**6), diverged=DIVERGED)
@settings(max_examples=40, deadline=None)
def test_it_runs_what_the_slow_one_runs(start, fake, space, rounds, salt, diverged):
    run = fake(salt, diverged=diverged)
    (found,) = search([(start, space)], run, rounds=rounds)
    assert list(found.trials) == slow(start, space, run, rounds)


@given(space=SPACES, rounds=ROUNDS, salt=st.integers(0, 10**6), diverged=DIVERGED)
@settings(max_examples=40, deadline=None)
def test_how_many_go_on(start, fake, space, rounds, salt, diverged):
    (found,) = search([(start, space)], fake(salt, diverged=diverged), rounds=rounds)
    sizes = Counter(trial.settings.training.samples for trial in found.trials)
    budgets = [round(900 / 3**left) for left in reversed(range(rounds))]
    assert list(sizes) == budgets
    assert sizes[budgets[0]] == len(space.candidates(start))
    for before, after in pairwise(budgets):
        most = max(1, sizes[before] // 3)
        assert sizes[after] <= most + 1
        assert sizes[after] >= (most if diverged == 0 else 1)
        assert diverged < 1 or sizes[after] == 1
    last = [trial.settings for trial in found.trials if trial.settings.training.samples == 900]
    assert start in last
    assert found.default.settings == start


@given(space=SPACES, rounds=ROUNDS, salt=st.integers(0, 10**6), other=st.integers(1, 10**6))
@settings(max_examples=40, deadline=None)
def test_test_images_have_no_say(start, fake, space, rounds, salt, other):
    keys, chosen = [], []
    for auroc in (0, other, None):
        (found,) = search([(start, space)], fake(salt, auroc), rounds=rounds)
        keys.append([trial.settings.key for trial in found.trials])
        held_out = found.choice.held_out
        chosen.append((held_out.trial.settings.key, held_out.mark.samples))
    assert keys[0] == keys[1] == keys[2]
    assert chosen[0] == chosen[1] == chosen[2]


def test_searches_together_are_those_of_each_alone(start, fake):
    other = start.model_copy(update={"held_out": 0.2})
    both = [
        (start, SearchSpace(learning_rates=(1e-2, 1e-3), kernel_sizes=(3, 5))),
        (other, SearchSpace(batch_sizes=(8, 16, 32))),
    ]
    calls = []
    run = fake(7)

    def counted(trials):
        calls.append(len(trials))
        return run(trials)

    found = search(both, counted, rounds=2)
    alone = [search([one], run, rounds=2)[0] for one in both]
    assert found == alone
    assert calls == [7, sum(len(one.trials) for one in alone) - 7]


def test_a_search_without_rounds(start, fake):
    with pytest.raises(ValueError, match="expected at least one round, got 0"):
        search([(start, SearchSpace())], fake(), rounds=0)


def test_an_impossible_combination_is_found_before_anything_runs(start):
    with pytest.raises(ValueError, match="a power of two below"):
        search([(start, SearchSpace(patches=(1, 3)))], None)
