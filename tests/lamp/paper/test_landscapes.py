"""Models with their surfaces: who is compared with whom, and levels of losses in any units."""

import numpy as np
import pytest

from lamp.experiments.lens import COMMON, OWN
from lamp.losses.settings import LossSettings, make_loss
from lamp.paper.landscapes import multiple
from lamp.paper.levels import absolute_levels
from lamp.paper.ratios import RAW


def test_each_model_is_compared_with_that_of_its_batch_size_and_seed(make_models):
    models = make_models(("L2", "A", "B"), (128, 16), (0, 1))
    assert (models.losses, models.batch_sizes, models.seeds) == (
        ["L2", "A", "B"],
        [128, 16],
        [0, 1],
    )
    one = models.ratios("B", [16])
    assert one.pairs == 2
    assert np.exp(one.center.value) == pytest.approx(3)
    by_hand = [np.log((9 * 9 + seed / 10) / (9 + seed / 10)) for seed in (0, 1)]
    assert one.curvature.value == pytest.approx(np.mean(by_hand), rel=2e-2)
    own = models.ratios("B", [128, 16], own=True)
    assert np.exp(own.center.value) == pytest.approx(9)  # in its own units three times as much
    assert own.pairs == 4


def test_the_first_seed_is_drawn(make_models):
    models = make_models(("L2", "A"), (128, 16, 4), (3, 1))
    rows = models.matrix
    assert [len(row) for row in rows] == [3, 3]
    assert rows[1][2] is models.find("A", 4, 3).surface


def test_models_are_named_by_what_tells_them_apart(make_models):
    def names(models, **parts):
        table = models.statistics(RAW, "Caption.", **parts)
        return table.columns[1], [row[0] for row in table.rows]

    models = make_models(("L2", "A"), (128, 16, 4), (3, 1))
    center, own = names(models, own=True)
    assert (center, own[:2], len(own)) == ("own loss at center", ["L2, 128", "A, 128"], 6)
    center, common = names(models)
    assert (center, common[0], len(common)) == ("L2 at center", "L2, 128, seed 3", 12)
    one = make_models(("L2", "A"), (128,)).plus(make_models(("B",), (128,)).models)
    assert names(one)[1] == ["L2", "A", "B"]


def test_tables_of_files(make_models):
    models = make_models(("L2", "A"), (128, 16), (0, 1))
    table = models.table("classifier")
    assert len(table) == 8
    assert table["own_center"].tolist() == [0.1, 0.4] * 4
    assert table["test_accuracy"].tolist() == pytest.approx([0.91, 0.92] * 4)
    ratios = models.ratios_table("classifier")
    assert ratios["batch_size"].tolist() == ["128", "16", "all"] * 2
    assert ratios["lens"].tolist() == ["l2"] * 3 + ["own"] * 3
    assert ratios["center_ratio"].tolist() == pytest.approx([2.0] * 3 + [4.0] * 3)
    assert set(ratios["intervals_over"]) == {"2 seeds"}
    single = make_models().ratios_table("classifier")
    assert single["intervals_over"].tolist()[:3] == ["planes of two models"] * 2 + [""]


def test_the_worst_pixel_sets_the_rise_of_the_second_radius(make_models):
    models = make_models(worst_pixel=0.25)
    model = models.models[0]
    assert model.common["radius_mean_rise"].settings["rise"] == pytest.approx(0.075)
    assert models.ratios("L2-LAMP", [128]).rest is not None
    assert models.ratios("L2-LAMP", [128], own=True).rest is None
    assert make_models().ratios("L2-LAMP", [128]).rest is None


def test_the_table_shows_no_ratio_where_there_is_none(make_models, make_bowl):
    models = make_models(sizes=(16,))
    row = models.ratios_shown().rows[0]
    assert row[:4] == ["L2-LAMP", "16", pytest.approx(0.92), pytest.approx(0.91)]
    assert row[5].value == pytest.approx(4, rel=2e-2)
    flat = make_bowl(1.0, (-1.0, 1.0, 1.0))
    object.__setattr__(models.models[1], "surface", flat)
    for name in ("common", "own"):
        models.models[1].__dict__.pop(name, None)
    shown = models.ratios_shown()
    assert shown.rows[0][5:7] == [None, None]
    assert "no ratio: of curvatures, not positive on all planes; of radii, " in shown.caption


def test_levels_are_round_and_begin_above_the_lowest_center(make_bowl):
    levels = absolute_levels([make_bowl(0.1), make_bowl(0.4, factor=2.0)], OWN)
    assert levels.kind == "absolute"
    assert levels.values[0] == pytest.approx(0.15)
    assert all(float(f"{value:.1e}") == pytest.approx(value) for value in levels.values)
    many = absolute_levels([make_bowl(1e-6)], COMMON)
    assert len(many.values) <= 20


def test_a_multiple_of_a_loss_has_two_digits():
    twice = multiple(LossSettings(name="l2"), 2.3456)
    assert (twice.factor, twice.title) == (2.3, "L2, times 2.3")
    assert make_loss(twice).factor == 2.3
