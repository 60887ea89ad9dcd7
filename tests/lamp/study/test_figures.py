"""What of a study is shown where there is room for a few models only."""

import json
import re

import pytest

from lamp.study.figures import explore_models
from tests.lamp.study.conftest import bowl

LOSSES = ["L2", "L1", "Lp", "SSIM", "a", "b", "c", "d"]


def titles_of(explorer):
    text = re.search(r'id="data">(.*?)</script>', explorer.page).group(1)
    return [one["title"] for one in json.loads(text)["surfaces"]]


@pytest.mark.parametrize(
    ("losses", "sizes", "shown"),
    [
        (2, (32, 16, 8), ["L2, 32", "L2, 16", "L2, 8", "L1, 32", "L1, 16", "L1, 8"]),
        (2, (64, 32, 16, 8), ["L2, 64", "L2, 32", "L2, 16", "L1, 64", "L1, 32", "L1, 16"]),
        (4, (16, 8), ["L2, 16", "L1, 16", "Lp, 16", "SSIM, 16"]),
        (8, (16,), [f"{loss}, 16" for loss in LOSSES[:6]]),
    ],
)
def test_six_models_at_most_are_explored(losses, sizes, shown):
    names = LOSSES[:losses]
    surfaces = {(loss, size, 0): bowl(1.0, 2.0, planes=1) for loss in names for size in sizes}
    assert titles_of(explore_models(surfaces, names, sizes, seed=0)) == shown


def test_models_that_diverged_leave_their_room_to_others():
    surfaces = {("L1", 8, 1): bowl(1.0, 2.0, planes=1), ("L1", 16, 0): bowl(1.0, 2.0, planes=1)}
    shown = titles_of(explore_models(surfaces, ["L2", "L1"], (32, 16, 8), seed=1))
    assert shown == ["L1, 8"]
