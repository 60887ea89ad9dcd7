"""What is chosen, by faked timings; and that nothing is chosen that changes a value."""

import json
import weakref

import pytest
import torch
from torch import nn

from landscape.errors import LandscapeError, ProblemError
from landscape.objective.data import read_batches, read_data
from landscape.objective.tune import tune
from landscape.objective.tuning import Tuning
from landscape.problem import Problem
from tests.landscape.objective.tuned import (
    FOLDED,
    PLAIN,
    chosen,
    form,
    network,
    race_module,
    square,
    tune_module,
)


def test_splits_change_nothing_of_what_is_chosen():
    x = torch.randn(64, 1, 6, 6, generator=torch.Generator().manual_seed(1))
    problem = Problem(network(), square, x.split(32), splits={"test": x[:40].split(16)})
    assert tune(problem, read_data(problem)).fold == FOLDED
    wrong = Problem(network(), square, x.split(32), splits={"test": [x.double()[:40]]})
    with pytest.raises(ProblemError):
        tune(wrong, read_data(wrong))


def test_small_problems_are_not_timed(timed, monkeypatch):
    timed(lambda tuning: 0.019)
    monkeypatch.setattr(race_module.Race, "faster", None)
    assert form(chosen()) == ("channels_last", None, FOLDED)


def test_channels_last_and_folding_are_preferred_and_batches_are_kept(timed):
    timed(lambda tuning: 0.2)
    assert form(chosen()) == ("channels_last", None, FOLDED)


def test_what_is_not_clearly_faster_is_not_chosen(timed):
    timed(lambda tuning: 0.2 if tuning.fold else 0.192)
    assert chosen().fold
    timed(lambda tuning: 0.2 if tuning.fold else 0.188)
    assert not chosen().fold


def test_a_disturbed_timing_decides_nothing(monkeypatch):
    seen = []

    def noisy(objective, device):
        seen.append(objective.tuning)
        unfolded = Tuning("channels_last")
        return 0.1 if objective.tuning == unfolded and seen.count(unfolded) == 1 else 0.2

    for module in (tune_module, race_module):
        monkeypatch.setattr(module, "seconds_of", noisy)
    assert chosen().fold
    assert Tuning("channels_last") in seen


def test_every_choice_is_made_by_its_own_race(timed):
    timed(lambda tuning: 0.2 * (1 + (tuning.layout == "channels_last")))
    assert form(chosen()) == ("contiguous", None, FOLDED)
    # 256 samples take 0.2 s: 16 of them 0.0125 s, 64 of them 0.05 s.
    timed(lambda tuning: 0.2 if tuning.batch_size is None else 0.1 + 0.001 * tuning.batch_size)
    assert form(chosen(batch=256)) == ("channels_last", 16, FOLDED)
    timed(lambda tuning: 0.2 if tuning.batch_size is None else 0.19 - 0.001 * tuning.batch_size)
    assert form(chosen(batch=256)) == ("channels_last", 64, FOLDED)


def test_two_objectives_race_and_neither_has_directions(timed, monkeypatch):
    alive, counts = weakref.WeakSet(), []
    make = race_module.Bench.objective

    def made(bench, data, tuning):
        objective = make(bench, data, tuning)
        alive.add(objective)
        return objective

    def cost(tuning):
        counts.append(len(alive))
        assert not any(objective._directions for objective in alive)
        return 0.2

    monkeypatch.setattr(race_module.Bench, "objective", made)
    timed(cost)
    chosen()
    assert set(counts) == {1, 2}


def test_a_batch_size_near_the_callers_is_not_tried(timed):
    timed(lambda tuning: 0.01 if tuning.batch_size == 16 else 0.2)
    assert chosen(batch=24).batch_size is None
    assert chosen(batch=32).batch_size == 16


def test_few_points_are_not_worth_timing(timed):
    timed(lambda tuning: 0.1 if tuning.layout == "contiguous" else 0.2)
    assert chosen(points=25).layout == "channels_last"
    assert chosen(points=10**5).layout == "contiguous"


@pytest.mark.parametrize("policy", ["batch", "recalibrated"])
def test_statistics_of_batches_keep_the_callers_batches(timed, policy):
    timed(lambda tuning: 0.2 if tuning.batch_size is None else 0.01)
    assert form(chosen(batch=256, batchnorm=policy)) == ("channels_last", None, ())


def by_batch(model, x):
    error = model(x)[:, 0].square()
    return error / error.max()


def scalar(model, x):
    return square(model, x).mean()


def mixed(model, x):
    return {"loss": square(model, x), "size": torch.tensor(float(len(x)))}


