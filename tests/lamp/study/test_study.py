"""A small study from nothing to a report; and what is not what its name says is noticed."""

import json
import shutil

import numpy as np
import pytest

from lamp.cli.commands import app
from lamp.experiments import load_task
from lamp.experiments.table import read_table
from lamp.study.record import claim
from lamp.study.run import run_study, task_settings
from lamp.study.settings import StudySettings
from landscape import load, summarize
from landscape.cli.run import run
from landscape.errors import LandscapeError, SettingsMismatchError
from landscape.files import locked
from tests.lamp.stamps import stamped


@pytest.fixture
def copy(studied, tmp_path):
    return shutil.copytree(studied, tmp_path / "out")


def surfaces(out):
    return sorted((out / "surfaces").glob("*.h5"))


def checkpoints(out):
    return sorted((out / "models").glob("*.safetensors"))


def swap(first, second):
    """Give two files, and the JSON beside a checkpoint, each other's names."""
    suffixes = [".safetensors", ".json"] if first.suffix == ".safetensors" else [first.suffix]
    for suffix in suffixes:
        one, other = first.with_suffix(suffix), second.with_suffix(suffix)
        aside = one.with_name("aside")
        one.rename(aside)
        other.rename(one)
        aside.rename(other)


def test_a_study_leaves_everything_in_one_folder(studied):
    assert len(checkpoints(studied)) == len(surfaces(studied)) == 4
    assert all(load(path).is_complete for path in surfaces(studied))
    figures = {path.name for path in (studied / "figures").iterdir()}
    for stem in ("contours_common", "contours_own", "surfaces", "loss_curves"):
        assert {f"{stem}.pdf", f"{stem}.png", f"{stem}.svg"} <= figures
    page = (studied / "report.html").read_text()
    assert "L2-LAMP, an author&#x27;s code" in page
    assert page.count("<svg") + page.count("data:image/png") >= 5
    assert page.count("<iframe") == 1
    assert len(page) < 1_500_000
    assert 'class="lede">Neural networks were trained to redraw pictures of the handwritten' in page
    assert 'scope="col">p<' not in page  # of one seed, whose column would be empty
    assert not list(studied.glob("*.lock"))


def test_the_numbers_agree_with_one_another_and_with_the_surfaces(studied):
    models, effects = (read_table(studied / f"{name}.csv") for name in ("models", "effects"))
    assert len(models) == 4
    assert models["auroc_running"].notna().all()
    by_place = models.set_index(["loss", "batch_size"])
    lamp = "L2-LAMP, an author's code"
    for _, row in effects[effects["batch_size"] != "all"].iterrows():
        size = int(row["batch_size"])
        first, second = by_place.loc[(lamp, size)], by_place.loc[("L2", size)]
        assert row["auroc_difference"] == pytest.approx(first["auroc"] - second["auroc"], abs=1e-4)
        assert row["log_center"] == pytest.approx(
            np.log(first["center"] / second["center"]), abs=1e-4
        )
    both = effects[effects["batch_size"] == "all"].iloc[0]
    assert both["pairs"] == 2
    assert np.isnan(both["auroc_difference_low"])
    for _, row in models.iterrows():
        surface = load(studied / "surfaces" / f"{row['key']}.h5")
        assert row["flat_area"] == pytest.approx(summarize(surface)["flat_area"].value, rel=1e-4)
        plain = np.array_equal(surface.values["training_loss"], surface.loss)
        assert plain == (row["loss"] == "L2")


def test_models_of_a_seed_share_weights_images_and_directions(studied):
    infos = [json.loads(path.with_suffix(".json").read_text()) for path in checkpoints(studied)]
    assert len({info["initial_parameters"] for info in infos}) == 1
    assert len({info["images"] for info in infos}) == 1
    configs = [load(path).config for path in surfaces(studied)]
    assert len({config["data"] for config in configs}) == 1
    assert len({config["seed"] for config in configs}) == 1
    assert len({config["center"] for config in configs}) == 4


