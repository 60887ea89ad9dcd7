"""Planes of a user's own: what is said of their directions, and what is measured along them."""

import pytest
import torch
from torch import nn

from landscape import ParameterSpace, Plane, Problem, RandomPlanes, compute, summarize
from landscape.errors import LandscapeError


def bowl() -> Problem:
    model = nn.Linear(4, 3, bias=False)
    with torch.no_grad():
        model.weight.copy_(torch.arange(12.0).reshape(3, 4) + 1)
    curved = torch.linspace(0.5, 3.0, 12).reshape(3, 4)
    return Problem(
        model,
        lambda m, x: 1 + (curved.to(x) * (m.weight - 1)).square().sum() + 0 * x[:, 0],
        [torch.ones(2, 4)],
    )


def test_given_directions_are_not_taken_for_random_ones():
    problem = bowl()
    center = ParameterSpace(problem.model).center
    steps = [{"weight": torch.eye(3, 4) * size} for size in (1.0, 2.0)]
    steps += [{"weight": torch.ones(3, 4)}]
    line = compute(problem, planes=[Plane(center, steps[:1])], steps=5, workers=1)
    with pytest.raises(LandscapeError, match="orthogonal has no part in given: only random"):
        compute(problem, planes=[Plane(center, steps[:2])], orthogonal=True, workers=1)
    assert [str(axis) for axis in line.axes] == ["given direction, 1 is the given direction"]
    one, two = (Plane(center, (step, steps[2])) for step in steps[:2])
    surface = compute(problem, planes=[one, two], steps=5, workers=1)
    assert surface.config["along"] == "given"
    summary = summarize(surface)
    assert "radius_mean" not in summary
    assert "curvature_max" in summary
    text = str(summary)
    assert "along given direction 1 and given direction 2: curvatures and slope are those" in text
    assert "intervals hold where these planes are replicates of each other" in text
    assert "filter norm" not in text


@pytest.mark.parametrize("kept", [list, lambda planes: planes])
def test_random_planes_that_a_user_has_drawn_stay_random(kept):
    problem = bowl()
    planes = RandomPlanes(ParameterSpace(problem.model), 2, seed=3, normalize="layer")
    surface = compute(problem, planes=kept(planes), steps=5, workers=1)
    assert surface.is_random
    assert "radius_mean" in summarize(surface)
