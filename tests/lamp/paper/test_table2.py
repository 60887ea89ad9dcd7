"""Table 2 from numbers that are known beforehand, and what it trains."""

import math
import shutil
from dataclasses import replace

import pandas as pd
import pytest
from PIL import Image

from lamp.experiments import Judgement, Mark, Trial, search
from lamp.experiments.table import tabulate
from lamp.experiments.trial import due_samples
from lamp.paper import table2
from lamp.paper.categories import describe, find_categories
from lamp.paper.mnist import LOSSES
from lamp.paper.printed import printed
from lamp.paper.table2 import plan, searches
from lamp.paper.table2_numbers import cells_of, tell
from lamp.paper.work import Work

FOLDERS = {"magnetic_tile": 1, "mvtec/grid": 3}
GAINS = {"magnetic_tile": 0.01, "mvtec/grid": -0.03}


def judged(settings, until=None):
    """Make up a trial: LAMP better by .01 on tiles, worse by .03 on the grid; one cell diverges.

    Two patches add .05, the higher rate has the lower error. AUROC falls during the training.
    """
    loss, training = settings.loss, settings.training
    failed = (loss.name, training.optimizer) == ("ssim-lamp", "sgd")
    gain = loss.amplified * GAINS.get(settings.task.name, 0.02)
    early = 0.1 * (settings.marks > 1)
    tuned = 0.05 * (settings.model.patches == 2)
    due = sorted(set(due_samples(settings)))
    stop = due[-1] if until is None else due_samples(settings)[until - 1]
    marks = tuple(
        Mark(
            samples=samples,
            judged=Judgement(
                held_out=0.02 - tuned / 10 - training.learning_rate / 1e4 + 1 / samples,
                auroc=0.6 + gain + tuned + 0.001 * training.seed + early * (samples == due[0]),
            ),
        )
        for samples in due
        if samples <= stop
    )
    failure = "NaN" if failed else ""
    return Trial(
        settings=settings, marks=() if failed else marks, seconds=1, data="", failure=failure
    )


@pytest.fixture(scope="module")
def cells():
    return cells_of(
        search(
            searches("hours", FOLDERS),
            lambda trials, until: [judged(each, until) for each in trials],
        )
    )


def told(cells, trials):
    """Tell what comes of trials at full width, beside searches."""
    models = tabulate(trials, experiment="table2")
    models = models.assign(low=models["auroc"] - 0.1, high=models["auroc"] + 0.1)
    tasks = ["magnetic_tile", "mvtec/grid", "mvtec/screw"]
    baselines = pd.DataFrame(
        {"task": name, "detector": detector, "detail": "", "oracle": oracle, "auroc": area}
        for name in tasks
        for detector, oracle, area in (("PCA", False, 0.7), ("PCA", True, 0.9))
    )
    categories = pd.DataFrame(
        {"task": name, "channels": 1, "train": 0.7, "normal": 0.6, "anomalous": 0.7, "p": 0.0,
         "broken": name == "mvtec/screw"}
        for name in tasks
    )  # fmt: skip
    return tell(models, cells, baselines, categories)


@pytest.fixture(scope="module")
def made(cells):
    return told(cells, [judged(each) for each in plan("hours", FOLDERS)])


def test_the_papers_table_is_as_printed():
    paper = printed("table2")
    averages = {"sgd": (0.840, 0.851), "rmsprop": (0.885, 0.891), "adam": (0.874, 0.861)}
    means = paper[paper["loss"] == "l2"].groupby("optimizer")[["base", "lamp"]].mean()
    for optimizer, expected in averages.items():
        assert means.loc[optimizer].tolist() == pytest.approx(expected, abs=6e-4)
    assert len(paper) == 135
    assert (paper["lamp"] > paper["base"]).sum() == 63
    assert (paper["lamp"] == paper["base"]).sum() == 8


