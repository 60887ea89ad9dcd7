"""Controls, bottleneck, budget and sharpness from made-up numbers."""

import numpy as np
import pandas as pd
import pytest

from lamp.paper import bottleneck, budget, controls, sharpness, table1
from lamp.paper.mnist import DETACHED, L2, LITERAL
from lamp.paper.sharpness_figure import _inside


def test_controls(models):
    planned = controls.plan("minutes")
    assert len({trial.key for trial in planned}) == len(planned)
    made = controls.tell(models(planned, lambda s: 0.8 + 0.01 * (s.loss.reading == "batch")))
    table = made.tables["controls_readings"].set_index("loss")
    assert table.loc["L2-LAMP, maximum of the batch", "value"] == pytest.approx(0.01)
    assert table.loc["L2-LAMP, no scale", "value"] == pytest.approx(0.0)
    assert "L2-LAMP, maximum of the batch +.010" in made.lede


def test_under_sgd_every_loss_has_its_best_rate(models):
    def peaked(settings):
        training = settings.training
        if training.optimizer == "adam":
            return 0.8
        best = {L2: 1.0, LITERAL: 0.1, DETACHED: 0.1}[settings.loss]
        return 0.7 + 0.1 * (training.learning_rate == best)

    made = controls.tell(models(controls.plan("minutes"), peaked))
    best = made.tables["controls_sgd_best"]
    assert best["value"].tolist() == pytest.approx([0.0, 0.0])  # at equal rates: -.1 and +.1
    at_one = made.tables["controls_sgd"]
    assert set(np.round(at_one["value"], 6)) == {-0.1, 0.0, 0.1}


def test_bottleneck(models):
    def narrow_is_better(settings):
        channels = settings.model.latent_channels or 128
        return 0.9 - 0.0001 * channels - 0.02 * (settings.loss == LITERAL) * (channels == 8)

    made = bottleneck.tell(models(bottleneck.plan("minutes"), narrow_is_better))
    widths = made.tables["bottleneck_widths"].set_index(["latent", "loss"])["value"]
    assert widths[16, "L2"] == pytest.approx(0.0124)
    losses = made.tables["bottleneck_losses"].set_index(["latent", "loss"])["value"]
    assert losses[32, LITERAL.title] == pytest.approx(-0.02)
    assert "With 16 numbers in the bottleneck in place of 512" in made.lede


def test_budget(models):
    made = budget.tell(models(budget.plan("minutes"), lambda s: 0.8 + 0.01 * (s.loss == LITERAL)))
    table = made.tables["budget_effects"]
    assert sorted(set(table["seen"])) == [2000, 4000, 6000, 8000]
    own = table[table["loss"] == LITERAL.title]
    assert own["value"].tolist() == pytest.approx([0.01] * 4)


def test_sharpness_of_pairs_and_of_what_is_trained_for_it(models):
    radius = {L2: 0.5, LITERAL: 0.4, DETACHED: 0.6}

    def of(settings):
        base = radius.get(settings.loss, 0.5) * (1 + settings.task.normal / 10)
        return base * np.exp(5 * settings.training.sam_radius)

    def gain(settings):  # falls by .1 for each unit of the logarithm of the ratio of radii
        if settings.training.sam_radius:
            return 0.8 + settings.training.sam_radius / 10 + settings.training.batch_size * 1e-5
        digit, batch = settings.task.normal, settings.training.batch_size
        return 0.8 - 0.1 * np.log(of(settings) / (0.5 * (1 + digit / 10))) + batch * 1e-5

    parts = [
        models(table1.plan("minutes"), gain, radius=of),
        models(sharpness.plan("minutes"), gain, radius=of, experiment="sharpness"),
    ]
    made = sharpness.tell(pd.concat(parts, ignore_index=True))
    ratios = made.tables["sharpness_ratios"]
    literal = ratios[(ratios["loss"] == LITERAL.title) & (ratios["number"] == "radius")]
    assert np.exp(literal["value"]).tolist() == pytest.approx([0.8, 0.8])
    moved = made.tables["sharpness_intervention"]
    area = moved[moved["number"] == "auroc"].set_index("sam_radius")["value"]
    assert area[0.1] == pytest.approx(0.01)
    assert area[-0.03] == pytest.approx(-0.003)
    sides = made.tables["sharpness_sides"].set_index(["number", "side"])["value"]
    assert sides["auroc", "flatter"] == pytest.approx((0.003 + 0.01) / 2)
    assert sides["auroc", "sharper"] == pytest.approx(-(0.001 + 0.003) / 2)
    assert sides["radius", "flatter"] == pytest.approx(5 * (0.03 + 0.1) / 2)
    pooled = made.tables["sharpness_pooled"].set_index(["number", "loss"])["value"]
    assert np.exp(pooled["radius", LITERAL.title]) == pytest.approx(0.8)
    assert "L2 trained to be sharper, it has a radius 0.90 times" in made.lede


