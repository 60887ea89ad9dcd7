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
        "Contours at 1×, 2× and 5× the loss at the center."
    )


def test_what_was_not_measured_is_said_with_the_error_that_was_promised(estimated, run, make):
    assert (
        "7% of the points were measured, the others interpolated: estimated error at most 0.01 of "
        "the value (tolerance 0.01 up to 10 times the center)"
    ) in ls.caption(estimated)
    text = ls.caption(run, metric="accuracy", plane=1)
    assert text.startswith("Accuracy on plane 1 of 2, 21 × 21 points.")
    assert "At the center it is 0.875." in text
    assert re.search(r"27% of the points were measured; <1% failed; 7\d% are missing", text)
    other = replace(estimated, metadata={"config": {**estimated.config, "tolerance_metrics": []}})
    assert "no error is promised for loss" in ls.caption(other)


def test_where_a_tolerance_left_nothing_to_interpolate_nothing_is_said_of_it(estimated):
    all_of_it = replace(estimated, status=np.full_like(estimated.status, Status.MEASURED))
    told = ls.caption(all_of_it)
    assert "All points were measured." in told
    assert "interpolated" not in told


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
