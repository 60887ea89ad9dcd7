from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy import optimize

from lamp.paper.fig2 import EPSILONS, draw_loss_curves, loss_curves, reproduce
from lamp.paper.work import Work


def by_key(curves):
    return {(curve.base, curve.epsilon): curve for curve in curves}


def curves_of(ax):
    return [line for line in ax.lines if len(line.get_xdata()) > 2]


def test_curves_match_the_formulas():
    curves = by_key(loss_curves())
    assert set(curves) == {(b, e) for b in ("l1", "l2") for e in (None, *EPSILONS)}
    r = curves["l1", None].residual
    assert (r[0], r[400], r[-1]) == (-1, 0, 1)
    error = {"l1": np.abs(r), "l2": r**2}
    slope = {"l1": np.sign(r), "l2": 2 * r}
    for (base, epsilon), curve in curves.items():
        e, de = error[base], slope[base]
        keep = 1 - (epsilon or 0)
        value = e if epsilon is None else -np.log(1 - keep * e)
        gradient = de if epsilon is None else keep * de / (1 - keep * e)
        assert curve.value == pytest.approx(value)
        assert curve.gradient == pytest.approx(gradient)


def test_figure_is_the_papers_two_by_two():
    curves = loss_curves(epsilons=[0.3, 0.1])
    figure = draw_loss_curves(curves)
    assert [ax.get_title(loc="left") for ax in figure.axes] == [
        "L1: loss", "L1: gradient", "L2: loss", "L2: gradient",
    ]  # fmt: skip
    left, right = figure.axes[2:]
    own = [curve for curve in curves if curve.base == "l2"]
    for ax, part in ((left, "value"), (right, "gradient")):
        for line, curve in zip(curves_of(ax), own, strict=True):
            assert (line.get_ydata() == getattr(curve, part)).all()
    assert {text.get_text() for text in left.texts} == {"L2", "ε = 0.3", "ε = 0.1"}
    assert {text.get_text() for text in right.texts} == {"2", "4.7", "↑ 18"}


def test_the_jump_of_l1s_gradient_is_a_gap():
    figure = draw_loss_curves(loss_curves(epsilons=[0.1]))
    for line in curves_of(figure.axes[1]):
        assert np.isnan(line.get_ydata()).sum() == 1


@pytest.mark.parametrize("epsilons", [[], [0.1], [0.5, 0.3, 0.1, 0.03, 0.01]])
def test_labels_never_overlap_and_stay_on_the_page(epsilons):
    figure = draw_loss_curves(loss_curves(epsilons=epsilons, points=101))
    figure.draw_without_rendering()
    width, height = figure.bbox.size
    for ax in figure.axes:
        boxes = sorted((t.get_window_extent() for t in ax.texts), key=lambda box: box.y0)
        assert len(boxes) == len(epsilons) + 1
        for lower, upper in pairwise(boxes):
            assert lower.y1 <= upper.y0 + 1.5
        assert all(box.x1 <= width and box.y0 >= 0 and box.y1 <= height for box in boxes)


def test_the_sentence_says_up_to_where_errors_are_made_smaller(tmp_path):
    made = reproduce(Work(folder=tmp_path))
    crossing = optimize.brentq(lambda r: -np.log(1 - 0.9 * r**2) - r**2, 0.1, 0.9)
    assert "0.9 times L2 towards 0" in made.lede
    assert made.lede.endswith(f"below it up to a residual of {crossing:.2f}.")


def test_no_global_figure_state():
    draw_loss_curves()
    assert not plt.get_fignums()
