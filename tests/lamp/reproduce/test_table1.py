import json
from collections import Counter

import pytest

from lamp.reproduce.mnist import DETACHED, L2, LAMP, batch_size
from lamp.reproduce.paper import TABLE1
from lamp.reproduce.table1.report import BATCH_SIZES, LOSSES, tell
from lamp.reproduce.table1.trials import table1_trials

BASELINES = [{"PCA": 0.9, "mean image": 0.8, "brightness": 0.5}] * 10


def test_the_budget_of_the_report_has_the_seeds_that_it_says():
    trials = table1_trials("hours")
    assert len(trials) == len({trial.key for trial in trials}) == 10 * 3 * (4 * 3 + 2)
    counts = Counter((trial.training.batch_size, trial.training.seed) for trial in trials)
    assert counts == {
        **{(size, seed): 30 for size in (1024, 128, 32, 16) for seed in range(3)},
        (4, 0): 30,
        (1, 0): 30,
    }
    assert {trial.training.samples for trial in trials} == {20_000}


@pytest.mark.parametrize("budget", ["minutes", "paper"])
def test_every_pair_shares_all_but_the_loss(budget):
    groups = Counter(
        trial.model_copy(update={"loss": L2}).model_dump_json() for trial in table1_trials(budget)
    )
    assert set(groups.values()) == {len(LOSSES)}


@pytest.fixture
def trials(make_trial):
    gains = {(LAMP, 128): 0.05, (LAMP, 4): -0.05, (DETACHED, 128): 0.01}
    return [
        make_trial(d, loss, 0.8 + 0.01 * d + gains.get((loss, size), 0), batch_size=size, seed=seed)
        for size in (128, 16, 4)
        for seed in ((0,) if size == 4 else (0, 1))
        for d in range(10)
        for loss in LOSSES
    ]


def test_the_table_says_where_it_agrees_with_the_paper(trials):
    made = tell(trials, BASELINES)
    assert made.lede == (
        "The paper has LAMP better at all six batch sizes. Here its literal form is better at "
        "batch size 128, worse at batch size 4, not distinguishable at batch size 16 (1 of 3 agree "
        "with the paper beyond their intervals)."
    )
    rows = {row[0]: row for row in made.sections[0].blocks[0].rows}
    assert list(rows) == ["128", "16", "4"]
    assert rows["128"][1].value == pytest.approx(0.845)
    assert rows["128"][3].value == pytest.approx(0.05)
    assert rows["4"][-3:] == [TABLE1["l2"][4], TABLE1["l2-lamp"][4], "+.001"]
    assert made.text.splitlines()[1].split()[:3] == ["128", ".845", ".895"]
    assert ".919 -> .925" in made.text


def test_the_choices_are_three(trials):
    budget, choices = tell(trials, BASELINES).sections[1].blocks
    assert len(budget.rows) == 6
    assert budget.rows[0][2].value == pytest.approx(0.05)  # marks differ by a constant
    rows = choices.rows
    assert rows[0][:2] == ["L2", "128"]
    # The second mark has the lower held-out score and the higher AUROC, and is the last.
    assert rows[0][2:] == [pytest.approx(0.845)] * 3


def test_the_numbers_are_plain_json_and_a_few_kilobytes(trials):
    made = tell(trials, BASELINES)
    text = json.dumps(made.results, allow_nan=False)
    assert len(text) < 12_000
    found = json.loads(text)
    assert found["effects"]["L2-LAMP"]["128"]["value"] == pytest.approx(0.05)
    assert found["steps"] == {"128": 157, "16": 1250, "4": 5000}
    assert found["baselines"]["PCA"] == pytest.approx(0.9)


def test_the_figure_has_the_papers_numbers_beside_ours(trials):
    figure = tell(trials, BASELINES).figures["table1"]
    left, right = figure.axes
    drawn = [line.get_ydata().tolist() for line in left.lines if len(line.get_xdata()) == 3]
    places = [BATCH_SIZES.index(size) for size in (128, 16, 4)]
    assert [TABLE1["l2"][i] for i in places] in drawn
    assert [TABLE1["l2-lamp"][i] for i in places] in drawn
    assert right.get_ylabel() == "AUROC less that of L2"


def test_diverged_trainings_are_told(trials, make_trial):
    diverged = [make_trial(0, LAMP, None, batch_size=16)]
    kept = [
        trial
        for trial in trials
        if not (
            trial.settings.loss == LAMP
            and batch_size(trial) == 16
            and trial.settings.task.normal == 0
            and trial.settings.training.seed == 0
        )
    ]
    remarks = tell([*kept, *diverged], BASELINES).sections[0].blocks[-1].items
    assert remarks[-1] == "1 trainings diverged and are left out."
