"""The statistics there are: their names, units, what they can be, and what they need."""

import math
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace

from landscape.measures.interval import Kind
from landscape.surface.kinds import MetricKind

HEADLINE = (
    "radius_mean",
    "radius_mean_rise",
    "curvature_mean_scaled",
    "epsilon_sharpness",
    "minimum_offset",
)
"""What a reader should see first.

How far one can go relative to the loss at the center, and in absolute terms: the first alone
re-tells the center. How steep it is right at the center, and at the worst of a box (Keskar et al.
2017): in units of the directions, as that per parameter falls when weights grow, which changes
nothing where a normalization layer follows. And whether the center is a minimum at all, without
which the others mean little.
"""


SCORE_HEADLINE = (
    "mean_within",
    "minimum_within",
    "radius_mean_rise",
    "radius_mean_half",
    "minimum_offset",
)
"""What a reader should see first of a metric of which more is better.

What is left of it nearby, on average and at worst; how far one can go until a stated amount, or
half of what there is to lose, is lost; and whether the center is the best point.
"""


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """What is the same for a statistic of any surface.

    Args:
        name: For people; `{level}`, `{rise}` and what `words` returns are filled in.
        unit: `{d}` is the unit of the directions, `{metric}` that of the values.
        kind: What such a number can be, which decides on its average and interval.
        scale_free: Whether it stays the same when the loss is multiplied by a constant.
        settings: What it depends on beside the surface.
        multiples: Whether it needs a center whose multiples mean something.
        cost: Whether it needs a metric of which less is better.
        score: Whether it needs a metric of which more is better.
        smooth: Whether it needs a metric that has derivatives, unlike a share of samples.
        area: Whether it needs two directions, to have an area or to differ between them.
        exact: Whether it is read from measured points alone, without the errors of estimates.
    """

    name: str
    unit: str
    kind: Kind = "positive"
    scale_free: bool = False
    settings: tuple[str, ...] = ()
    multiples: bool = False
    cost: bool = False
    score: bool = False
    smooth: bool = False
    area: bool = False
    exact: bool = False


def _raw(name: str, unit: str, *settings: str, cost: bool = False, area: bool = False) -> Quantity:
    """Make a positive quantity in units of the loss."""
    return Quantity(name=name, unit=unit, settings=settings, cost=cost, area=area)


def _multiple(name: str, unit: str, *settings: str, area: bool = False) -> Quantity:
    """Make a positive quantity relative to the loss at the center."""
    return Quantity(
        name=name,
        unit=unit,
        settings=settings,
        area=area,
        scale_free=True,
        multiples=True,
        cost=True,
    )


def _curvature(name: str, unit: str) -> Quantity:
    """Make a positive quantity of the quadratic fit, in units of the loss."""
    return Quantity(name=name, unit=unit, settings=("fit_radius",), smooth=True)


def _of_score(name: str, unit: str, *settings: str, kind: Kind = "positive") -> Quantity:
    """Make a quantity of a metric of which more is better."""
    return Quantity(name=name, unit=unit, kind=kind, settings=settings, score=True)


