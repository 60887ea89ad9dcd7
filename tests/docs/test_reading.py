"""The numbers beside the two misleading pictures are those of the classifier that is shown."""

import re
from pathlib import Path

import pytest

import landscape as ls

PAGE = (Path(__file__).parents[2] / "docs" / "reading.md").read_text()
SPACE: dict = {"__name__": "classifier"}
exec(re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)[0], SPACE)


def told(pattern: str) -> list[float]:
    """Numbers of the page, with its line breaks as blanks."""
    found = re.search(pattern, " ".join(PAGE.split()))
    assert found, pattern
    return [float(number.replace("−", "-")) for number in found.groups()]


@pytest.fixture(scope="module")
def trained():
    return ls.compute(SPACE["build"](), planes=3, steps=41, workers=1)


INTERVAL = r"(\.\d+) \[(\.\d+), (\.\d+)\]"


@pytest.mark.slow
def test_the_loss_doubles_later_where_it_starts_higher(trained):
    doubles = told(rf"doubles at {INTERVAL}.*? at {INTERVAL}")
    rises = told(rf"rise of 0\.5 it is {INTERVAL} and {INTERVAL}")
    measured = [ls.summarize(trained, metric=name, rise=0.5) for name in ("loss", "test_loss")]
    for key, numbers in (("radius_mean", doubles), ("radius_mean_rise", rises)):
        found = [
            number for one in measured for number in (one[key].value, one[key].low, one[key].high)
        ]
        assert numbers == pytest.approx(found, abs=0.0051)
    assert told(r"from (\.\d+) here and from (\.\d+) there") == pytest.approx(
        list(trained.center.values()), abs=0.0006
    )


def test_the_bowl_after_five_updates_is_a_saddle():
    problem = SPACE["build"](updates=5)
    bowl = ls.summarize(ls.compute(problem, planes=1, steps=15, workers=1))
    assert bowl["quadratic_fit"].value == pytest.approx(told(r"fit (\.\d+)")[0], abs=2e-4)
    assert bowl["curvature_min"].value > 0
    largest, smallest = told(r"Hessian is ([\d.]+), the smallest ([−\d.]+\d)")
    assert ls.hessian_eigenvalues(problem, count=1).values[0] == pytest.approx(largest, rel=0.01)
    extremes = ls.compute(problem, along="hessian:extremes", steps=5, workers=1)
    assert f"{smallest}".replace("-", "−") in str(extremes.axes)