@pytest.mark.parametrize("loss", [by_batch, scalar, mixed])
def test_a_loss_that_depends_on_its_batch_keeps_it(timed, loss):
    timed(lambda tuning: 0.2 if tuning.batch_size is None else 0.01)
    assert chosen(loss, batch=256).batch_size is None


def test_weight_decay_in_the_loss_is_the_same_when_folded(timed):
    timed(lambda tuning: 0.1 if tuning.fold else 0.2)

    def decayed(model, x):
        return square(model, x) + sum(p.square().sum() for p in model.parameters())

    assert chosen(decayed).fold


def test_a_loss_that_takes_the_model_apart_is_not_folded(timed):
    timed(lambda tuning: 0.1 if tuning.fold else 0.2)

    def inner(model, x):
        return square(model, x) + model[0](x).square().flatten(1).mean(1)

    assert form(chosen(inner)) == ("channels_last", None, ())


def test_a_model_that_needs_contiguous_memory_gets_it(timed):
    class Viewer(nn.Conv2d):
        def forward(self, x):
            return super().forward(x).view(len(x), -1)

    assert chosen(model=Viewer(1, 4, 3)).layout == "contiguous"
    timed(lambda tuning: 0.2)
    assert chosen(model=Viewer(1, 4, 3)) == PLAIN


def test_what_is_not_changed_is_not_evaluated_again(monkeypatch):
    made = []
    real = race_module.Objective
    monkeypatch.setattr(
        race_module,
        "Objective",
        lambda *args, **kw: (made.append(kw["tuning"]), real(*args, **kw))[1],
    )
    x = torch.ones(4, 2)
    problem = Problem(nn.Linear(2, 1), lambda model, x: model(x)[:, 0], [x])
    assert tune(problem, read_batches([x])) == PLAIN
    assert made == [PLAIN]
    made.clear()
    assert tune(problem, read_batches([x]), precision="bfloat16").precision == "bfloat16"
    assert [tuning.precision for tuning in made] == ["float32", "bfloat16"]


def test_what_holds_for_the_first_samples_only_is_found_out(timed):
    timed(lambda tuning: 0.2 if tuning.batch_size is None else 0.01)

    def late(model, x):
        wrong = (x[:, 0, 0, 0] > 5).any() and len(x) < 100
        return square(model, x) + float(wrong)

    x = torch.zeros(1024, 1, 6, 6)
    x[-1] = 9
    problem = Problem(network(), late, [x[:512], x[512:]])
    found = tune(problem, read_batches(problem.batches), points=10**6)
    assert form(found) == ("channels_last", None, ())


def test_a_loss_that_fails_away_from_the_center_is_no_obstacle():
    model = network()
    weight = model[4].weight.detach().clone()

    def careful(model, x):
        if not torch.equal(model[4].weight, weight):
            raise ArithmeticError("too far")
        return square(model, x)

    tuning = chosen(careful, model=model)
    assert tuning.layout == "channels_last"
    assert tuning.deviation[0] < 1e-5
    assert tuning.deviation[1] is None


def test_a_loss_that_fails_at_the_center_is_said():
    with pytest.raises(ProblemError, match="raised RuntimeError"):
        chosen(lambda model, x: model(x) @ x)


def test_models_that_cannot_be_evaluated_are_named():
    with pytest.raises(ProblemError, match="a model with parameters"):
        chosen(model=nn.ReLU())
    model = network()
    model.phase = nn.Parameter(torch.ones(2, dtype=torch.complex64))
    with pytest.raises(ProblemError, match="parameter 'phase' is complex"):
        chosen(model=model)


def test_reduced_precision_is_on_request_and_its_deviation_is_measured():
    assert chosen(precision="float32").precision == "float32"
    tuning = chosen(precision="bfloat16")
    assert tuning.precision == "bfloat16"
    assert all(1e-5 < deviation < 0.1 for deviation in tuning.deviation)
    assert all(deviation < 1e-5 for deviation in chosen().deviation)
    with pytest.raises(LandscapeError, match="on the CPU, got tf32"):
        chosen(precision="tf32")


def test_a_tuning_is_written_and_read():
    tuning = Tuning("channels_last", 64, fold=FOLDED, deviation=(1e-7, None))
    assert Tuning.from_json(tuning.to_json()) == tuning
    assert json.loads(tuning.to_json())["batch_size"] == 64
    for text in ("{}", "[1]", '{"deviation": [0, 0], "speed": 1}', "nonsense"):
        with pytest.raises(ProblemError, match="expected a tuning written by this version") as e:
            Tuning.from_json(text)
        assert "--overwrite" in e.value.hint
