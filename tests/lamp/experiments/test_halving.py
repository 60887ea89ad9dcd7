"""Successive halving, beside a slow and obvious one, on trials that are drawn."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamp.experiments import SearchSpace, search

SPACES = st.builds(
    SearchSpace,
    learning_rates=st.sampled_from([(), (1e-3,), (1e-2, 1e-3, 1e-4), (5e-3, 2e-3)]),
    patches=st.sampled_from([(), (1, 2), (2,)]),
    kernel_sizes=st.sampled_from([(), (3, 5)]),
    optimizers=st.sampled_from([(), ("sgd", "adam")]),
)
ROUNDS = st.integers(1, 4)
DIVERGED = st.sampled_from([0.0, 0.5, 1.0])


def slow(start, space, run, rounds):
    """One round after another; what goes on is found by looking at each pair of candidates."""
    alive = [
        each.model_copy(update={"marks": 3 ** (rounds - 1)}) for each in space.candidates(start)
    ]
    states = {}
    for number in range(1, rounds + 1):
        now = run(alive, 3 ** (number - 1))
        states |= {trial.settings.key: trial for trial in now}
        errors = [trial.marks[-1].judged.held_out if trial.marks else math.inf for trial in now]
        better = [
            sum(other < mine or (other == mine and j < i) for j, other in enumerate(errors))
            for i, mine in enumerate(errors)
        ]
        places = max(1, len(alive) // 3)
        going_on = {i for i, rank in enumerate(better) if rank < places and errors[i] < math.inf}
        order = sorted(going_on - {0}, key=lambda i: better[i])
        alive = [alive[0], *(alive[i] for i in order)]
    return list(states.values())


@given(space=SPACES, rounds=ROUNDS, salt=st.integers(0, 10**6), diverged=DIVERGED)
@settings(max_examples=40, deadline=None)
def test_it_runs_what_the_slow_one_runs(start, fake, space, rounds, salt, diverged):
    run = fake(salt, diverged=diverged)
    (found,) = search([(start, space)], run, rounds=rounds)
    assert list(found.trials) == slow(start, space, run, rounds)


@given(space=SPACES, rounds=ROUNDS, salt=st.integers(0, 10**6), diverged=DIVERGED)
@settings(max_examples=40, deadline=None)
def test_how_many_go_on_and_how_far(start, fake, space, rounds, salt, diverged):
    calls = []
    run = fake(salt, diverged=diverged)

    def counted(trials, until):
        calls.append((len(trials), until))
        return run(trials, until)

    (found,) = search([(start, space)], counted, rounds=rounds)
    assert [until for _, until in calls] == [*(3**i for i in range(rounds - 1)), None]
    assert calls[0][0] == len(space.candidates(start)) == len(found.trials)
    for (before, _), (after, _) in pairwise(calls):
        most = max(1, before // 3)
        assert after <= most + 1
        assert after >= (most if diverged == 0 else 1)
    assert found.default.settings == start.model_copy(update={"marks": 3 ** (rounds - 1)})
    assert found.default.finished
    assert sum(trial.finished for trial in found.trials) >= calls[-1][0]
    for trial in found.trials:
        if trial.marks:  # judged at a third, a ninth, ... of one and the same training
            assert trial.marks[-1].samples >= 90_000 / 3 ** (rounds - 1)


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

    def counted(trials, until):
        calls.append(len(trials))
        return run(trials, until)

    found = search(both, counted, rounds=2)
    alone = [search([one], run, rounds=2)[0] for one in both]
    assert found == alone
    assert calls[0] == sum(len(one.trials) for one in alone) == 7
    assert calls[1] == sum(trial.finished for one in alone for trial in one.trials)


def test_a_search_without_rounds(start, fake):
    with pytest.raises(ValueError, match="expected at least one round, got 0"):
        search([(start, SearchSpace())], fake(), rounds=0)


def test_an_impossible_combination_is_found_before_anything_runs(start):
    with pytest.raises(ValueError, match="a power of two below"):
        search([(start, SearchSpace(patches=(1, 3)))], None)
