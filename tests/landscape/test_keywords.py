"""Names of arguments that do not exist, and things of another type, are told in one line."""

import inspect

import numpy as np
import pytest
import torch

import landscape as ls
from landscape.errors import LandscapeError
from landscape.keywords import suggesting
from tests.landscape.problems import regression


@suggesting
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
        ({"planes": TENSOR}, "planes: input should be a valid integer, got a Tensor of shape (100"),
        ({"steps": TENSOR}, "steps: input should be a valid integer, got a Tensor of shape (100"),
        ({"radius": np.ones(3)}, "'auto', got a ndarray of shape (3,)"),
        ({"window": [TENSOR, TENSOR]}, "the lower one first, got a list"),
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


def test_one_plane_is_not_a_list_of_planes():
    problem = regression()
    center = ls.parameters_of(problem.model)
    with pytest.raises(LandscapeError, match="got one Plane") as refused:
        ls.compute(problem, planes=ls.Plane(center, [center]))
    assert refused.value.hint == "write it as planes=[plane]"


def test_measures_refuse_what_they_cannot_take():
    surface = ls.compute(regression(), planes=2, steps=5, workers=1, progress=None)
    for call, said in (
        (lambda: ls.summarize(surface, rise="0.5"), "expected rise to be a number, got a str"),
        (lambda: ls.summarize(surface, level=TENSOR), "expected level to be a number, got a Tens"),
        (lambda: ls.compare(surface, surface, names="ab"), "expected a list of names, one for"),
        (lambda: ls.difference_map("a.h5", surface), "expected a surface, got a str"),
        (lambda: ls.difference_map(surface, None), "expected a surface, got a NoneType"),
        (lambda: ls.layer_table(surface), "expected the layers of a model, got a Surface"),
        (lambda: ls.hessian_eigenvalues(regression(), count="a"), "of eigenvalues, got 'a'"),
        (lambda: ls.load_problem(5), "expected a name, got a int"),
    ):
        with pytest.raises(LandscapeError) as refused:
            call()
        assert said in str(refused.value)