@pytest.mark.parametrize("item", [bottleneck, budget, controls, sharpness, table1])
def test_reports_stand_where_nothing_but_l2_came_to_something(models, item):
    def only_l2(settings):
        return 0.8 if settings.loss == L2 else np.nan

    parts = [models(table1.plan("minutes"), only_l2)] if item is sharpness else []
    parts.append(models(item.plan("minutes"), only_l2, experiment=item.__name__.split(".")[-1]))
    table = pd.concat(parts, ignore_index=True)
    detectors = pd.DataFrame({"detector": ["PCA"], "oracle": [False], "auroc": [0.9]})
    made = item.tell(table, detectors) if item is table1 else item.tell(table)
    for figure in made.figures.values():
        figure.canvas.draw()
    assert "nan" not in made.text


def test_what_diverged_is_not_told_as_a_loss_that_does_not_double(models):
    def of(settings):
        moved = 0.1 * (settings.task.normal + 1) * (settings.loss == DETACHED)
        return np.nan if (settings.loss, settings.task.normal) == (LITERAL, 2) else 0.5 + moved

    table = models(table1.plan("minutes"), of, radius=of)
    far = (table["loss"] == DETACHED.title) & (table["task"] == "mnist 0")
    other = models(sharpness.plan("minutes"), lambda _: 0.8, experiment="sharpness")
    made = sharpness.tell(pd.concat([table.assign(bounded=far), other], ignore_index=True))
    said = made.sections[-1].blocks[0].items
    assert said[1].startswith("In 2 of 24 models the loss does not double")
    assert said[-1] == "2 trainings diverged and are left out."


def test_at_equal_center_the_higher_loss_is_no_flatness(models):
    # on the way of every model radius = center: LAMP's, which ends higher, ends with a longer one
    table = models(sharpness.plan("minutes"), lambda _: 0.8, experiment="sharpness")
    at = 1.0 / (1 + table.groupby("key", sort=False).cumcount())
    higher = np.where(table["loss"] == "L2", 1.0, 1.7)
    table = table.assign(center=at * higher, radius=at * higher)
    found = sharpness.at_equal_center(table)
    assert np.exp(found.effects["value"]).tolist() == pytest.approx([1.0, 1.0])
    ends = table[table["end"] & (table["loss"] == LITERAL.title)]
    assert ends["radius"].iloc[0] == pytest.approx(1.7 / 8)


@pytest.mark.parametrize("limits", [(0.77, 2.0), (0.86, 1.27), (0.2, 5.0)])
def test_ticks_of_ratios_are_round_and_apart(limits):
    low, high = np.log(limits)
    ticks = _inside((low, high))
    assert 1 in ticks
    assert all(limits[0] <= tick <= limits[1] for tick in ticks)
    assert np.diff(np.log(ticks)).min() > 0.1 * (high - low)