def test_tiles_are_trained_at_full_width_seed_by_seed():
    trials = plan("hours")
    tiles = [trial for trial in trials if trial.task.category == "magnetic_tile"]
    assert [trial.loss for trial in tiles] == list(LOSSES) * 5
    assert [trial.training.seed for trial in tiles] == [seed for seed in range(5) for _ in LOSSES]
    assert {(trial.model.size, trial.model.width, trial.training.samples) for trial in tiles} == {
        (128, 16, 24_000)
    }
    seeds = [trial.training.seed for trial in trials]
    assert seeds == sorted(seeds)
    defects = [trial for trial in trials if trial.task.printed]
    assert len(defects) == 3 * 10 * len(LOSSES)
    assert len({trial.key for trial in trials}) == len(trials)


def test_searches_differ_in_the_loss_and_optimizer_only():
    starts = [start for start, _ in searches("hours", FOLDERS)]
    assert len({start.key for start in starts}) == len(starts) == 3 * 2 * 3 * 8
    assert {start.training.batch_size for start in starts} == {16}
    assert {start.loss.name for start in starts} == {
        "l2", "l1", "ssim", "l2-lamp", "l1-lamp", "ssim-lamp",
    }  # fmt: skip
    readings = {start.loss.reading for start in starts if start.loss.name == "l2-lamp"}
    assert readings == {"literal", "detached", "author"}
    assert {(start.model.depth, start.model.kernel_size) for start in starts} == {(6, 5)}
    assert {start.model.channels for start in starts if start.task.name == "mvtec/grid"} == {3}


def test_cells_are_what_was_chosen_in_three_ways(made):
    cells = made.tables["table2_cells"].set_index(["task", "setting", "arm", "seed"]).sort_index()
    plain = cells.loc["magnetic_tile", "L2, SGD", "base", 0].set_index("way")
    assert plain["auroc"].tolist() == pytest.approx([0.6, 0.65, 0.75])
    assert plain["patches"].tolist() == [1, 2, 2]
    assert plain["seen"].tolist() == [3072, 3072, 1024]
    lamp = cells.loc["mvtec/grid", "SSIM, Adam", "LAMP, literal", 2].set_index("way")
    assert lamp["auroc"].tolist() == pytest.approx([0.572, 0.622, 0.722])
    assert cells.loc["magnetic_tile", "SSIM, SGD", "LAMP, literal", 0]["auroc"].isna().all()


def test_effects_are_over_categories_and_full_width_without_broken_ones(made):
    effects = made.tables["table2_effects"].set_index(["way", "arm", "setting"])
    one = effects.loc["last", "LAMP, detached", "L2, Adam"]
    assert one["value"] == pytest.approx(-0.01)
    assert (one["pairs"], one["groups"], one["higher"]) == (6, 2, 3)
    full = made.tables["table2_full"].set_index("loss")
    assert full.loc["L2-LAMP", "value"] == pytest.approx(-0.01)
    assert set(made.tables["table2"]["task"].str.split().str[0]) == {
        "magnetic_tile", "mvtec/grid", "mnist",
    }  # fmt: skip
    control = made.tables["table2_control"].set_index("loss")
    assert control.loc["L2-LAMP", "value"] == pytest.approx(0.02)
    assert control.loc["L2-LAMP", "groups"] == 10


def test_all_three_ways_are_told_with_what_diverged_left_out(made):
    counts = made.tables["table2_counts"]
    assert counts["chosen"].tolist() == ["default", "chosen on held-out normals", "oracle"]
    assert counts[["better", "equal", "worse"]].to_numpy().tolist() == [[0, 0, 8]] * 3
    for words in (
        "default: better in 0, equal in 0, worse in 8, −.010 on average",
        "oracle: better in 0",
        "own table has 63 better, 8 equal and 64 worse",
        "PCA .700",
        "L2-LAMP −.010 [",
    ):
        assert words in made.lede
    (bullets,) = made.sections[-1].blocks
    text = " ".join(bullets.items)
    assert "Broken, and not trained on: mvtec/screw." in text
    assert "In 138 of 138 searches it chose a model before the end" in text
    assert "results are missing: trainings diverged" in text


