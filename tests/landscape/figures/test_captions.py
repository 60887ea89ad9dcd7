"""Captions: what a file says of its surface, in sentences and in the files of figures."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import landscape as ls
from landscape.errors import LandscapeError
from landscape.figures import levels_for
from landscape.figures.save import provenance_text
from landscape.surface.data import Status
from tests.landscape.figures.kinds import connection, points, surface

CONFIG = {"seed": 3, "normalize": "filter", "batchnorm": "recalibrate", "precision": "float32"}
ABOUT = {"model": "ResNet", "samples": 10000, "center_loss_se": 0.1, "path": "/home/jo/runs/a.h5"}


def test_a_caption_says_where_a_surface_is_from_and_how_well_it_is_known(bowl):
    told = replace(bowl, metadata={**ABOUT, "config": CONFIG})
    assert ls.caption(told, levels=levels_for(told, values=[1, 2, 5])) == (
        "Loss of ResNet on a plane, 41 × 41 points. Random directions, filter-normalized, seed 3, "
        "radius 1. Evaluated on 10,000 samples in float32; BatchNorm recalibrate. "
        "At the center it is 1 ± 0.2 (95% over samples). All points were measured. "
        "Contours at 2× and 5× the loss at the center. "
        "Dot: center; cross: grid minimum; bold line: the loss doubles, at the mean radius r2×."
    )


def test_what_was_not_measured_is_said_with_the_error_that_was_promised(estimated, run, make):
    assert (
        "7% of the points were measured, the others interpolated: estimated error at most 0.01 of "
        "the value (tolerance 0.01 up to 10 times the center)"
    ) in ls.caption(estimated)
    text = ls.caption(run, metric="accuracy", plane=1)
    assert text.startswith("Accuracy on plane 1 of 2, 21 × 21 points.")
    assert "At the center it is 0.875." in text
    assert "27% of the points were measured; 73% are missing." in text
    text = ls.caption(run, metric="accuracy", plane=0)
    assert re.search(r"27% of the points were measured; <1% failed; 7\d% are missing", text)
    other = replace(estimated, metadata={"config": {**estimated.config, "tolerance_metrics": []}})
    assert "no error is promised for loss" in ls.caption(other)


def test_where_a_tolerance_left_nothing_to_interpolate_nothing_is_said_of_it(estimated):
    all_of_it = replace(estimated, status=np.full_like(estimated.status, Status.MEASURED))
    told = ls.caption(all_of_it)
    assert "All points were measured." in told
    assert "interpolated" not in told


def test_of_several_metrics_each_has_its_own_error_samples_and_promise(estimated):
    values = {f"test_{name}": 2 * array for name, array in estimated.values.items()}
    about = {"samples": 600, "split_samples": {"test": 300}, "path": "a.h5"}
    about |= {"center_loss_se": 0.1, "center_test_loss_se": 0.25}
    both = replace(
        estimated,
        values={**estimated.values, **values},
        center={"loss": 1.0, "test_loss": 2.0},
        metadata={**estimated.metadata, **about},
    )
    drawing = ls.draw_contours([[both]], metric=["loss", "test_loss"])
    assert (
        "loss: Evaluated on 600 samples. test loss: Evaluated on 300 samples. "
        "loss: At the center it is 1 ± 0.2 (95% over samples). "
        "test loss: At the center it is 2 ± 0.49 (95% over samples). "
    ) in drawing.caption
    assert "others interpolated: no error is promised for test_loss. " in drawing.caption
    assert drawing.provenance["files"] == [dict(both.metadata)]
    alone = ls.caption(both, metric="test_loss")
    assert "Evaluated on 300 samples. At the center it is 2 ± 0.49 (95% over samples)." in alone
    # A file that does not record the samples of splits does not say how many these are.
    del about["split_samples"]
    older = replace(both, metadata={**estimated.metadata, **about})
    assert "samples." not in ls.caption(older, metric="test_loss")
    assert "Evaluated on 600 samples." in ls.caption(older)


def test_a_caption_is_of_the_plane_that_is_drawn(estimated):
    """The second plane has three measured points only, and one large error."""
    status = np.concatenate([estimated.status, np.zeros_like(estimated.status)])
    status[1, 0, :3] = Status.MEASURED
    values = {name: np.concatenate([each, each]) for name, each in estimated.values.items()}
    values["loss"][1] = np.where(status[1] == 1, values["loss_estimate"][1], np.nan)
    values["loss_estimate_error"][1, 20, 15] = 0.5
    two = replace(
        estimated,
        values=values,
        status=status,
        gram=np.concatenate([estimated.gram, estimated.gram]),
        refined=replace(estimated.refined, done=np.ones(2, bool), error=np.full(2, 0.01)),
    )
    assert "7% of the points were measured" in ls.caption(two, plane=0)
    text = ls.caption(two, plane=1)
    assert "<1% of the points were measured" in text
    assert re.search(r"error at most 0.17 of the value .*, largest at α −0.25, β 0\.", text)
    assert "largest at plane 1, α −0.25, β 0." in ls.caption(two)
    begun = replace(two, refined=replace(two.refined, done=np.array([True, False])))
    assert "at most 0.01 of" in ls.caption(begun, plane=0)
    assert "up to 10 times the center is not yet reached" in ls.caption(begun, plane=1)


def test_a_caption_names_the_marks_and_contours_that_are_drawn(estimated, accuracy, bowl, make):
    # Estimates reach 61, but none above 10 is drawn: of these levels 2, and twice the center.
    told = ls.draw_contour(estimated, levels=[0.5, 2, 20, 100]).caption
    assert told.endswith(
        "Contour at 2. Dot: center; cross: grid minimum; bold line: the loss doubles, at the mean "
        "radius r2×; hatched: above 10, not accurate."
    )
    assert ls.draw_surface(bowl).caption.endswith("Dot: center; bold line: the loss doubles.")
    told = ls.draw_contour(accuracy, metric="accuracy").caption
    assert told.endswith(". Dot: center; cross: grid best.")
    assert "Contour at no level." in ls.draw_contour(bowl, levels=[30, 40]).caption
    holes = make(lambda a, b: np.where(a > 0.5, np.inf, 1 + a**2 + b**2))
    assert ls.draw_contour(holes).caption.endswith("; hatched: no finite value.")


def test_lines_other_directions_and_other_programs_are_named(line, make):
    assert "on 3 lines, 11 points. Random direction, filter-normalized, radius 1." in ls.caption(
        line
    )
    text = ls.caption(surface(points()))
    assert "α: PC 1, 90 %, parameter distance; β: PC 2, 8 %, parameter distance" in text
    imported = make(lambda a, b: 1 + a**2, imported="loss-landscapes", unknown="normalization")
    assert ls.caption(imported).endswith("Imported from loss-landscapes; not known: normalization.")


def test_what_several_surfaces_share_is_said_once(bowl, estimated):
    text = ls.draw_contours([[bowl, estimated]], columns=["skip", "no skip"]).caption
    assert text.count("Random directions") == 1
    assert text.count("At the center it is 1.") == 1
    assert "skip: All points were measured. no skip: 7% of the points" in text
    assert text == ls.draw_contours([[bowl], [estimated]], rows=["skip", "no skip"]).caption
    with pytest.raises(LandscapeError, match="got 2 and 1"):
        ls.caption([bowl, bowl], titles=["one"])
    with pytest.raises(LandscapeError, match="expected a metric of loss, got 'f1'"):
        ls.caption(bowl, metric="f1")


def test_files_have_caption_and_provenance_of_what_is_drawn(bowl, tmp_path):
    told = replace(bowl, metadata={**ABOUT, "config": CONFIG})
    drawing = ls.draw_contour(told)
    assert drawing.caption.startswith("Loss of ResNet")

    pdf = ls.save_figure(drawing, tmp_path / "a.pdf").read_bytes()
    subject = re.search(rb"/Subject \((.*?)(?<!\\)\)\n?/", pdf, re.DOTALL).group(1)
    assert b"\0R\0e\0s\0N\0e\0t" in subject or b"ResNet" in subject  # UTF-16 because of the ×
    with Image.open(ls.save_figure(drawing, tmp_path / "a.png")) as image:
        found = json.loads(image.text["Description"])
        assert image.text["Comment"] == found["caption"] == drawing.caption
    assert found["files"][0]["config"]["seed"] == 3
    assert found["files"][0]["path"] == "a.h5"
    svg = ls.save_figure(drawing, tmp_path / "a.svg", metadata={"caption": "mine"}).read_text()
    assert "mine" in svg
    assert "Loss of ResNet" not in svg
    assert "/home" not in svg


@pytest.mark.parametrize(
    "kind",
    [
        lambda bowl, line: ls.draw_surfaces([bowl, bowl]),
        lambda bowl, line: ls.draw_line(line),
        lambda bowl, line: ls.draw_comparison([bowl, bowl], names=["a", "b"]),
        lambda bowl, line: ls.draw_comparison([line, line], names=["a", "b"]),
        lambda bowl, line: ls.draw_difference(ls.difference_map(bowl, bowl, names=("a", "b"))),
        lambda bowl, line: ls.draw_barriers(connection(), ["loss"]),
        lambda bowl, line: ls.draw_trajectory(surface(points())),
    ],
)
def test_every_kind_has_a_caption(bowl, line, kind):
    drawing = kind(bowl, line)
    assert re.fullmatch(r"[^\n]+\.", drawing.caption)
    assert drawing.provenance


def test_paths_are_the_names_of_their_files():
    told = {
        "command": "/usr/bin/python '/home/jo smith/run it.py' /a/b/c.py:build --along pca:/x/sgd",
        "windows": "C:\\Users\\jo\\a.h5",
        "address": "https://example.org/a/b",
        "unit": "loss / center",
        "path": "runs/a.h5",
        "ends": ["/data/a.pt", np.float64(1)],
    }
    assert json.loads(provenance_text(told)) == {
        "command": "python 'run it.py' c.py:build --along pca:sgd",
        "windows": "a.h5",
        "address": "https://example.org/a/b",
        "unit": "loss / center",
        "path": "a.h5",
        "ends": ["a.pt", 1.0],
    }
