"""What is said about a surface with a tolerance."""

from dataclasses import replace

import numpy as np
import pytest

from landscape.measures import summarize
from landscape.measures.accuracy import accuracy
from landscape.points.scale import scale_of
from landscape.surface.data import Surface
from landscape.surface.refined import Refined


@pytest.mark.parametrize("power", [1, 9], ids=["gentle", "steep"])
def test_the_level_up_to_which_errors_were_controlled_is_named(power):
    axis = np.linspace(-1, 1, 9)
    values = (1 + 2 * (axis**2 + axis[:, None] ** 2))[None] ** power
    values[0, 4, 4] = 0.9 if power == 1 else 1e-3
    errors = np.where(np.arange(81).reshape(1, 9, 9) % 2, 1e-3 * values, 0)
    surface = Surface(
        alpha=axis,
        beta=axis,
        values={"loss": values, "loss_estimate": values, "loss_estimate_error": errors},
        status=(errors == 0).astype(np.int8),
        gram=np.eye(2)[None],
        center={"loss": float(values[0, 4, 4])},
        metadata={"config": {"tolerance": 0.01, "clip": 10.0, "tolerance_metrics": ["loss"]}},
        refined=Refined(done=np.array([True]), error=np.array([0.001])),
    )
    level = scale_of(surface.center["loss"], 10.0, values[0]).level
    assert (level > 10 * surface.center["loss"]) == (power == 9)  # raised where little is lower
    reach = "10 times the center" if power == 1 else f"a loss of {level:.3g}"
    expected = f"estimated error at most 0.001 of the value (tolerance 0.01 up to {reach})"
    assert expected in accuracy(surface)


def test_planes_that_are_not_finished_are_told():
    axis = np.linspace(-1, 1, 11)
    bowl = 1 + (axis**2 + axis[:, None] ** 2)[None]
    part = Surface(
        alpha=axis,
        beta=axis,
        values={
            "loss": np.full_like(bowl, np.nan),
            "loss_estimate": bowl,
            "loss_estimate_error": 0.2 * bowl,
        },
        status=np.zeros(bowl.shape, np.int8),
        gram=np.eye(2)[None],
        center={"loss": 1.0},
        refined=Refined(done=np.zeros(1, np.bool_), error=np.full(1, 0.3)),
    )
    assert "1 of 1 planes are not finished, errors of 30% are expected" in str(summarize(part))
    missing = replace(part, values={"loss": part.loss}, refined=None)
    assert "no plane is complete: the same call goes on" in str(summarize(missing))
