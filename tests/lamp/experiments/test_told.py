"""What is told of a search whose trials are known: one finished, one stopped, one diverged."""

import json

import pytest

from lamp.experiments import Search, SearchSpace, TrialSettings, choose, search
from lamp.experiments.plan import plan_search
from lamp.experiments.told import about_failures, as_document, as_text
from landscape.errors import LandscapeError


@pytest.fixture
def found(start, fake):
    rates = SearchSpace(learning_rates=(1e-3, 1e-2, 1e-1))
    (made,) = search([(start, rates)], fake(3), rounds=2)
    diverging = fake(diverged=1.0)([each.settings for each in made.trials])
    default, second, third = made.trials
    stopped = second if not second.finished else third
    failed = diverging[made.trials.index(second if stopped is third else third)]
    trials = (failed, stopped, default)
    return Search(trials=(default, stopped, failed), choice=choose(trials, default))


def test_the_document_has_every_trial_once(found):
    document = as_document(found)
    assert json.loads(json.dumps(document)) == document
    default, stopped, failed = document["trials"]
    assert [len(trial["marks"]) for trial in (default, stopped, failed)] == [3, 1, 0]
    assert [trial["finished"] for trial in (default, stopped, failed)] == [True, False, True]
    assert TrialSettings.model_validate(stopped["settings"]) == found.trials[1].settings
    assert document["choice"]["held_out"] == document["choice"]["default"]
    areas = [mark["judged"]["auroc"] for trial in document["trials"] for mark in trial["marks"]]
    assert document["choice"]["oracle"]["judged"]["auroc"] == max(areas)


def test_lines_say_how_far_each_came(found):
    lines = as_text(found).splitlines()
    assert "90000" in lines[1]
    assert " 30208 " in lines[2]  # the first look after a third of 90,000
    assert lines[3].split()[-3:] == ["-", "diverged", "-"]
    assert lines[-1].startswith("The oracle is chosen on the labelled test images")
    assert about_failures(found) == ["1 of 3 trainings diverged: the training loss became nan"]


def test_without_test_images_neither_auroc_nor_oracle(start, fake):
    (made,) = search([(start, SearchSpace(patches=(1, 2)))], fake(auroc=None))
    text = as_text(made)
    assert "AUROC" not in text
    assert "oracle" not in text
    assert about_failures(made) == []


def test_what_is_searched_keeps_images_to_calibrate_on(start):
    plan = plan_search(start, SearchSpace(patches=(1, 2)))
    assert plan.start == start.model_copy(update={"calibrate": True})
    assert plan.split.startswith("digits 3: train 115, choose 7, calibrate 6 (seed 0); test: 55 n")
    with pytest.raises(LandscapeError, match="several values of at least one hyper-parameter"):
        plan_search(start, SearchSpace(patches=(2,)))
