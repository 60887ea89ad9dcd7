"""Whether a grid is too coarse for what is read from it."""

from dataclasses import replace

import numpy as np
import pytest

from landscape.figures import draw_contour
from landscape.measures import summarize
from landscape.measures.coarse import is_coarse
from landscape.measures.plane import plane_values
from landscape.surface.data import Surface

_SAID = "the grid is coarse around the center"


def surface_of(function, *, steps, planes=1):
    axis = np.linspace(-1, 1, steps)
    alpha, beta = np.meshgrid(axis, axis)
    values = np.broadcast_to(function(alpha, beta), (planes, steps, steps)).copy()
    return Surface(
        alpha=axis,
        beta=axis,
        values={"loss": values},
        status=np.ones(values.shape, np.int8),
        gram=np.broadcast_to(np.eye(2), (planes, 2, 2)),
        center={"loss": float(function(0.0, 0.0))},
    )


def valley(alpha, beta):
    """A trench in a plateau, twice the center at 0.035 from its middle, at an angle to the grid."""
    return 1 + 50 * np.tanh(((alpha + 0.6 * beta) / 0.25) ** 2)


SMOOTH = (
    lambda a, b: 1 + 9 * (a**2 + b**2),
    lambda a, b: np.exp(2 * a + b) + b**2,
    lambda a, b: np.cosh(3 * a) + np.sin(2 * b) ** 2,
    lambda a, b: 0 * a + 1,
)


@pytest.mark.parametrize("steps", [15, 16, 41])
@pytest.mark.parametrize("smooth", SMOOTH)
def test_of_smooth_surfaces_nothing_is_said(smooth, steps):
    surface = surface_of(smooth, steps=steps)
    assert not any("coarse" in note for note in summarize(surface).notes)
    assert not any("coarse" in note for note in draw_contour(surface).notes)


def test_statistics_and_figures_of_a_narrow_valley_say_that_the_grid_is_coarse():
    coarse = surface_of(valley, steps=15, planes=2)
    assert [note for note in summarize(coarse).notes if note.startswith(_SAID)]
    assert "coarse grid: take more --steps" in draw_contour(coarse).notes
    fine = surface_of(valley, steps=101)
    assert not any("coarse" in note for note in summarize(fine).notes)
    assert not any("coarse" in note for note in draw_contour(fine).notes)


def test_what_is_off_by_half_a_step_at_a_tenth_of_the_points_is_coarse():
    """Of 49 points 33 are predicted from zeros, and a value of v is off by v steps."""
    flat = plane_values(surface_of(lambda a, b: 0 * a, steps=7), "loss")[0]
    levels = np.array([-1.0, 0.0, 1.0])

    def bent(count, by):
        values = flat.values.copy()
        for row, column in [(1, 1), (3, 3), (1, 3), (5, 2)][:count]:
            values[row, column] = by
        return replace(flat, values=values)

    assert is_coarse(bent(4, 0.6), levels)
    assert not is_coarse(bent(4, 0.4), levels)
    assert not is_coarse(bent(3, 0.9), levels)
    assert not is_coarse(replace(bent(4, 0.9), error=np.full((7, 7), 0.1)), levels)


def test_gaps_and_small_grids_are_no_reason():
    plane = plane_values(surface_of(valley, steps=15), "loss")[0]
    levels = np.linspace(0, 20, 11)
    assert is_coarse(plane, levels)
    assert not is_coarse(replace(plane, values=np.full((15, 15), np.inf)), levels)
    assert not is_coarse(plane_values(surface_of(valley, steps=3), "loss")[0], levels)
