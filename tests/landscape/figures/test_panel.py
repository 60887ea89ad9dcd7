"""What every figure of a plane says of it: its radius, and how far it is known."""

from dataclasses import replace

import numpy as np

from landscape.figures import draw_contour, draw_line, levels_for
from landscape.figures.panel import make_panel
from landscape.surface.data import Refined


def test_what_is_not_finished_is_not_called_accurate(estimated):
    part = replace(estimated, refined=Refined(done=np.zeros(1, np.bool_), error=np.full(1, 0.4)))
    for drawing in (draw_contour(part), draw_line(part)):
        assert any(note == "not finished: errors of 40% are expected" for note in drawing.notes)
        assert not any("accurate" in note for note in drawing.notes)


def test_unknown_points_make_a_radius_a_lower_bound_or_none(make):
    whole = make(lambda a, b: 1 + (a**2 + b**2) / 0.4**2, steps=41)
    status = whole.status.copy()
    status[0, :5] = 0  # the edge
    part = replace(whole, values={"loss": np.where(status == 1, whole.loss, np.nan)}, status=status)
    assert panel_radius(whole) == "0.40"
    assert panel_radius(part) == "> 0.39"  # 0.3996: never rounded up
    status[0, :20] = status[0, 21:] = 0  # beside the center
    part = replace(whole, values={"loss": np.where(status == 1, whole.loss, np.nan)}, status=status)
    assert panel_radius(part) == ""


def panel_radius(surface):
    return make_panel(surface, levels_for([surface])).radius
