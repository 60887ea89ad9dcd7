import json
from collections import Counter

import pytest

from lamp.losses.settings import LossSettings
from lamp.reproduce.controls.report import tell
from lamp.reproduce.controls.trials import MATCHED, control_trials
from lamp.reproduce.mnist import DETACHED, L2, LAMP
from lamp.reproduce.table1.trials import table1_trials

TIMES_4 = LossSettings(name="l2", factor=4.0)


def test_arms_share_their_trials_with_table_1():
    adam = control_trials("hours").adam
    shared = {trial.key for trial in table1_trials("hours")}
    common = [trial for trial in adam if trial.loss in (L2, LAMP, DETACHED)]
    assert len(common) == 90
    assert {trial.key for trial in common} <= shared
    assert len({trial.key for trial in adam}) == len(adam)


def test_every_arm_has_its_reference():
    planned = control_trials("hours")
    for trials in (planned.adam, planned.sgd, planned.steps):
        reference = {(t.task.normal, t.training.seed) for t in trials if t.loss == L2}
        assert {(t.task.normal, t.training.seed) for t in trials} == reference


def test_matched_steps_are_as_many():
    planned = control_trials("hours")
    assert {t.training.batch_size for t in planned.steps} == {16}
    assert {t.training.steps for t in planned.steps} == {t.training.steps for t in planned.adam}


def test_the_smallest_budget_is_small():
    planned = control_trials("minutes")
    assert not planned.steps
    counts = Counter(trial.loss for trial in planned.adam)
    assert set(counts.values()) == {3}


@pytest.fixture
def made(make_trial):
    def arm(loss, gain, **settings):
        return [
            make_trial(d, loss, 0.8 + d / 100 + gain, batch_size=128, **settings) for d in range(8)
        ]

    adam = arm(L2, 0) + arm(LAMP, 0.02, center=0.04, curvature=1.5) + arm(MATCHED, 0.001)
    sgd = [
        trial
        for loss, gain in ((L2, 0), (LAMP, 0.03), (TIMES_4, 0.03))
        for trial in arm(loss, gain, optimizer="sgd")
    ]
    return tell(adam, sgd, [], gain=4.0)


def test_each_arm_is_compared_with_l2_under_its_own_optimizer(made):
    effects = made.results["auroc"]
    assert effects["Adam"]["effects"]["L2-LAMP"]["all"]["value"] == pytest.approx(0.02)
    assert effects["SGD"]["effects"]["L2, times 4"]["all"]["value"] == pytest.approx(0.03)
    assert set(effects) == {"Adam", "SGD"}
    assert made.lede == (
        "AUROC less that of L2. Adam: L2-LAMP +.020 [+.020, +.020]; L2, steps as long as LAMP's "
        "+.001 [+.001, +.001]. SGD: L2-LAMP +.030 [+.030, +.030]; L2, times 4 +.030 [+.030, "
        "+.030]."
    )


def test_ratios_are_under_the_common_lens(made):
    ratios = made.results["log_ratios"]
    assert ratios["center"]["Adam"]["effects"]["L2-LAMP"]["all"]["value"] == pytest.approx(
        0.69315, abs=1e-5
    )
    assert ratios["radius"]["SGD"]["effects"]["L2-LAMP"]["all"]["value"] == 0
    json.dumps(made.results, allow_nan=False)


def test_the_figure_has_a_line_for_each_arm_but_l2(made):
    (ax,) = made.figures["controls"].axes
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "Adam: L2-LAMP",
        "Adam: L2, steps as long as LAMP's",
        "SGD: L2-LAMP",
        "SGD: L2, times 4",
    ]
