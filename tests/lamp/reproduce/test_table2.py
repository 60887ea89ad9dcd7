import json
import math

import pytest
from PIL import Image

from lamp.experiments import Judgement, Mark, Trial, search
from lamp.reproduce.paper import CATEGORIES, TABLE2
from lamp.reproduce.table2.categories import Category, find_categories
from lamp.reproduce.table2.report import tell
from lamp.reproduce.table2.searches import table2_searches

SCREW = Category(name="screw", folder="mvtec/screw", channels=1)
OTHER = Category(name="my_parts", folder="my_parts", channels=3)
BASELINES = {
    name: {"PCA": 0.7, "mean image": 0.6, "brightness": 0.5} for name in ("screw", "my_parts")
}


def judged(settings):
    """Make up numbers: LAMP better by .01 on screw, worse by .02 elsewhere; one cell diverges."""
    loss, training = settings.loss, settings.training
    if (loss.name, training.optimizer) == ("ssim-lamp", "sgd"):
        return Trial(settings=settings, marks=(), seconds=1, data="", failure="NaN")
    gain = loss.amplified * (0.01 if "screw" in settings.task.name else -0.02)
    tuned = 0.05 * (settings.model.patches == 2)
    held_out = 0.02 - tuned / 10 - training.learning_rate / 1e4
    marks = [
        Mark(
            samples=training.samples // 2,
            judged=Judgement(held_out=held_out + 0.01, auroc=0.75 + gain + tuned),
        ),
        Mark(
            samples=training.samples, judged=Judgement(held_out=held_out, auroc=0.6 + gain + tuned)
        ),
    ]
    return Trial(settings=settings, marks=marks, seconds=1, data="")


@pytest.fixture(scope="module")
def made():
    starts = table2_searches([SCREW, OTHER], "hours")
    found = search(starts, lambda trials: [judged(trial) for trial in trials])
    names = {"mvtec/screw": "screw", "my_parts": "my_parts"}
    return tell([(names[one.start.task.name], one) for one in found], BASELINES)


def test_the_papers_table_is_as_printed():
    averages = {"sgd": (0.840, 0.851), "rmsprop": (0.885, 0.891), "adam": (0.874, 0.861)}
    for optimizer, expected in averages.items():
        for column in (0, 1):
            numbers = [pair[column] for pair in TABLE2["l2", optimizer]]
            assert sum(numbers) / 15 == pytest.approx(expected[column], abs=6e-4)
    pairs = [pair for column in TABLE2.values() for pair in column]
    assert len(pairs) == 9 * len(CATEGORIES) == 135
    assert sum(b > a for a, b in pairs) == 63
    assert sum(b == a for a, b in pairs) == 8


def test_searches_differ_in_the_loss_and_optimizer_only():
    starts = [start for start, _ in table2_searches([SCREW], "hours")]
    assert len({start.key for start in starts}) == 18
    assert {start.training.batch_size for start in starts} == {16}
    assert {start.loss.name for start in starts} == {
        "l2", "l1", "ssim", "l2-lamp", "l1-lamp", "ssim-lamp",
    }  # fmt: skip
    assert {(start.model.depth, start.model.kernel_size) for start in starts} == {(6, 5)}
    assert table2_searches([OTHER], "paper")[0][0].model.channels == 3


def test_cells_are_base_and_lamp_by_way_of_choosing(made):
    cells = {(c["category"], c["base"], c["optimizer"]): c for c in made.results["cells"]}
    screw = cells["screw", "l2", "adam"]
    assert screw["last"] == [0.6, 0.61]
    assert screw["held_out"] == [0.65, 0.66]
    assert screw["oracle"] == [0.8, 0.81]
    assert screw["paper"] == [0.831, 0.804]
    assert cells["my_parts", "l1", "sgd"]["held_out"] == [0.65, 0.63]
    assert cells["my_parts", "l1", "sgd"]["paper"] == []
    assert cells["screw", "ssim", "sgd"]["oracle"] == [0.8, None]


def test_what_was_chosen_is_told(made):
    chosen = made.results["chosen"][0]
    assert chosen["held_out"] == "rate 0.1, patches 2, kernel 5, 1024 images"
    assert chosen["oracle"] == "rate 0.1, patches 2, kernel 5, 512 images"


def test_counts_leave_out_what_diverged(made):
    assert made.results["lamp_better_equal_worse"]["held_out"] == [8, 0, 8]
    assert made.results["mean_difference"]["held_out"] == pytest.approx(-0.005)
    assert "better in 8 of 16 settings, equal in 0, worse in 8, on average by −.005" in made.lede
    assert "below PCA with .700" in made.lede


def test_the_papers_layout_leaves_absent_categories_blank(made):
    table = made.sections[1].blocks[0]
    rows = {row[0]: row[1:] for row in table.rows}
    assert list(rows) == [*(name.replace("_", " ") for name in CATEGORIES), "my parts"]
    assert rows["bottle"] == [""] * 10
    assert rows["screw"][2] == ".800 → .810"
    assert rows["screw"][6] == ".800 → -"
    assert rows["screw"][-1] == ".800 → .810"


def test_the_numbers_are_plain_json(made):
    json.dumps(made.results, allow_nan=False)
    assert math.isfinite(made.results["mean_difference"]["oracle"])


def write_category(folder, mode="L"):
    for part in ("train/good", "test/good", "test/crack"):
        (folder / part).mkdir(parents=True)
        Image.new(mode, (8, 8)).save(folder / part / "0.png")


def test_categories_are_found_in_the_papers_order(tmp_path):
    for name, mode in (("mvtec/zipper", "L"), ("mvtec/cable", "RGB"), ("apples", "RGB")):
        write_category(tmp_path / name, mode)
    (tmp_path / "mvtec" / "notes").mkdir()
    assert find_categories(tmp_path) == [
        Category(name="cable", folder="mvtec/cable", channels=3),
        Category(name="zipper", folder="mvtec/zipper", channels=1),
        Category(name="apples", folder="apples", channels=3),
    ]


def test_no_category_is_an_error_that_says_where_they_belong(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"mvtec.*screw.*train.*good.*got none"):
        find_categories(tmp_path)
    with pytest.raises(ValueError, match="expected --data-root"):
        find_categories(None)
