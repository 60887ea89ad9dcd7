"""The lamp command: what is said to bad input."""

import pytest

from lamp.cli.commands import app
from landscape.cli.run import run

TINY = [
    *("--batch-sizes", "32,8", "--planes", "2", "--steps", "7", "--samples", "16"),
    *("--train-samples", "512", "--width", "4", "--seeds", "1", "--workers", "1"),
]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["study", "--normal", "12"], 1, "one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, got 12"),
        (["study", "--data", "mnist"], 1, "mnist needs --data-root"),
        (["study", "--data", "mnist", "--data-root", "here"], 1, "no folder here"),
        (["study", "--data", "cifar"], 2, "data: expected digits, mnist or a folder that is there"),
        (
            ["study", "--steps", "2"],
            2,
            "steps: input should be greater than or equal to 3, got '2'",
        ),
        (["study", "--epsilon", "1e-9"], 2, "epsilon: "),
        (["study", "--losses", "l2,l3"], 2, "losses: expected losses among l2, l1, ssim, bce,"),
        (["study", "--losses", "l2,l2"], 2, "at least one loss, each once"),
        (["study", "--detach"], 2, "--detach"),
        (["study", "--batch-sizes", "4,0"], 2, "batch sizes of at least 1"),
        (["study", "--batch-sizes", "1", "--train-samples", "8"], 1, "a batch of 1 cannot be"),
        (
            [
                "study",
                "--learning-rate",
                "1e30",
                "--seeds",
                "1",
                "--batch-sizes",
                "16",
                "--losses",
                "l2",
            ],
            1,
            "every training diverged (the training loss",
        ),
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


def test_the_loss_curves_of_the_paper(tmp_path):
    out = tmp_path / "fig2" / "fig2.svg"
    assert run(app, ["reproduce", "fig2", "--out", str(tmp_path)]) == 0
    assert out.stat().st_size > 5000
