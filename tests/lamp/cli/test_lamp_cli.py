"""The lamp command: a small study from nothing to a report, and what is said to bad input."""

import json
import math
import shutil

import numpy as np
import pytest

from lamp.cli.commands import app
from landscape import load
from landscape.cli.run import run

TINY = [
    *("--batch-sizes", "32,8", "--planes", "2", "--steps", "7", "--samples", "16"),
    *("--train-samples", "512", "--width", "4", "--seeds", "1", "--workers", "1"),
]


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    out = tmp_path_factory.mktemp("study") / "out"
    assert run(app, ["study", "--out", str(out), *TINY]) == 0
    return out


def test_a_study_leaves_everything_in_one_folder(studied):
    names = [f"{loss}_batch{size}_seed0" for loss in ("l2", "l2-lamp") for size in (32, 8)]
    for name in names:
        assert (studied / "models" / f"{name}.safetensors").exists()
        assert load(studied / "surfaces" / f"{name}.h5").measured.all()
    figures = {path.name for path in (studied / "figures").iterdir()}
    for stem in ("contours_common", "contours_own", "surfaces", "loss_curves"):
        assert {f"{stem}.pdf", f"{stem}.png", f"{stem}.svg"} <= figures
    page = (studied / "report.html").read_text()
    assert "L2-LAMP" in page
    assert page.count("<svg") + page.count("data:image/png") >= 3


def test_the_numbers_agree_with_models_and_surfaces(studied):
    results = json.loads((studied / "results.json").read_text())
    assert len(results["runs"]) == 4
    by_name = {(r["loss"], r["batch_size"]): r for r in results["runs"]}
    for size in (32, 8):
        pairing = next(p for p in results["pairings"] if p["batch_size"] == size)
        expected = by_name["l2-lamp", size]["auroc"] - by_name["l2", size]["auroc"]
        assert pairing["auroc_difference"]["value"] == pytest.approx(expected)
    radius = {
        key: next(s for s in r["common_lens"]["statistics"] if s["key"] == "radius_mean")
        for key, r in by_name.items()
    }
    ratios = [
        np.mean(np.log(radius["l2-lamp", size]["per_plane"]))
        - np.mean(np.log(radius["l2", size]["per_plane"]))
        for size in (32, 8)
    ]
    pooled = next(p for p in results["pairings"] if p["batch_size"] is None)
    assert pooled["log_ratio_of_doubling_radius"]["value"] == pytest.approx(np.mean(ratios))
    assert pooled["auroc_difference"] | {"value": 0} == {
        "value": 0,
        "low": None,
        "high": None,
        "n": 1,
    }
    assert pooled["pairs_of_models"] == 2


def test_both_lenses_come_from_one_evaluation(studied):
    plain = load(studied / "surfaces" / "l2_batch8_seed0.h5")
    np.testing.assert_array_equal(plain.values["training_loss"], plain.loss)
    amplified = load(studied / "surfaces" / "l2-lamp_batch8_seed0.h5")
    assert not np.allclose(amplified.values["training_loss"], amplified.loss)


def test_pairs_share_initial_weights_and_images(studied):
    configs = [
        load(path).metadata["config"] for path in sorted((studied / "surfaces").glob("*.h5"))
    ]
    assert len({config["data"] for config in configs}) == 1
    assert len({config["center"] for config in configs}) == len(configs)
    assert len({config["seed"] for config in configs}) == 1
    infos = [json.loads(path.read_text()) for path in (studied / "models").glob("*.json")]
    assert len({info["initial_parameters"] for info in infos}) == 1
    assert len({info["images"] for info in infos}) == 1


def test_repeating_a_study_does_nothing_but_say_so(studied, capsys):
    before = {path: path.stat().st_mtime_ns for path in studied.rglob("*")}
    assert run(app, ["study", "--out", str(studied), *TINY]) == 0
    assert "already complete, nothing to do" in capsys.readouterr().out
    assert before == {path: path.stat().st_mtime_ns for path in studied.rglob("*")}


