"""Names of arguments that do not exist, and things of another type, are told in one line."""

import inspect

import numpy as np
import pytest
import torch

import landscape as ls
from landscape.arguments import checked
from landscape.errors import LandscapeError
from tests.landscape.problems import regression


@checked
def draw(surface, *, radius: float = 1.0, steps: int = 3) -> tuple:
    """Draw."""
    return surface, radius, steps


def test_what_is_known_goes_through():
    assert draw(1, steps=5) == (1, 1.0, 5)
    assert draw(surface=1, radius=2) == (1, 2, 3)
    assert list(inspect.signature(draw).parameters) == ["surface", "radius", "steps"]
    assert (draw.__name__, draw.__doc__) == ("draw", "Draw.")
    with pytest.raises(TypeError, match="missing 1 required"):
        draw()


def test_what_is_unknown_is_told_with_what_may_be_meant():
    with pytest.raises(LandscapeError, match=r"draw\(\) has no setting 'step'") as refused:
        draw(1, step=5)
    assert refused.value.hint == "did you mean 'steps'?"
    with pytest.raises(LandscapeError) as refused:
        draw(1, q=5)
    assert refused.value.hint == "there are: surface, radius, steps"


@pytest.mark.parametrize(
    ("name", "setting", "hint"),
    [
        ("compute", "step", "steps"),
        ("compute", "plane", "planes"),
        ("summarize", "levl", "level"),
        ("compare", "riss", "rise"),
        ("difference_map", "metrik", "metric"),
        ("barrier", "step", "steps"),
        ("hessian_eigenvalues", "counts", "count"),
        ("import_surface", "windows", "window"),
    ],
)
def test_public_functions_suggest(name, setting, hint):
    with pytest.raises(LandscapeError, match=rf"{name}\(\) has no setting '{setting}'") as refused:
        getattr(ls, name)(**{setting: 1})
    assert refused.value.hint == f"did you mean '{hint}'?"


def test_each_layer_suggests_a_setting_of_compute(tmp_path):
    with pytest.raises(LandscapeError) as refused:
        ls.each_layer(regression(), tmp_path, step=3)
    assert refused.value.hint == "did you mean 'steps'?"


def test_a_name_of_the_package_that_does_not_exist_is_one_for_tracebacks_to_suggest_by():
    with pytest.raises(AttributeError, match="no attribute 'summarise'") as refused:
        _ = ls.summarise
    assert (refused.value.name, refused.value.obj) == ("summarise", ls)


TENSOR = torch.ones(10_000)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"planes": TENSOR},
            "be a whole number or a list of Plane, got a Tensor of shape (10",
        ),
        ({"steps": TENSOR}, "expected steps to be a whole number, got a Tensor of shape (10000,)"),
        ({"radius": np.ones(3)}, "to be a number or 'auto', got a ndarray of shape (3,)"),
        ({"window": [TENSOR, TENSOR]}, "a list of numbers or None, got a list of Tensor"),
        ({"window": (1, 0)}, "the lower one first, got (1, 0)"),
        ({"normalize": torch.nn.ReLU()}, "'unit' or 'none', got a ReLU"),
    ],
)
def test_no_error_shows_tensors(settings, said):
    with pytest.raises(LandscapeError) as refused:
        ls.compute(regression(), **settings)
    assert said in str(refused.value)
    assert len(str(refused.value)) < 200
    assert "\n" not in str(refused.value)


WITH_CHECKS_OF_THEIR_OWN = {"Problem", "GridSettings", "Summary", "Layer", "Eigenpairs"}


class Other:
    """Of no kind that anything takes."""


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in ls.__all__
        if name not in {*WITH_CHECKS_OF_THEIR_OWN, "Parameters"} and "Error" not in name
    ],
)
def test_every_public_argument_has_a_kind(name):
    target = getattr(ls, name)
    for one in inspect.signature(target).parameters.values():
        if one.kind in {one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY}:
            with pytest.raises(LandscapeError, match=f"expected {one.name} to be .*, got a Other"):
                target(**{one.name: Other()})


@pytest.fixture(scope="module")
def surface():
    return ls.compute(regression(), planes=2, steps=5, workers=1, progress=None)


def test_what_is_given_in_place_of_something_else_is_told_with_what_to_do(surface):
    problem = regression()
    plane = ls.Plane(ls.parameters_of(problem.model), (ls.parameters_of(problem.model),))
    for call, said, hint in (
        (
            lambda: ls.summarize("a.h5"),
            "surface to be a Surface, got 'a.h5'",
            "load(path)",
        ),
        (
            lambda: ls.compare(surface, None),
            "b to be a Surface or a Summary, got N",
            "load(path)",
        ),
        (lambda: ls.draw_line([surface]), "to be a Surface, got a list of Surface", "load(path)"),
        (lambda: ls.draw_contours(surface), "lists of Surface or None, got a Surf", "=[[...]]"),
        (lambda: ls.draw_contours([surface]), "None, got a list of Surface", "surfaces=[...]"),
        (lambda: ls.draw_surfaces(surface), "a list of Surface, got a Surface", "surfaces=[...]"),
        (lambda: ls.explore(surface, "a"), "be a list of texts or None, got 'a'", "titles=[...]"),
        (lambda: ls.draw_line(surface, preset="pages"), "'dark' or None, got 'pages'", "'page'?"),
        (lambda: ls.compute(problem, planes=plane), "list of Plane, got a Plane", "planes=[...]"),
        (
            lambda: ls.compute(problem.model),
            "problem to be a Problem, got a Seq",
            "brings",
        ),
        (lambda: ls.draw_layers("a"), "layers to be a list of Layer, got 'a'", "each_layer"),
        (lambda: ls.compute(problem, steps=True), "steps to be a whole number, got True", ""),
    ):
        with pytest.raises(LandscapeError) as refused:
            call()
        assert said in str(refused.value)
        assert hint in refused.value.hint


def test_numbers_texts_and_lists_of_other_libraries_are_taken(surface):
    found = ls.summarize(surface, level=np.float32(3), epsilon=np.int64(1), metric=np.str_("loss"))
    assert found["radius_mean"].settings["level"] == 3
    ls.draw_contour(surface, plane=np.int64(1), levels=np.geomspace(0.5, 4, 5), log=np.bool_(False))
    ls.draw_surfaces((surface,), titles=np.array(["a"]))


def test_settings_are_refused_in_one_line_wherever_they_are_made():
    for wrong, said in (
        ({"steps": 2}, "steps: input should be greater than or equal to 3, got 2"),
        ({"step": 5}, "unknown setting 'step'"),
        ({"steps": 10**6}, "expected at most 100,000,000 points, got 5,000,000,000,000"),
    ):
        for make in (lambda given: ls.GridSettings(**given), ls.GridSettings.model_validate):
            with pytest.raises(LandscapeError) as refused:
                make(wrong)
            assert str(refused.value).startswith(said)
            assert "\n" not in str(refused.value)
