"""The three choices, on marks written down by hand."""

from dataclasses import replace

import pytest

from lamp.experiments import Judgement, Mark, choose


@pytest.fixture
def trials(start, fake):
    """Three trials of two marks each, and one that was stopped: (held-out error, AUROC)."""
    settings = [start.model_copy(update={"held_out": 0.1 * i}) for i in range(1, 5)]
    values = [
        [(0.3, 0.6), (0.2, 0.7)],
        [(0.1, 0.5), (0.15, 0.8)],
        [(0.5, 0.9), (0.4, 0.4)],
        [(0.01, 0.1)],
    ]
    return [
        replace(
            trial,
            marks=tuple(
                Mark(samples=45_000 * i, judged=Judgement(held_out=h, auroc=a))
                for i, (h, a) in enumerate(marks, start=1)
            ),
        )
        for trial, marks in zip(fake()(settings), values, strict=True)
    ]


def test_three_choices(trials):
    choice = choose(trials, trials[0])
    assert (choice.last.trial, choice.last.mark) == (trials[0], trials[0].marks[1])
    assert (choice.held_out.trial, choice.held_out.mark) == (trials[1], trials[1].marks[1])
    assert (choice.oracle.trial, choice.oracle.mark) == (trials[2], trials[2].marks[0])
    assert [each.auroc for each in (choice.last, choice.held_out, choice.oracle)] == [0.7, 0.8, 0.9]


def test_what_diverged_is_not_chosen(trials):
    failed = [replace(trial, marks=(), failure="nan") for trial in trials]
    choice = choose([failed[0], trials[1], *failed[2:]], failed[0])
    assert choice.last is None
    assert choice.held_out.trial == choice.oracle.trial == trials[1]
    assert choice.oracle.mark == trials[1].marks[1]
    nothing = choose(failed, failed[0])
    assert (nothing.last, nothing.held_out, nothing.oracle) == (None, None, None)


def without_auroc(mark):
    return replace(mark, judged=replace(mark.judged, auroc=None))


def test_without_test_images_there_is_no_oracle(trials):
    unjudged = [
        replace(trial, marks=tuple(without_auroc(mark) for mark in trial.marks)) for trial in trials
    ]
    choice = choose(unjudged, unjudged[0])
    assert choice.oracle is None
    assert choice.held_out.mark.judged.held_out == 0.15
    assert choice.held_out.auroc is None
