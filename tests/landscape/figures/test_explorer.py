"""The page to explore surfaces: what it holds is what the surface holds."""

import base64
import html
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from landscape.errors import LandscapeError
from landscape.figures import explore
from landscape.measures import summarize


def data_of(explorer):
    text = re.search(r'<script type="application/json" id="data">(.*?)</script>', explorer.page)
    return json.loads(text.group(1))


def unpacked(text, kind, shape):
    return np.frombuffer(base64.b64decode(text), kind).reshape(shape)


def test_the_page_holds_the_values_their_errors_and_how_they_came_about(run):
    (surface,) = data_of(explore(run))["surfaces"]
    shape = run.status.shape[1:]

    for plane in range(2):
        values = unpacked(surface["values"]["loss"]["planes"][plane], "<f8", shape)
        errors = unpacked(surface["values"]["loss"]["errors"][plane], "<f4", shape)
        np.testing.assert_array_equal(values, run.known()[plane])
        expected = np.where(run.measured, run.values["loss_se"], run.error())[plane]
        np.testing.assert_allclose(errors, expected, rtol=1e-6)
        status = unpacked(surface["status"][plane], "i1", shape)
        np.testing.assert_array_equal(status, run.status[plane])
    assert surface["axes"] == ["α (filter norms)", "β (filter norms)"]


def test_scales_are_those_that_the_metric_has(run, make):
    metrics = data_of(explore(run))["metrics"]
    kinds = {name: [(s["kind"], s["log"]) for s in m["scales"]] for name, m in metrics.items()}

    assert kinds["loss"][0] == ("ratio", False)
    assert ("absolute", True) in kinds["loss"]
    assert not [kind for kind, _ in kinds["accuracy"] if kind == "ratio"]
    zero = data_of(explore(make(lambda a, b: a**2 + b**2)))["metrics"]["loss"]["scales"]
    assert [s["kind"] for s in zero] == ["difference", "absolute"]
    assert not any(s["log"] for s in zero)


def test_levels_and_heights_are_shared(make):
    small, large = (make(lambda a, b, k=k: 1 + k * (a**2 + b**2)) for k in (1, 30))
    alone, both = data_of(explore(small)), data_of(explore([small, large], ["a", "b"]))

    ends = [data["metrics"]["loss"]["scales"][0]["range"][1] for data in (alone, both)]
    assert ends[0] == 3
    assert ends[1] > 8
    assert [one["title"] for one in both["surfaces"]] == ["a", "b"]


def test_statistics_are_those_of_the_summary(run):
    metric = data_of(explore(run))["metrics"]["loss"]
    headline = summarize(run).headline

    assert metric["statistics"][0]["name"] == headline[0].name
    cell = metric["statistics"][0]["cells"][0]
    assert f"{cell['value']} {cell['interval']}".strip() == str(headline[0])


def test_names_are_text_and_nothing_is_loaded(bowl, tmp_path):
    name = "</script><b>x</b>"
    explorer = explore(bowl, [name])
    page = explorer.save(tmp_path / "e.html").read_text()

    assert "</script><b>" not in page
    assert data_of(explorer)["surfaces"][0]["title"] == name
    assert "<title>&lt;/script&gt;" in page
    assert "default-src 'none'" in page
    assert not re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=", page)
    assert page == explore(bowl, [name]).page
    assert len(page) < 200_000


def test_a_notebook_shows_it_in_a_frame(bowl):
    shown = explore(bowl)._repr_html_()

    assert html.unescape(re.search('srcdoc="(.*?)"', shown, re.DOTALL).group(1)).startswith("<!DOC")


def test_errors_say_what_to_do(bowl, line, make, tmp_path):
    with pytest.raises(LandscapeError, match="got a line"):
        explore(line)
    with pytest.raises(LandscapeError, match="as many titles, got 2 and 1"):
        explore([bowl, bowl], ["a"])
    with pytest.raises(LandscapeError, match="as many titles, got 0 and 0"):
        explore([], [])
    with pytest.raises(LandscapeError, match="at least one finite value of 'loss', got none"):
        explore(make(np.full((1, 21, 21), np.nan)))
    with pytest.raises(LandscapeError, match=r"ending in \.html, got 'e\.png'"):
        explore(bowl).save(tmp_path / "e.png")


def test_a_plane_beside_its_center_has_a_page_without_statistics(make, bowl):
    axis = np.linspace(0.2, 1, 21)
    beside = replace(make(lambda a, b: 1 + a**2, center=1.0), alpha=axis, beta=axis)
    alone, both = (data_of(explore(one))["metrics"]["loss"] for one in (beside, [bowl, beside]))

    assert alone["statistics"] == []
    assert alone["sentences"] == [
        "the center is not on the grid: there are no statistics around it"
    ]
    assert both["statistics"] == [
        {**row, "cells": [*row["cells"], {"value": "–"}]}
        for row in data_of(explore(bowl))["metrics"]["loss"]["statistics"]
    ]


def test_planes_along_other_directions_are_said_to_be(bowl):
    axes = [{"name": f"toward {end}.pt", "unit": "", "random": False} for end in "bc"]
    toward = replace(bowl, metadata={**bowl.metadata, "axes": axes})
    notes = data_of(explore([bowl, toward], ["a", "t"]))["metrics"]["loss"]["notes"]

    said = (
        "directions differ (a: random, filter norms; t: toward b.pt and toward c.pt): "
        "one place of α and β is another point on each"
    )
    assert all(said in each for each in notes)
    assert not any(
        said in each for each in data_of(explore([bowl, bowl]))["metrics"]["loss"]["notes"]
    )
