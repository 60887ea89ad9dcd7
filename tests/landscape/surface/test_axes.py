"""Axes and places with a name: written, read, and refused where they are none."""

from dataclasses import asdict, replace

import pytest

from landscape.surface.axes import Axis, PointOfInterest, axes_from
from tests.landscape.measures.surfaces import bowl, make


def test_random_axes_are_called_by_their_unit():
    (axis,) = axes_from(None, normalize="filter", count=1)
    assert (axis.label, str(axis), axis.random) == (
        "filter norms",
        "random, in filter norms",
        True,
    )
    assert axes_from(None, normalize="given", count=2)[1].label == ""


def test_what_is_written_is_read():
    axes = (Axis(name="toward b.pt", unit="1 is b.pt", random=False), Axis(unit="filter norms"))
    assert axes_from([axis.to_dict() for axis in axes], normalize="given", count=2) == axes
    curved = Axis(name="λ₁ = 5", unit="1 is long", random=False, eigenvalue=5.0, residual=2e-5)
    assert axes_from([curved.to_dict()], normalize="filter", count=1) == (curved,)
    assert str(curved) == "λ₁ = 5, known to a residual of 2.0e-05, 1 is long"
    place = PointOfInterest(label="b.pt", alpha=1.0, values={"loss": 0.5}, distance=2.0)
    for one in (place, replace(place, distance=None)):
        assert PointOfInterest.from_dict(one.to_dict()) == one


def test_what_is_none_is_refused():
    with pytest.raises(ValueError, match="expected 2 axes, got 1"):
        axes_from([asdict(Axis())], normalize="", count=2)
    place = replace(PointOfInterest(label="b.pt", alpha=1.0), alpha=float("nan"))
    with pytest.raises(ValueError, match=r"expected finite coordinates of 'b\.pt'"):
        PointOfInterest.from_dict(place.to_dict())


def test_surfaces_know_whether_their_directions_are_random():
    assert make(bowl(), steps=5).is_random
    axes = [asdict(Axis(name="gradient", random=False)), asdict(Axis(unit="filter norms"))]
    found = make(bowl(), steps=5, metadata={"axes": axes, "normalize": "filter"})
    assert not found.is_random
    assert [axis.label for axis in found.axes] == ["gradient", "filter norms"]
    assert found.points_of_interest == ()
