"""Several metrics of one surface, such as those of splits, side by side on one scale."""

import numpy as np
import pytest

from landscape.errors import LandscapeError
from landscape.figures import draw_contours, draw_surfaces
from landscape.figures.levels import levels_for
from landscape.figures.metrics import by_metric
from landscape.figures.panel import make_panel
from landscape.surface import Status
from landscape.surface.axes import PointOfInterest
from tests.landscape.figures.words import texts
from tests.landscape.measures.surfaces import bowl, make, replace


def both(**metadata):
    """Of train and test: the test loss is twice as high and as steep, and f1 lies in a range."""
    surface = make(bowl(curvature=4.0, floor=0.5), steps=11)
    loss = surface.loss
    values = {"loss": loss, "test_loss": 2 * loss, "test_loss_se": 0.1 * loss, "loss_se": 0 * loss}
    values |= {"f1": np.exp(-loss), "sharpness_estimate": 3 * loss}
    place = PointOfInterest(label="b", alpha=0.5, values={"loss": 1.0, "test_loss": 3.0})
    return replace(
        surface,
        values=values,
        center={"loss": 0.5, "test_loss": 1.0, "f1": np.exp(-0.5)},
        metadata={
            "config": {"tolerance": 0.1, "clip": 10.0, "tolerance_metrics": ["loss"]},
            "points_of_interest": [place.to_dict()],
            **metadata,
        },
    )


def test_each_metric_is_a_surface_of_the_name_that_all_share():
    ((first, second),), name = by_metric([both()], ["loss", "test_loss"])
    assert name == "loss"
    np.testing.assert_array_equal(second.loss, 2 * first.loss)
    np.testing.assert_array_equal(second.values["loss_se"], 0.1 * first.loss)
    assert (first.center["loss"], second.center["loss"]) == (0.5, 1.0)
    assert second.points_of_interest[0].values["loss"] == 3.0


def test_a_limit_is_that_of_estimates_for_which_accuracy_was_promised():
    found = both()
    status = found.status.copy()
    status[0, 0, 0] = Status.MISSING
    guessed = {f"{name}_estimate": found.values[name].copy() for name in ("loss", "test_loss")}
    estimated = replace(found, status=status, values={**found.values, **guessed})
    for surface, limit in ((estimated, 10), (found, np.inf)):
        ((first, second),), _ = by_metric([surface], ["loss", "test_loss"])
        levels = levels_for([first, second])
        limits = [make_panel(one, levels).limit for one in (first, second)]
        assert limits == [pytest.approx(limit), np.inf]


def test_a_metric_that_has_the_shared_name_only_in_part_keeps_its_own_arrays():
    ((renamed,),), name = by_metric([both()], ["test_loss"])
    assert name == "test_loss"
    assert renamed.values.keys() == both().values.keys()
    declared = {"f1": {"higher_is_better": False}}
    ((_, second),), name = by_metric([both(metric_kinds=declared)], ["loss", "f1"])
    assert name == "value"
    assert second.center["value"] == pytest.approx(np.exp(-0.5))
    assert not second.higher_is_better("value")
    assert second.loss.shape == second.values["value"].shape


@pytest.mark.parametrize("draw", ["contours", "surfaces"])
def test_train_and_test_stand_side_by_side_with_equal_levels(draw):
    if draw == "contours":
        figure = draw_contours([[both()]], metric=["loss", "test_loss"]).figure
    else:
        figure = draw_surfaces([both()], metric=["loss", "test_loss"]).figure
    said = texts(figure)
    assert {"loss", "test loss", "loss / loss at the center"} <= set(said)
    assert len(figure.axes) == 3  # two panels and one colorbar


def test_several_files_are_the_rows():
    figure = draw_contours(
        [[both()], [both()]], rows=["a", "b"], metric=["loss", "test_loss"], levels=[1, 2, 3]
    ).figure
    assert {"a", "b", "loss", "test loss"} <= set(texts(figure))
    assert len(figure.axes) == 5


def test_metrics_without_one_scale_are_refused():
    refused = [
        (["loss", "f1"], "expected metrics of one kind, got loss and f1"),
        (["loss", "val"], "expected metrics of loss, f1, test_loss, got 'val'"),
        (["loss", "loss"], "expected different metrics, got loss, loss"),
        ([], "expected different metrics, got none"),
    ]
    for metrics, message in refused:
        with pytest.raises(LandscapeError, match=message):
            draw_contours([[both()]], metric=metrics)
    with pytest.raises(LandscapeError, match="expected rows of one surface each"):
        draw_contours([[both(), both()]], metric=["loss", "test_loss"])
    with pytest.raises(LandscapeError, match="expected one surface of several metrics, got 2"):
        draw_surfaces([both(), both()], metric=["loss", "test_loss"])