def test_a_loss_that_diverged_on_all_printed_defects_is_left_out(cells):
    trials = [judged(each) for each in plan("hours", FOLDERS)]
    lost = [
        replace(trial, marks=(), failure="NaN")
        if trial.settings.task.printed and trial.settings.loss == LOSSES[1]
        else trial
        for trial in trials
    ]
    made = told(cells, lost)
    names = [label.get_text() for label in made.figures["table2"].axes[0].get_yticklabels()]
    assert len(names) == 2 * 4 + 3 + 2
    assert LOSSES[1].title not in set(made.tables["table2_control"]["loss"])


def test_intervals_over_images_are_of_the_images_that_the_models_saw(tmp_path):
    category(tmp_path / "magnetic_tile")
    trial = judged(plan("minutes")[0])
    work = Work(folder=tmp_path / "out" / "table2", root=tmp_path)
    with pytest.raises(ValueError, match="images of magnetic_tile that the stored trials saw"):
        table2._limits([trial], work)
    assert table2._limits([replace(trial, marks=(), failure="NaN")], work).empty


def test_the_picture_has_a_line_of_chance_and_the_intervals_over_images(made):
    (ax,) = made.figures["table2"].axes
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names[0] == "magnetic_tile: L2"
    assert names[-1] == "mvtec/grid, trivial: PCA"
    assert len(names) == 2 * 4 + 4 + 2
    assert ax.lines[0].get_xdata() == [0, 0]
    bar = ax.collections[1].get_segments()[0]
    assert bar[:, 0].tolist() == pytest.approx([0.002, 0.202])  # .602 - .5, and .1 on both sides


def category(folder, mode="L", normal=100):
    shades = {"train/good": 100, "test/good": normal, "test/crack": 104}
    for part, shade in shades.items():
        (folder / part).mkdir(parents=True)
        for number in range(20):
            Image.new(mode, (8, 8), (shade + number % 3,) * len(mode)).save(
                folder / part / f"{number}.png"
            )


def test_categories_are_found_and_what_is_broken_is_known(tmp_path):
    category(tmp_path / "mvtec" / "cable", "RGB")
    category(tmp_path / "mvtec" / "screw", normal=80)
    category(tmp_path / "apples")
    (tmp_path / "mvtec" / "notes").mkdir()
    assert find_categories(tmp_path) == ["apples", "mvtec/cable", "mvtec/screw"]
    found = describe(find_categories(tmp_path), tmp_path).set_index("task")
    assert found["broken"].tolist() == [False, False, True]
    assert found["channels"].tolist() == [1, 3, 1]
    assert found.loc["mvtec/screw", ["train", "normal", "anomalous"]].tolist() == pytest.approx(
        [100.95 / 255, 80.95 / 255, 104.95 / 255], abs=1e-5
    )
    work = Work(folder=tmp_path / "out" / "table2", root=tmp_path / "only")
    (tmp_path / "only").mkdir()
    (tmp_path / "mvtec" / "screw").rename(tmp_path / "only" / "screw")
    with pytest.raises(ValueError, match=r"normal test images look like its training .* got screw"):
        table2.reproduce(work)


def test_no_category_is_an_error_that_says_where_they_belong(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"mvtec.*screw.*train.*good.*got none"):
        find_categories(tmp_path)
    with pytest.raises(ValueError, match="expected --data-root"):
        find_categories(None)
    category(tmp_path / "apples")
    shutil.rmtree(tmp_path / "apples" / "test" / "good")
    with pytest.raises(ValueError, match="normal and anomalous test images of apples"):
        describe(["apples"], tmp_path)


def test_numbers_are_finite_where_something_was_measured(made):
    assert math.isfinite(made.tables["table2_counts"]["mean difference"].sum())
    assert made.text.splitlines()[0].split()[0] == "loss"
