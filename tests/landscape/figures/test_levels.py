from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landscape.errors import LandscapeError
from landscape.figures import levels_for
from landscape.figures.colormap import house_map
from landscape.figures.style import luminance
from landscape.figures.text import label_of
from landscape.surface import Surface


def surface_of(values: np.ndarray, center: float) -> Surface:
    steps = len(values)
    axis = np.linspace(-1, 1, steps)
    return Surface(
        alpha=axis,
        beta=axis,
        values={"loss": values[None]},
        status=np.ones((1, steps, steps), np.int8),
        gram=np.eye(2)[None],
        center={"loss": center},
    )


def test_levels_are_multiples_of_the_center_whatever_its_scale(make, bowl):
    tiny = make(lambda a, b: 1e-5 * (1 + 9 * (a**2 + b**2)), steps=41)

    assert levels_for(bowl).kind == "ratio"
    assert levels_for(bowl).values == levels_for(tiny).values == (1.1, 1.5, 2, 3, 5, 8, 13)
    np.testing.assert_allclose(
        levels_for(bowl).of(bowl.loss, 1.0), levels_for(tiny).of(tiny.loss, 1e-5)
    )


def test_panels_of_a_comparison_share_the_levels_that_the_steepest_needs(make, bowl):
    steep = make(lambda a, b: 1 + 90 * (a**2 + b**2))

    assert levels_for([bowl, steep]).values[-1] == 35


@pytest.mark.parametrize(
    ("function", "kind", "reason"),
    [
        (lambda a, b: a**2 + b**2, "difference", "center zero"),
        (lambda a, b: a**2 + b**2 - 2, "difference", "center negative"),
        (lambda a, b: 1 + 0.01 * (a**2 + b**2), "difference", "rise below 3%"),
        (lambda a, b: 1e-9 + a**2 + b**2, "difference", "center tiny"),
        (lambda a, b: np.where(a**2 + b**2 > 0, a, np.nan), "absolute", "center not finite"),
        (lambda a, b: 1 + 0.5 * (a**2 + b**2), "ratio", ""),
        (lambda a, b: np.exp(9 * (a**2 + b**2)), "ratio", ""),
    ],
)
def test_levels_fall_back_and_say_why(make, function, kind, reason):
    levels = levels_for(make(function))

    assert (levels.kind, levels.reason) == (kind, reason)
    assert 3 <= len(levels.values) <= 12
    assert bool(levels.remark) == bool(reason)
    assert reason in levels.remark


def test_levels_below_the_center_appear_where_the_surface_goes_there(make):
    levels = levels_for(make(lambda a, b: 0.2 + 3 * ((a - 0.7) ** 2 + (b + 0.6) ** 2)))

    assert min(levels.values) < 1 < max(levels.values)


def test_levels_of_a_flat_surface_are_still_levels(make):
    levels = levels_for(make(lambda a, b: np.ones_like(a)))

    assert levels.values[0] < 0 < levels.values[1]


def test_no_level_is_at_a_bound_of_its_metric(make, accuracy):
    """Accuracies are means in float32, and as many as are 1 may be 1 + 6e-8."""
    hill = accuracy.values["accuracy"] / 0.9 * (1 + 6e-8)
    for values in (hill, np.ones_like(hill)):
        one = replace(accuracy, values={**accuracy.values, "accuracy": values})
        levels = levels_for(one, metric="accuracy").values
        assert 0 < levels[0] < levels[-1] <= 0.99


def test_a_panel_without_a_finite_value_does_not_spoil_the_others(make, bowl):
    lost = make(lambda a, b: np.full_like(a, np.nan))

    assert levels_for([bowl, lost]).values == levels_for(bowl).values


def test_absolute_levels_and_values_by_choice(bowl):
    absolute = levels_for(bowl, kind="absolute")
    chosen = levels_for(bowl, kind="ratio", values=[1.2, 4])

    assert absolute.title == "loss"
    assert absolute.reason == ""
    assert chosen.labels == ("1.2×", "4×")