def test_other_settings_in_the_same_folder_are_refused_by_name(studied, capsys):
    assert run(app, ["study", "--out", str(studied), *TINY, "--normal", "4"]) == 1
    error = capsys.readouterr().err
    assert f"{studied} holds a study with --normal 3, not 4" in error
    assert "hint: choose another --out" in error


def test_an_interrupted_study_goes_on(tmp_path, studied):
    out = shutil.copytree(studied, tmp_path / "out")
    (out / "report.html").unlink()
    for path in [*(out / "surfaces").glob("l2-lamp*"), *(out / "models").glob("l2_batch8*")]:
        path.unlink()
    assert run(app, ["study", "--out", str(out), *TINY]) == 0
    first, second = (json.loads((p / "results.json").read_text()) for p in (studied, out))
    assert first == second


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["study", "--normal", "12"], 1, "one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, got 12"),
        (["study", "--data", "mnist"], 1, "mnist needs --data-root"),
        (["study", "--data", "mnist", "--data-root", "here"], 1, "no folder here"),
        (["study", "--data", "cifar"], 2, "data: input should be 'digits' or 'mnist', got 'cifar'"),
        (
            ["study", "--steps", "2"],
            2,
            "steps: input should be greater than or equal to 3, got '2'",
        ),
        (["study", "--epsilon", "1e-9"], 2, "epsilon: "),
        (["study", "--losses", "l2,l3"], 2, "losses.1: input should be 'l2', 'l1'"),
        (["study", "--losses", "l2,l2"], 2, "at least one value, each once"),
        (["study", "--batch-sizes", "4,0"], 2, "batch sizes of at least 1"),
        (["study", "--batch-sizes", "1", "--train-samples", "8"], 1, "a batch of 1 cannot be"),
        (["study", "--learning-rate", "1e30", "--train-samples", "4000"], 1, "loss"),
        (["reproduce", "fig9"], 2, "fig9"),
        (["data", "cifar", "--data-root", "."], 2, "cifar"),
    ],
)
def test_bad_input_is_one_line(words, code, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(app, words) == code
    lines = capsys.readouterr().err.splitlines()
    (error,) = [line for line in lines if line.startswith("error: ")]
    assert message in error
    assert "Traceback" not in "\n".join(lines)


def test_a_refused_study_leaves_no_claim_on_its_folder(tmp_path):
    out = tmp_path / "out"
    assert run(app, ["study", "--out", str(out), *TINY, "--normal", "12"]) == 1
    assert not out.exists()


@pytest.mark.slow
def test_a_damaged_checkpoint_is_named(tmp_path, capsys):
    out = shutil.copytree(studied, tmp_path / "out")
    (out / "report.html").unlink()
    path = out / "models" / "l2_batch8_seed0.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    assert run(app, ["study", "--out", str(out), *TINY]) == 1
    assert f"{path} is damaged or no safetensors file" in capsys.readouterr().err


def test_the_loss_curves_of_the_paper(tmp_path):
    out = tmp_path / "fig2" / "fig2.svg"
    assert run(app, ["reproduce", "fig2", "--out", str(tmp_path)]) == 0
    assert out.stat().st_size > 5000


@pytest.mark.slow
def test_real_mnist(real_mnist, tmp_path):
    words = ["--data", "mnist", "--data-root", str(real_mnist), "--out", str(tmp_path / "out")]
    assert run(app, ["study", *words, *TINY]) == 0
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert all(0.5 < r["auroc"] < 1 and not math.isnan(r["auroc"]) for r in results["runs"])


@pytest.mark.slow
def test_a_study_can_measure_every_point(tmp_path):
    words = "study --tolerance none --seeds 1 --planes 1 --steps 3 --train-samples 64"
    assert run(app, [*words.split(), "--batch-sizes", "16", "--out", str(tmp_path / "study")]) == 0
    for path in (tmp_path / "study" / "surfaces").glob("*.h5"):
        surface = load(path)
        assert surface.refined is None
        assert surface.measured.all()
