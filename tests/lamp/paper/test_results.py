"""The committed tables: trained again, a model has the same numbers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lamp.experiments import run_trial
from lamp.experiments.table import read_table, tabulate, write_table
from lamp.paper import budget, sharpness, table1, table2
from lamp.statistics import Arms

RESULTS = Path(__file__).parents[3] / "notebooks" / "results"
PLANS = {"table1": table1.plan, "table2": table2.plan}
CELLS = [("mnist 3", "L2", 1024), ("mnist 5", "L2-LAMP", 128), ("mnist 8", "L2", 32)]


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS)
def test_a_training_repeats_the_committed_numbers(cell, real_mnist, tmp_path):
    keys = ["task", "loss", "batch_size"]
    committed = read_table(RESULTS / "table1.csv")
    settings = next(
        trial
        for trial in table1.plan("hours")
        if (trial.task.name, trial.loss.title, trial.training.batch_size) == cell
    )
    write_table(tmp_path / "again.csv", tabulate([run_trial(settings, tmp_path, real_mnist)]))
    again = read_table(tmp_path / "again.csv").iloc[0]
    stored = committed[committed["key"] == settings.key].iloc[0]
    assert tuple(stored[keys]) == cell
    for column in ("auroc", "auroc_running", "held_out", "center", "radius", "curvature"):
        assert again[column] == pytest.approx(stored[column], rel=1e-4)  # five digits are stored


@pytest.mark.parametrize(("name", "effects"), [("table1", "effects"), ("table2", "full")])
def test_every_committed_table_of_models_can_be_told_from(name, effects):
    committed = read_table(RESULTS / f"{name}.csv")
    planned = {trial.key for trial in PLANS[name]("hours")}
    assert set(committed["key"]) <= planned
    assert not committed.duplicated(["task", "loss", "batch_size", "seed"]).any()
    stored = read_table(RESULTS / f"{name}_{effects}.csv").set_index(["loss", "batch_size"])
    found = Arms(models=committed).effects.set_index(["loss", "batch_size"])
    for column in ("value", "low", "high"):
        np.testing.assert_allclose(found[column][stored.index], stored[column], atol=2e-5)


def test_the_committed_curves_are_those_of_their_models():
    models = read_table(RESULTS / "budget.csv")
    assert set(models["key"]) <= {trial.key for trial in budget.plan("days")}
    stored = read_table(RESULTS / "budget_effects.csv")
    found = budget.tell(models).tables["budget_effects"]
    keys = ["training", "loss", "seen"]
    assert found[keys].values.tolist() == stored[keys].values.tolist()
    for column, digits in (("value", 2e-5), ("low", 2e-5), ("high", 2e-5), ("p_holm", 2e-3)):
        np.testing.assert_allclose(found[column], stored[column], atol=digits)  # five are stored


def test_the_committed_sharpness_at_equal_loss_is_that_of_its_models():
    own = read_table(RESULTS / "sharpness.csv")
    assert set(own["key"]) <= {trial.key for trial in sharpness.plan("days")}
    models = pd.concat([read_table(RESULTS / "table1.csv"), own], ignore_index=True)
    found = sharpness.tell(models).tables["sharpness_at_equal_center"]
    stored = read_table(RESULTS / "sharpness_at_equal_center.csv")
    assert found["cell"].tolist() == stored["cell"].tolist()
    np.testing.assert_allclose(
        found[["value", "low", "high"]], stored[["value", "low", "high"]], atol=5e-4
    )
