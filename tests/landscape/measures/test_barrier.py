"""Barriers of curves that are known, and how often their intervals cover them."""

from dataclasses import replace

import numpy as np
import pytest

from landscape.errors import LandscapeError
from landscape.measures.barrier import measure_barrier, say_all
from landscape.measures.connection import Connection
from landscape.measures.curve import Curve

T = np.linspace(0, 1, 11)


def curve(samples, *, t=T, metric="loss", higher_is_better=False, per_sample=True) -> Curve:
    """Of values of samples, shape (T, N)."""
    samples = np.asarray(samples, dtype=float)
    means = samples.mean(1)
    finite = per_sample and np.isfinite(means).all()
    return Curve(
        metric=metric,
        batchnorm="",
        higher_is_better=higher_is_better,
        t=t,
        values=means,
        residuals=(samples - means[:, None]) / samples.shape[1] if finite else None,
        samples=samples.shape[1],
    )


def test_barrier_of_two_quadratics():
    """min(t^2, (1 - t)^2) c has its ridge in the middle, c / 4 above a chord at 0."""
    values = 3 * np.minimum(T**2, (1 - T) ** 2)
    found = measure_barrier(curve(np.tile(values, (4, 1)).T))
    assert (found.height, found.at) == (pytest.approx(0.75), 0.5)
    assert (found.low, found.high) == (pytest.approx(0.75), pytest.approx(0.75))  # no spread
    assert "not linearly mode connected: it rises by 0.75 above the chord" in found.sentence()


def test_heights_are_above_the_chord_of_unequal_ends():
    found = measure_barrier(curve((2 + 5 * T + np.sin(np.pi * T))[:, None] * np.ones(3)))
    assert (found.height, found.at) == (pytest.approx(1), 0.5)
    np.testing.assert_allclose(found.curve.heights, np.sin(np.pi * T), atol=1e-12)


def test_a_convex_curve_has_no_barrier():
    rng = np.random.default_rng(0)
    found = measure_barrier(curve((T[:, None] - rng.uniform(size=50)) ** 2))
    assert 0 <= found.height <= 1e-9
    assert 0 <= found.high <= 1e-9
    assert found.rises is False
    assert found.connected is True
    assert found.sentence() == "loss: no barrier found: it nowhere rises above the chord"


def test_errors_are_paired_over_samples():
    """What a sample has at all points says nothing about the barrier."""
    rng = np.random.default_rng(0)
    bump = np.sin(np.pi * T)[:, None]
    each = 1 + 0.1 * rng.standard_normal(100)
    base = measure_barrier(curve(bump * each))
    shifted = measure_barrier(curve(bump * each + 50 * rng.standard_normal(100)))
    assert shifted.high - shifted.low == pytest.approx(base.high - base.low, rel=1e-6)
    # All points move as one: the multiple is Student's quantile, for one number.
    expected = each.std(ddof=1) / 10
    assert base.curve.standard_errors[5] == pytest.approx(expected)
    assert base.curve.multiple(0.95) == pytest.approx(1.984, rel=0.02)


def test_accuracy_falls_below_its_chord():
    values = (0.9 - 0.4 * np.sin(np.pi * T))[:, None] * np.ones(5)
    found = measure_barrier(curve(values, metric="accuracy", higher_is_better=True))
    assert not np.signbit(found.curve.heights[[0, -1]]).any()  # or limits would be -0
    assert found.height == pytest.approx(0.4)
    assert "it falls by 0.4 below the chord at t = 0.5" in found.sentence()


def test_where_the_barrier_may_be():
    rng = np.random.default_rng(0)
    flat = np.array([0, 1, 1, 1, 1, 1, 1, 1, 1, 0.3, 0])[:, None]
    found = measure_barrier(curve(flat + 0.2 * rng.standard_normal((11, 200))))
    assert found.at_low <= 0.2 < 0.7 <= found.at_high < 0.9


def test_means_alone_have_no_interval():
    found = measure_barrier(curve(np.sin(np.pi * T)[:, None] * np.ones(3), per_sample=False))
    assert found.rises is None
    assert np.isnan(found.low)
    assert "its error is unknown, as the loss gives no values of samples" in found.sentence()
    below = measure_barrier(curve((T**2)[:, None] * np.ones(3), per_sample=False))
    assert below.rises is False
    assert below.sentence() == "loss: no barrier found: it nowhere rises above the chord"


def test_values_that_are_not_finite_are_a_barrier_between_and_refused_at_an_end():
    values = np.ones((11, 3))
    values[4:6] = np.nan
    found = measure_barrier(curve(values))
    assert found.height == np.inf
    assert found.sentence() == "loss: not linearly mode connected: not finite at t = 0.4"
    values[-1] = np.inf
    with pytest.raises(LandscapeError, match="expected a finite loss at both ends, got 1 and inf"):
        measure_barrier(curve(values))


def noisy_accuracy(batchnorm="frozen", bent=False):
    """Of 60 samples, of which one is wrong in the middle and right at both ends."""
    right = np.ones((11, 60))
    right[5, 0] = 0
    one = curve(right, metric="accuracy", higher_is_better=True)
    return measure_barrier(replace(one, batchnorm=batchnorm, bent=bent))


