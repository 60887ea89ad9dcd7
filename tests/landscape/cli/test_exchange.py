"""`landscape export` and `landscape import`: an old file redrawn, and ours for other programs."""

import h5py
import numpy as np

import landscape as ls
from landscape.cli.commands import app
from landscape.cli.run import run
from landscape.surface.data import Refined, Surface
from tests.landscape.cli.example import EXAMPLE, QUICK
from tests.landscape.surface.exchange.samples import write_as_li


def test_an_old_file_is_redrawn_with_what_can_be_known_about_its_error(tmp_path, capsys):
    x = np.linspace(-1, 1, 11)
    write_as_li(tmp_path / "li.h5", x, np.linspace(-1, 1, 21))
    run_file = str(tmp_path / "run.h5")
    assert run(app, ["import", str(tmp_path / "li.h5"), "--out", run_file]) == 0
    out = capsys.readouterr().out
    assert f"{run_file}: 231 of 231 points\n" in out
    assert "filled by rows of 11: repaired" in out
    unknown = "errors over samples, intervals over planes (there is one)"
    assert f"not known: {unknown}" in out
    for words in (
        ["stats", run_file, "--all"],
        ["info", run_file],
        ["plot", run_file, "--out", str(tmp_path / "old.png")],
        ["plot", run_file, "--kind", "surface", "--out", str(tmp_path / "old.html")],
        ["plot", run_file, "--metric", "accuracy", "--out", str(tmp_path / "accuracy.png")],
    ):
        assert run(app, words) == 0, words
        assert unknown in capsys.readouterr().out


def test_info_lists_the_checkpoints_of_an_imported_path_once(tmp_path, capsys):
    write_as_li(tmp_path / "li.h5", np.linspace(-1, 1, 5), np.linspace(-1, 1, 5))
    with h5py.File(tmp_path / "t_lstsq.h5", "w") as file:
        file["proj_xcoord"], file["proj_ycoord"] = [0.5, 0.0], [0.25, 0.0]
    files = ["--trajectory", str(tmp_path / "t_lstsq.h5"), "--out", str(tmp_path / "run.h5")]
    assert run(app, ["import", str(tmp_path / "li.h5"), *files]) == 0
    assert run(app, ["info", str(tmp_path / "run.h5"), "--all"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert ["0", "0.5", "0.25"] in [line.split() for line in lines]
    assert not any("points_of_interest" in line for line in lines)


def test_an_imported_file_is_not_continued(tmp_path, capsys):
    write_as_li(tmp_path / "li.h5", np.linspace(-1, 1, 5), np.linspace(-1, 1, 5))
    run_file = str(tmp_path / "run.h5")
    assert run(app, ["import", str(tmp_path / "li.h5"), "--out", run_file]) == 0
    assert run(app, ["compute", EXAMPLE, "--planes", "1", "--out", run_file, *QUICK]) == 1
    assert "was computed with along" in capsys.readouterr().err


def test_files_for_other_programs_are_chosen_by_their_ending(computed, tmp_path, capsys):
    for ending in ("vts", "ply", "stl", "csv", "npy", "nc", "h5"):
        out = tmp_path / f"x.{ending}"
        assert run(app, ["export", str(computed), "--out", str(out)]) == 0
        assert capsys.readouterr().out == f"{out}\n"
        assert out.stat().st_size > 0
    assert run(app, ["export", str(computed), "--out", str(tmp_path / "x.obj")]) == 1
    assert "expected a file name ending in .vts" in capsys.readouterr().err


def test_errors_are_one_line_and_a_hint(tmp_path, capsys):
    (tmp_path / "li.h5").write_bytes(b"nothing")
    np.save(tmp_path / "a.npy", np.ones((4, 4)))
    out = ["--out", str(tmp_path / "run.h5")]
    for words in (["li.h5"], ["a.npy"], ["a.npy", "--window=-1,one"]):
        assert run(app, ["import", str(tmp_path / words[0]), *words[1:], *out]) == 1
        error = capsys.readouterr().err
        assert error.startswith("error: ")
        assert "\nhint: " in error
        assert error.count("\n") == 2
    assert run(app, ["import", str(tmp_path / "a.npy"), "--window", "-1,1,-1,1", *out]) == 0


def test_export_says_which_plane_it_wrote_and_that_points_are_estimates(tmp_path, capsys):
    axis = np.linspace(-1, 1, 5)
    status = np.zeros((2, 5, 5), np.int8)
    status[:, ::2, ::2] = 1
    loss = 1 + np.stack([axis**2 + axis[:, None] ** 2] * 2)
    error = np.where(status == 1, 0.0, 0.004 * loss)
    given = Surface(
        alpha=axis, beta=axis, status=status, gram=np.stack([np.eye(2)] * 2), center={"loss": 1.0},
        values={
            "loss": np.where(status == 1, loss, np.nan),
            "loss_estimate": loss,
            "loss_estimate_error": error,
        },
        metadata={"config": {"tolerance": 0.01, "clip": 10.0, "tolerance_metrics": ["loss"]}},
        refined=Refined(done=np.ones(2, bool), error=np.full(2, 0.004)),
    )  # fmt: skip
    ls.export(given, tmp_path / "run.nc")
    one = "plane 1 of 2 (--plane N)\n16 of 25 points are estimates"
    promise = (
        "estimated error at most 0.004 of the value (tolerance 0.01 up to 10 times the center)"
    )
    for name, words in {
        "li.h5": f"{one}\n{promise}",
        "x.npy": f"{one}, which the file does not mark\n{promise}",
        "x.csv": f"32 of 50 points are estimates\n{promise}",
    }.items():
        out = tmp_path / name
        assert (
            run(app, ["export", str(tmp_path / "run.nc"), "--plane", "1", "--out", str(out)]) == 0
        )
        said = capsys.readouterr()
        assert said.out == f"{out}\n"
        assert said.err.startswith(words)
    back = str(tmp_path / "back.h5")
    assert run(app, ["import", str(tmp_path / "li.h5"), "--out", back]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{back}: 9 of 25 points measured, 16 estimated\n{promise}")
    assert run(app, ["info", back]) == 0
    said = capsys.readouterr().out
    assert "9 measured, 16 estimated" in said
    assert promise in said
