"""Table 1 from made-up numbers: what it says is what is in them."""

import math

import pandas as pd
import pytest

from lamp.pages import Estimate
from lamp.paper import table1
from lamp.paper.mnist import AUTHOR, DETACHED, L2, LITERAL


@pytest.fixture
def baselines():
    return pd.DataFrame(
        {
            "task": ["mnist 0", "mnist 0", "mnist 1", "mnist 1"],
            "detector": ["PCA", "PCA", "PCA", "PCA"],
            "detail": ["", "", "", ""],
            "oracle": [False, True, False, True],
            "auroc": [0.90, 0.95, 0.94, 0.97],
        }
    )


def better(settings):
    gain = {LITERAL: 0.02, DETACHED: 0.01 * settings.task.normal, AUTHOR: 0.0, L2: 0.0}
    return 0.8 + gain[settings.loss]


def test_plans_pair_every_training():
    for budget, count in (("minutes", 24), ("hours", 4 * 10 * (5 * 5 + 1))):
        planned = table1.plan(budget)
        assert len({trial.key for trial in planned}) == len(planned) == count
        for other in (LITERAL, DETACHED, AUTHOR):
            partners = {t.model_copy(update={"loss": L2}).key for t in planned if t.loss == other}
            assert partners == {t.key for t in planned if t.loss == L2}


def test_the_report_says_what_the_numbers_say(models, baselines):
    table = models(table1.plan("minutes"), better)
    made = table1.tell(table, baselines)
    pooled = made.tables["table1_pooled"].set_index("loss")
    assert pooled.loc[LITERAL.title, "value"] == pytest.approx(0.02)
    assert pooled.loc[DETACHED.title, "value"] == pytest.approx(0.01)
    # t over the digits 0, 1 and 2 with gains 0, .01 and .02: 4.3027 * .01 / sqrt(3)
    assert pooled.loc[DETACHED.title, "high"] == pytest.approx(0.01 + 0.024841, abs=1e-5)
    assert "L2-LAMP, maximum detached +.010 [−.015, +.035]" in made.lede
    assert "128" in made.text
    rows = made.sections[0].blocks[0].rows
    assert [row[0] for row in rows] == ["128", "32"]
    assert isinstance(rows[0][1], Estimate)
    assert rows[0][-3:] == [0.919, 0.925, "+.006"]  # as printed


def test_running_statistics_are_told_beside(models, baselines):
    made = table1.tell(models(table1.plan("minutes"), better), baselines)
    row = made.sections[1].blocks[0].rows[0]
    assert row[2].value - row[3].value == pytest.approx(0.1)


def test_what_diverged_is_counted(models, baselines):
    def diverging(settings):
        lost = settings.loss == LITERAL and settings.training.batch_size == 32
        return math.nan if lost else better(settings)

    made = table1.tell(models(table1.plan("minutes"), diverging), baselines)
    assert "3 trainings diverged and are left out." in made.sections[-1].blocks[0].items[-1]


def test_baselines_chosen_by_test_images_say_so(models, baselines):
    made = table1.tell(models(table1.plan("minutes"), better), baselines)
    rows = dict(made.sections[2].blocks[0].rows)
    assert rows["PCA"] == pytest.approx(0.92)
    assert rows["PCA, chosen on the test images"] == pytest.approx(0.96)