QUANTITIES: Mapping[str, Quantity] = {
    "mean_within": _of_score("mean within {epsilon}", "{metric}", "epsilon", kind="signed"),
    "minimum_within": _of_score("minimum within {epsilon}", "{metric}", "epsilon", kind="signed"),
    "epsilon_sharpness": _raw("ε-sharpness", "%", "epsilon", cost=True),
    "epsilon_sharpness_relative": _multiple("ε-sharpness / f0", "%", "epsilon"),
    "mean_excess": _raw("mean {rising}", "{metric}", "epsilon"),
    "mean_excess_relative": _multiple("mean {rising} / f0", "1", "epsilon"),
    "quadratic_fit": Quantity(
        name="quadratic fit R²",
        unit="1",
        kind="explained",
        scale_free=True,
        smooth=True,
        settings=("fit_radius",),
    ),
    "curvature_max": replace(_curvature("largest curvature", "{metric} / parameter²"), area=True),
    "curvature_mean": _curvature("mean curvature", "{metric} / parameter²"),
    "curvature_min": replace(_curvature("smallest curvature", "{metric} / parameter²"), area=True),
    "curvature_mean_scaled": _curvature("mean curvature per {d}", "{metric} / {d}²"),
    "curvature_max_relative": replace(
        _multiple("largest curvature / f0", "1 / {d}²", "fit_radius"), area=True
    ),
    "curvature_mean_relative": _multiple("mean curvature / f0", "1 / {d}²", "fit_radius"),
    "curvature_min_relative": replace(
        _multiple("smallest curvature / f0", "1 / {d}²", "fit_radius"), area=True
    ),
    "slope": Quantity(
        name="slope at the center",
        unit="{metric} / parameter",
        kind="magnitude",
        settings=("fit_radius",),
        smooth=True,
    ),
    "slope_relative": Quantity(
        name="slope at the center / f0",
        unit="1 / {d}",
        kind="magnitude",
        scale_free=True,
        settings=("fit_radius",),
        multiples=True,
        cost=True,
    ),
    "minimum_offset": Quantity(
        name="distance of the {lowest}", unit="{d}", kind="nonnegative", scale_free=True, exact=True
    ),
    "minimum_depth": Quantity(
        name="{depth} of the {lowest}", unit="{metric}", kind="nonnegative", exact=True
    ),
    "minimum_depth_relative": Quantity(
        name="{depth} of the {lowest} / f0",
        unit="1",
        kind="nonnegative",
        scale_free=True,
        multiples=True,
        cost=True,
        exact=True,
    ),
    "flat_area": _multiple("area with {metric} ≤ {level} f0", "{d}²", "level", area=True),
    "radius_mean": _multiple("radius to {level} f0, mean", "{d}", "level", "rays"),
    "radius_min": _multiple("radius to {level} f0, shortest", "{d}", "level", "rays"),
    "radius_max": _multiple("radius to {level} f0, longest", "{d}", "level", "rays"),
    "flat_area_rise": _raw(
        "area with {metric} {within} f0 {sign} {rise}", "{d}²", "rise", area=True
    ),
    "radius_mean_rise": _raw("radius to f0 {sign} {rise}, mean", "{d}", "rise", "rays"),
    "radius_min_rise": _raw("radius to f0 {sign} {rise}, shortest", "{d}", "rise", "rays"),
    "radius_max_rise": _raw("radius to f0 {sign} {rise}, longest", "{d}", "rise", "rays"),
    "radius_mean_half": _of_score("radius to {half}, mean", "{d}", "half", "rays"),
    "radius_min_half": _of_score("radius to {half}, shortest", "{d}", "half", "rays"),
    "asymmetry": Quantity(
        name="asymmetry", unit="1", kind="fraction", scale_free=True, settings=("epsilon",)
    ),
}
"""By key, in the order of tables. What needs a multiple of the center is noted where it has none.

A depth or distance of the lowest point can be exactly zero: where the center is that point. A mean
excess or a curvature is positive at a minimum and is averaged as such; where some plane
has it at or below zero, all are averaged as skewed numbers, which the statistic says.
"""


OF_ONE_PLANE = ("slope", "curvature_max", "curvature_min", "minimum_offset", "minimum_depth")
"""What to show first of a plane whose directions are not random."""

_AVERAGED = (
    *("mean_within", "minimum_within", "epsilon_sharpness", "mean_excess", "curvature_mean"),
    *("flat_area", "radius_", "asymmetry"),
)
AVERAGED = frozenset(key for key in QUANTITIES if key.startswith(_AVERAGED))
"""Those that take all directions of a plane alike: they say something only of random ones."""


def headline_of(keys: Container[str]) -> tuple[str, ...]:
    """Choose what a reader should see first.

    Args:
        keys: Of the statistics that there are.

    Returns:
        Keys, of which some may not be among them.
    """
    if "mean_within" in keys:
        return SCORE_HEADLINE
    return HEADLINE if "curvature_mean_scaled" in keys else OF_ONE_PLANE


def taken(axes: int, *, metric: MetricKind, random: bool = True) -> dict[str, Quantity]:
    """Choose the quantities that a surface can have.

    Args:
        axes: 2 for planes, 1 for lines, which have no area.
        metric: One like an accuracy has no multiples, and a share of samples no derivatives; half
            of what there is to lose needs a worst value.
        random: Whether all directions were drawn.

    Returns:
        By key, in order.
    """
    share = (metric.low, metric.high) == (0.0, 1.0)
    return {
        key: replace(quantity, kind="fraction")
        if share and quantity.score and quantity.kind == "signed"
        else quantity
        for key, quantity in QUANTITIES.items()
        if not (quantity.area and axes == 1)
        and not (quantity.cost if metric.higher_is_better else quantity.score)
        and not (quantity.smooth and metric.higher_is_better and metric.has_range)
        and not ("half" in quantity.settings and not math.isfinite(metric.low))
        and (random or key not in AVERAGED)
    }


def words(metric: MetricKind) -> dict[str, str]:
    """Return what fills the names of quantities, for costs and for metrics like an accuracy."""
    if metric.higher_is_better:
        worst = f" {'+' if metric.low > 0 else '−'} {abs(metric.low):g}"
        return {
            "half": f"(f0{worst}) / 2" if metric.low else "f0 / 2",
            "sign": "−",
            "within": "≥",
            "rising": "drop",
            "lowest": "best point",
            "depth": "height",
        }
    return {
        "sign": "+",
        "within": "≤",
        "rising": "excess",
        "lowest": "grid minimum",
        "depth": "depth",
    }
