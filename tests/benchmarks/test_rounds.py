"""The arithmetic of rounds, tables and exponents."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import rounds
from benchmarks.contestants.outcome import center_only
from benchmarks.rounds import ContestantError, Times, interleave
from benchmarks.scaling import Row
from benchmarks.text import spread, table


def test_cost_of_a_point_and_start_up_are_those_of_a_straight_line():
    # 0.5 s + 2 ms a point in the first round, 1 s + 3 ms in the second
    points = np.array([25, 121])
    seconds = np.array([0.5 + 0.002 * points, 1 + 0.003 * points])
    times = Times("ours", (5, 11), seconds, seconds / 2)
    np.testing.assert_allclose(times.per_point, [0.002, 0.003])
    np.testing.assert_allclose(times.cpu_per_point, [0.001, 0.0015])
    np.testing.assert_allclose(times.start_up, [0.5, 1.0])
    np.testing.assert_allclose(times.whole(51), [0.5 + 2601 * 0.002, 1 + 2601 * 0.003])


def test_a_grid_that_was_run_is_not_reckoned():
    times = Times("ours", (5, 51), np.array([[1.0, 77.0]]))
    assert times.whole(51) == [77.0]


def test_contestants_take_turns_and_one_that_is_absent_is_asked_once(monkeypatch):
    turns = []

    def run_one(name, file, steps):
        turns.append((name, tuple(steps)))
        if name == "b":
            return {"absent": "No module named 'b'"}
        return {"seconds": [1.0 * len(turns)], "cpu": [0.5], "values": [[None]], "notes": {}}

    monkeypatch.setattr(rounds, "_run_one", run_one)
    found = interleave({"a": (5,), "b": (5,), "c": (3,)}, Path("network.pt"), rounds=2)
    assert turns == [("a", (5,)), ("b", (5,)), ("c", (3,)), ("a", (5,)), ("c", (3,))]
    assert found["a"].seconds.tolist() == [[1.0], [4.0]]
    assert found["b"].absent == "not installed: No module named 'b'"


def test_a_contestant_that_fails_is_an_error_with_its_last_words(tmp_path):
    with pytest.raises(ContestantError, match="limit: FileNotFoundError:") as caught:
        interleave({"limit": (3,)}, tmp_path / "nothing.pt", rounds=1)
    assert "nothing.pt" in caught.value.tail.splitlines()[-1]


def test_an_optional_contestant_that_fails_is_told_and_the_others_go_on(monkeypatch):
    turns = []

    def run_one(name, file, steps):
        turns.append(name)
        if name == "a":
            raise ContestantError("a: FileNotFoundError: nothing.pt")
        return {"seconds": [1.0], "cpu": [0.5], "values": [[None]], "notes": {}}

    monkeypatch.setattr(rounds, "_run_one", run_one)
    contestants = {"a": (3,), "b": (3,)}
    found = interleave(contestants, Path("network.pt"), rounds=2, optional=["a"])
    assert turns == ["a", "b", "b"]
    assert found["a"].absent == "failed: a: FileNotFoundError: nothing.pt"
    assert found["b"].seconds.tolist() == [[1.0], [1.0]]


@pytest.mark.parametrize("power", [-1.0, 0.5, 2.0])
def test_exponents_are_found_exactly_without_noise(power):
    x = np.array([1.0, 10.0, 100.0])
    exponent, error = Row("points", "a grid", x, np.stack([3 * x**power] * 2)).exponent()
    assert exponent == pytest.approx(power)
    assert error == pytest.approx(0, abs=1e-6)


def test_the_error_of_an_exponent_is_that_of_least_squares():
    x = np.exp([0.0, 1.0, 2.0])
    seconds = np.exp([[0.0, 1.1, 2.0]])  # residuals -1/30, 2/30, -1/30; s^2 = 6/900 over 1
    exponent, error = Row("points", "a grid", x, seconds).exponent()
    assert exponent == pytest.approx(1.0)
    assert error == pytest.approx(np.sqrt(6 / 900 / 2))


def test_tables_align_the_first_column_to_the_left_and_the_others_to_the_right():
    assert table(["", "s"], [["ours", "1"], ["limit", "10"]]).splitlines() == [
        "        s",
        "---------",
        "ours    1",
        "limit  10",
    ]


def test_spread_shows_median_least_and_greatest():
    assert spread(np.array([3.0, 1.0, 1.5])) == "1.50 (1.00 - 3.00)"
    assert spread(np.array([2.0])) == "2.00"


def test_center_only_knows_one_value():
    values = center_only(7.0, 5)
    assert values[2, 2] == 7
    assert np.isfinite(values).sum() == 1