def test_errors_say_what_came(make):
    with pytest.raises(LandscapeError, match="at least one finite value of 'loss', got none"):
        levels_for(make(lambda a, b: np.full_like(a, np.nan)))
    with pytest.raises(LandscapeError, match=r"expected a positive loss at the center .* got 0"):
        levels_for(make(lambda a, b: a**2 + b**2), kind="ratio")
    with pytest.raises(LandscapeError, match="two ascending levels, got 2, 1"):
        levels_for(make(lambda a, b: 1 + a**2), values=[2, 1])


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    scale=st.floats(-8, 8),
    spread=st.floats(0.01, 14),
    offset=st.sampled_from([0.0, 1.0, -1.0]),
)
def test_any_finite_surface_has_ascending_labelled_levels(seed, scale, spread, offset):
    rough = np.random.default_rng(seed).uniform(0, spread, (9, 9))
    values = 10**scale * (np.exp(rough) + offset)
    levels = levels_for(surface_of(values, float(values[4, 4])))

    assert (np.diff(levels.values) > 0).all()
    assert 2 <= len(levels.values) <= 15
    assert len(set(levels.labels)) == len(levels.labels)
    assert len(levels.values) + 1 == levels.colormap.N


def test_bands_have_a_colour_each_also_below_and_above(bowl):
    levels = levels_for(bowl)
    middles = [0.5, *(np.array(levels.values[1:]) + levels.values[:-1]) / 2, 100]

    assert len({levels.color(value) for value in middles}) == len(levels.values) + 1


def test_the_map_rises_in_luminance_from_end_to_end():
    light = [luminance(house_map()(place)[:3]) for place in np.linspace(0, 1, 64)]

    assert (np.diff(light) > 0).all()
    assert light[0] < 0.02
    assert light[-1] > 0.8


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (1.1, "ratio", "1.1×"),
        (1e5, "ratio", "10⁵×"),
        (81216.4, "ratio", "8.1·10⁴×"),
        (-0.002, "difference", "−0.002"),
        (3, "difference", "+3"),
        (0, "difference", "0"),
        (2e-6, "absolute", "2·10⁻⁶"),
        (1234, "absolute", "1,230"),
    ],
)
def test_labels_are_short(value, kind, text):
    assert label_of(value, kind) == text


@pytest.mark.parametrize("value", [1.0, 0.0, 0.5])
def test_levels_of_a_share_lie_within_its_range(make, value):
    surface = make(lambda a, b: value + 0 * a)
    values = {"loss": surface.loss, "accuracy": surface.loss}
    share = replace(surface, values=values, center={"loss": value, "accuracy": value})
    levels = levels_for(share, metric="accuracy")

    assert levels.kind == "absolute"
    assert levels.remark == ""
    assert 0 <= levels.values[0] < levels.values[1] <= 1


def test_levels_of_a_share_are_even_where_it_is_low_nearly_everywhere(make):
    peak = make(lambda a, b: 0.05 + 0.9 * np.exp(-(a**2 + b**2) / 0.02))
    values = {"loss": peak.loss, "accuracy": peak.loss}
    share = replace(peak, values=values, center={"loss": 0.95, "accuracy": 0.95})

    steps = np.diff(levels_for(share, metric="accuracy").values)
    assert steps == pytest.approx(steps[0])


def test_a_declared_range_makes_levels_absolute(bowl):
    kinds = {"metric_kinds": {"loss": {"higher_is_better": False, "low": 0.0, "high": 100.0}}}

    assert levels_for(replace(bowl, metadata=kinds)).kind == "absolute"
    assert levels_for(bowl).kind == "ratio"


def test_a_metric_of_another_range_has_no_common_levels(accuracy):
    percent = {"metric_kinds": {"accuracy": {"higher_is_better": True, "low": 0, "high": 100}}}
    loss = {"metric_kinds": {"accuracy": {"higher_is_better": False}}}
    for metadata, said in (
        (percent, "expected accuracy to be of one kind on all surfaces, got ranges 0 to 1 and 0 "),
        (loss, "expected accuracy to be of one kind on all surfaces, got some where more is bette"),
    ):
        with pytest.raises(LandscapeError, match=said) as caught:
            levels_for([accuracy, replace(accuracy, metadata=metadata)], metric="accuracy")
        assert caught.value.hint == "draw or measure each by itself"
    assert levels_for([accuracy, accuracy], metric="accuracy").kind == "absolute"
