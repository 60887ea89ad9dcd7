"""What is said at the shell is said in options of the shell."""

import pytest

from landscape.cli.commands import app
from landscape.cli.run import run
from landscape.cli.words import in_options


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("use workers=1 (--workers 1), or none", "use --workers 1, or none"),
        ("along='pca:RUN' (--along pca:RUN)", "--along pca:RUN"),
        ("with overwrite=True (--overwrite)", "with --overwrite"),
        ("kind='absolute' (--units absolute) or x=1 (one)", "--units absolute or x=1 (one)"),
        ("computed with max_samples = 5, not none", "computed with --max-samples = 5, not none"),
        (
            "my_max_samples of 'hessian:tolerance=1e-3'",
            "my_max_samples of 'hessian:tolerance=1e-3'",
        ),
        ("steps: 3", "steps: 3"),
    ],
)
def test_options_stand_in_place_of_arguments(text, said):
    assert in_options(text) == said


def test_errors_and_warnings_name_options(computed, tmp_path, capsys):
    out = ["--out", str(tmp_path / "a.h5")]
    refused = [
        (["--max-samples", "0"], "error: --max-samples: input should be greater"),
        (["--only", ","], "hint: for instance --only 'encoder.*,head.weight'"),
        (["--each-layer", "--along", "gradient"], "take one layer alone: --only NAME instead"),
    ]
    (tmp_path / "p.py").write_text(
        "import torch, landscape\n"
        "def build():\n"
        "    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))\n"
        "    loss = lambda m, x: m(x).square().mean(1)\n"
        "    return landscape.Problem(model, loss, [torch.eye(2)])\n"
    )
    for words, message in refused:
        assert run(app, ["compute", str(tmp_path / "p.py"), *words, *out]) in {1, 2}
        assert message in capsys.readouterr().err
    assert run(app, ["plot", str(computed), "--kind=trajectory", "--out", "a.png"]) == 1
    assert "hint: compute it --along pca:FOLDER, where" in capsys.readouterr().err