@pytest.mark.parametrize(("bent", "name"), [(False, "frozen"), (True, "Bezier, frozen")])
def test_a_barrier_that_may_be_is_not_called_connected(bent, name):
    """One of 60 that errs: 1 / 60 below the chord, with a standard error of about as much."""
    found = noisy_accuracy(bent=bent)
    assert found.height == pytest.approx(1 / 60)
    assert found.high == pytest.approx(1 / 60 + found.curve.multiple(0.95) / 60, rel=0.02)
    assert (found.rises, found.connected) == (False, None)
    assert found.sentence() == (
        f"accuracy ({name}): no barrier found: it falls by 0.01667 below the chord at t = 0.5, "
        f"which is within its error, up to {found.high:.2g} is not excluded "
        f"(95% interval [0, {found.high:.4g}])"
    )
    connection = Connection(ends=("a.pt", "b.pt"), barriers=(found,))
    assert connection.to_dict()["barriers"][0]["connected"] is None


def test_what_is_the_same_of_several_barriers_is_said_once():
    unsure = [noisy_accuracy(name) for name in ("frozen", "batch", "recalibrated")]
    bump = np.sin(np.pi * T)[:, None] * np.ones(3)
    sure = [measure_barrier(curve(bump)), measure_barrier(curve(bump, metric="error"))]
    unknown = [measure_barrier(curve(bump, metric=name, per_sample=False)) for name in "xy"]
    flat = measure_barrier(curve(np.ones((11, 3)), metric="flat"))
    assert say_all([*unsure, *sure, flat, *unknown]) == [
        (
            "accuracy (frozen), accuracy (batch), accuracy (recalibrated): no barrier found: each "
            "is within its error of 0, and nothing up to the upper limit of its interval is "
            "excluded"
        ),
        (
            "loss, error: not linearly mode connected: each is worse than the chord by more than "
            "its error"
        ),
        "flat: no barrier found: it nowhere rises above the chord",
        "x, y: errors are unknown, as the loss gives no values of samples",
    ]
    assert say_all([flat, flat]) == [
        "flat, flat: no barrier found: none is worse than the chord anywhere"
    ]


def test_a_barrier_of_zero_is_nowhere():
    flat = measure_barrier(curve(np.ones((11, 3))))
    connection = Connection(ends=("a.pt", "b.pt"), barriers=(flat,))
    assert connection.table().splitlines()[1].split() == ["loss", "1", "1", "0", "[0,", "0]"]
    assert connection.to_dict()["barriers"][0]["at"] is None


def test_table_rows_and_json():
    rng = np.random.default_rng(0)
    found = measure_barrier(curve(np.sin(np.pi * T)[:, None] + 0.1 * rng.standard_normal((11, 9))))
    connection = Connection(ends=("a.pt", "b.pt"), barriers=(found,))
    table = connection.table().splitlines()
    assert table[0].split() == [
        "metric",
        "at",
        "a.pt",
        "at",
        "b.pt",
        "barrier",
        "95%",
        "interval",
        "at",
        "t",
        "interval",
        "of",
        "t",
    ]
    assert table[1].startswith("loss")
    rows = connection.rows()
    assert len(rows) == 11
    assert rows[0]["height"] == 0 == rows[-1]["height_se"]
    assert connection.to_dict()["barriers"][0]["connected"] is False
    with pytest.raises(LandscapeError, match="no barrier of 'f1'"):
        connection.find("f1")


SHAPES = {
    "flat": np.zeros(25),
    "bump": np.sin(np.pi * np.linspace(0, 1, 25)),
    "bowl": -0.3 * np.sin(np.pi * np.linspace(0, 1, 25)),
    "plateau": np.clip(4 * np.sin(np.pi * np.linspace(0, 1, 25)), 0, 1),
}


def paths(rng, samples: int, kind: str):
    """Noise of samples along the line: smooth, rough, or skewed and smooth."""
    t = np.linspace(0, 1, 25)
    smooth = np.exp(-((t[:, None] - t[None, ::6]) ** 2) / 0.04)
    if kind == "rough":
        return rng.standard_normal((25, samples))
    if kind == "smooth":
        return smooth @ rng.standard_normal((5, samples))
    return smooth @ (rng.lognormal(0, 1, (5, samples)) - np.exp(0.5))


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("kind", "samples", "least"), [("smooth", 20, 0.94), ("rough", 200, 0.94), ("skewed", 200, 0.9)]
)
def test_interval_covers_the_barrier_although_the_point_was_chosen(shape, kind, samples, least):
    rng = np.random.default_rng(1)
    t, trials = np.linspace(0, 1, 25), 600  # of 200, coverage is known within 0.03 only
    truth = SHAPES[shape]
    covered = missed_low = 0
    for _ in range(trials):
        found = measure_barrier(curve(truth[:, None] + paths(rng, samples, kind), t=t))
        # The ends are random, too: the barrier is above the chord of their expectations, 0.
        covered += found.low - 1e-12 <= truth.max().clip(0) <= found.high + 1e-12
        missed_low += found.low > truth.max().clip(0) + 1e-12
    assert covered / trials >= least
    if shape == "flat":  # a barrier where there is none
        assert missed_low / trials <= 0.05


@pytest.mark.parametrize("policy", ["frozen", "recalibrated"])
def test_a_table_explains_the_policy_that_it_has(policy):
    one = replace(curve(np.ones((len(T), 3)), t=T), batchnorm=policy)
    table = Connection(ends=("a", "b"), barriers=(measure_barrier(one),)).table()
    assert ("frozen: running statistics" in table) == (policy == "frozen")
