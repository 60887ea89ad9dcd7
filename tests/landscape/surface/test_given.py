"""What is no surface is refused in one line, wherever a surface is taken."""

import pytest

import landscape as ls
from landscape.errors import LandscapeError
from tests.landscape.measures.surfaces import make


@pytest.fixture
def bowl():
    return make(lambda a, b, _: 1 + a**2 + b**2)


@pytest.mark.parametrize("take", ["summarize", "draw_contour", "draw_surface", "draw_line"])
def test_the_name_of_a_file_is_none(take):
    with pytest.raises(LandscapeError, match="expected a surface, got a str") as caught:
        getattr(ls, take)("run.h5")
    assert "landscape.load" in caught.value.hint


@pytest.mark.parametrize("take", ["summarize", "draw_contour", "draw_surface", "draw_line"])
def test_a_list_of_surfaces_is_none(take, bowl):
    with pytest.raises(LandscapeError, match="expected a surface, got a list"):
        getattr(ls, take)([bowl])


def test_each_of_a_comparison_is_looked_at(bowl):
    for pair in (("run.h5", bowl), (bowl, None)):
        with pytest.raises(LandscapeError, match="expected a surface, got a"):
            ls.compare(*pair)


def test_one_is_not_several(bowl):
    for draw in (
        lambda one: ls.draw_contours(one),
        lambda one: ls.draw_contours(one, metric=["loss", "other"]),
        lambda one: ls.draw_surfaces(one),
        lambda one: ls.draw_comparison(one, names=["a"]),
    ):
        with pytest.raises(LandscapeError, match="several surfaces, got one Surface"):
            draw(bowl)