def test_repeating_a_study_does_nothing_but_say_so(studied, words, capsys):
    before = {path: path.stat().st_mtime_ns for path in studied.rglob("*") if path.is_file()}
    assert run(app, ["study", "--out", str(studied), *words]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "already complete, nothing to do"
    assert said[-1] == str(studied / "report.html")
    after = {path: path.stat().st_mtime_ns for path in studied.rglob("*") if path.is_file()}
    assert before == after


def test_other_settings_in_the_same_folder_are_refused_by_name(studied, words, capsys):
    assert run(app, ["study", "--out", str(studied), *words, "--normal", "4"]) == 1
    error = capsys.readouterr().err
    assert f"{studied} holds a study with --normal 3, not 4" in error
    assert "hint: choose another --out" in error


@pytest.mark.slow
def test_what_was_lost_is_made_anew(copy, tiny, here):
    before = (copy / "models.csv").read_bytes()
    (copy / "report.html").write_text("")
    shutil.rmtree(copy / "figures")
    surfaces(copy)[0].unlink()
    checkpoints(copy)[1].unlink()
    found = run_study(tiny, copy)
    assert not found.repeated
    assert found.report.read_text().endswith("</html>\n")
    assert (copy / "figures" / "surfaces.svg").stat().st_size > 5000
    assert (copy / "models.csv").read_bytes() == before
    assert run_study(tiny, copy).repeated


@pytest.mark.parametrize("forget", [False, True])
def test_models_that_were_swapped_are_noticed(copy, tiny, here, forget):
    first, *_, last = checkpoints(copy)
    swap(first, last)
    if forget:
        (copy / "study.json").unlink()
    with pytest.raises(ValueError, match=r"safetensors belongs to another training: .* was "):
        run_study(tiny, copy)


def test_surfaces_that_were_swapped_are_noticed(copy, tiny, here):
    first, *_, last = surfaces(copy)
    swap(first, last)
    with pytest.raises(SettingsMismatchError, match="computed with other parameters") as caught:
        run_study(tiny, copy)
    assert f"remove {copy / 'surfaces'}" in caught.value.hint


def test_surfaces_of_other_settings_are_noticed_without_a_record(copy, tiny, here):
    (copy / "study.json").unlink()
    with pytest.raises(SettingsMismatchError, match=r"computed with steps = 7, not 9"):
        run_study(StudySettings(**{**tiny.model_dump(), "steps": 9}), copy)


@pytest.mark.parametrize("name", ["surfaces/*.h5", "models/*.safetensors", "models/*.result.json"])
def test_a_file_that_was_cut_off_is_named(copy, tiny, here, name):
    path = sorted(copy.glob(name))[0]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises((ValueError, LandscapeError), match=path.name):
        run_study(tiny, copy)


def test_a_judgement_that_was_edited_is_noticed(copy, tiny, here):
    path = next(iter((copy / "models").glob("*.result.json")))
    result = json.loads(path.read_text())
    result["marks"][0]["judged"]["auroc"] = 0.123
    path.write_text(json.dumps(stamped(result)))
    with pytest.raises(ValueError, match=f"{path.name} says that the AUROC is 0.123, and its"):
        run_study(tiny, copy)


@pytest.mark.parametrize("text", ["[]", "null", "7", "{", "[" * 50_000, '{"settings": []}', "{}"])
def test_a_damaged_record_is_named(tmp_path, tiny, text):
    (tmp_path / "study.json").write_text(text)
    task = load_task(task_settings(tiny), None)
    with pytest.raises(ValueError, match=r"study\.json is damaged \(.*: remove it: all that is"):
        claim(tiny, task, tmp_path)


def test_a_folder_belongs_to_one_set_of_images(tmp_path, tiny):
    claim(tiny, load_task(task_settings(tiny), None), tmp_path)
    other = load_task(task_settings(tiny.model_copy(update={"normal": 4})), None)
    with pytest.raises(SettingsMismatchError, match="holds a study of other images"):
        claim(tiny, other, tmp_path)


def test_one_study_at_a_time_in_a_folder(tmp_path, tiny, here):
    with (
        locked(tmp_path / "study.json"),
        pytest.raises(BlockingIOError, match="being written by another process"),
    ):
        run_study(tiny, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_data_root_is_not_ignored(tmp_path, tiny):
    with pytest.raises(ValueError, match="expected --data-root for mnist only, got it for digits"):
        run_study(tiny, tmp_path / "out", data_root=tmp_path)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_what_diverges_is_left_out_and_told(tmp_path, tiny, here, monkeypatch):
    from lamp.experiments import run_trial

    def flaky(settings, folder, root):
        trial = run_trial(settings, folder, root)
        if settings.loss.name == "l2-lamp" and settings.training.batch_size == 16:
            object.__setattr__(trial, "marks", ())
            object.__setattr__(trial, "failure", "the training loss became nan at step 3")
        return trial

    monkeypatch.setattr("lamp.study.models.run_trial", flaky)
    found = run_study(tiny, tmp_path)
    assert found.models["auroc"].isna().sum() == 1
    assert found.effects["batch_size"].tolist() == [32]
    page = found.report.read_text()
    assert "diverged: the training loss became nan at step 3" in page


@pytest.mark.slow
@pytest.mark.parametrize(
    "losses",
    [
        ("l2",),
        ("l1-lamp", "bce"),
        ("l2", "l1", "ssim", "bce", "l2-lamp", "l1-lamp", "ssim-lamp", "l2-lamp:author-signed"),
    ],
)
def test_any_losses_can_be_told(tmp_path, tiny, losses):
    settings = tiny.model_copy(update={"losses": losses, "batch_sizes": (32,), "steps": 5})
    found = run_study(settings, tmp_path, workers=1)
    assert len(found.models) == len(losses)
    assert len(found.effects) == len(losses) - 1


@pytest.mark.slow
def test_a_folder_is_studied(tmp_path, shared_category):
    words = "--size 16 --depth 3 --batch-sizes 8 --seeds 2 --planes 2 --steps 7 --width 2"
    more = ["--train-samples", "128", "--workers", "1", "--out", str(tmp_path / "out")]
    assert run(app, ["study", "--data", str(shared_category), *words.split(), *more]) == 0
    assert len(read_table(tmp_path / "out" / "models.csv")) == 4
    assert 'scope="col">p<' in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.slow
def test_real_mnist(real_mnist, tmp_path, words):
    more = ["--data", "mnist", "--data-root", str(real_mnist), "--out", str(tmp_path / "out")]
    assert run(app, ["study", *more, *words]) == 0
    assert read_table(tmp_path / "out" / "models.csv")["auroc"].between(0.5, 1).all()


@pytest.mark.slow
def test_a_study_can_measure_every_point(tmp_path, tiny):
    settings = tiny.model_copy(update={"tolerance": None, "steps": 3, "planes": 1})
    run_study(settings, tmp_path, workers=1)
    assert all(load(path).measured.all() for path in surfaces(tmp_path))
