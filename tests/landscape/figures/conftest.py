"""Surfaces of known shape."""

from collections.abc import Callable

import numpy as np
import pytest

from landscape.figures import explore
from landscape.surface import Surface
from landscape.surface.refined import Refined
from tests.browsers import chromium

Make = Callable[..., Surface]


@pytest.fixture(scope="session")
def make() -> Make:
    """Return a maker of surfaces from a function of alpha and beta, or from arrays."""

    def build(values, *, steps=21, radius=1.0, planes=1, center=None, status=None, **metadata):
        axis = np.linspace(-radius, radius, steps)
        alpha, beta = np.meshgrid(axis, axis)
        array = values(alpha, beta) if callable(values) else np.asarray(values, float)
        array = np.broadcast_to(array, (planes, steps, steps)).copy()
        return Surface(
            alpha=axis,
            beta=axis,
            values={"loss": array},
            status=np.ones(array.shape, np.int8) if status is None else status,
            gram=np.broadcast_to(np.eye(2), (planes, 2, 2)),
            center={"loss": float(array[0, steps // 2, steps // 2]) if center is None else center},
            metadata={"normalize": "filter", **metadata},
        )

    return build


@pytest.fixture(scope="session")
def bowl(make: Make) -> Surface:
    """1 at the center; doubles at radius 1/3, whatever the direction; 19 in the corners."""
    return make(lambda a, b: 1 + 9 * (a**2 + b**2), steps=41)


@pytest.fixture(scope="session")
def line() -> Surface:
    """A line over three planes, 1 at the center, with slopes 1, 2 and 3 in alpha squared."""
    axis = np.linspace(-1, 1, 11)
    values = np.stack([1 + k * axis**2 for k in (1.0, 2.0, 3.0)])[:, None, :]
    return Surface(
        alpha=axis,
        beta=np.zeros(1),
        values={"loss": values},
        status=np.ones(values.shape, np.int8),
        gram=np.ones((3, 1, 1)),
        center={"loss": 1.0},
        metadata={"normalize": "filter"},
    )


@pytest.fixture(scope="session")
def estimated(make: Make) -> Surface:
    """A steep bowl, 61 in the corners, of which 1 point in 16 is measured: accurate up to 10."""
    whole = make(lambda a, b: 1 + 30 * (a**2 + b**2), steps=41)
    status = np.zeros(whole.status.shape, np.int8)
    status[:, ::4, ::4] = 1
    return Surface(
        alpha=whole.alpha,
        beta=whole.beta,
        values={
            "loss": np.where(status == 1, whole.loss, np.nan),
            "loss_estimate": whole.loss,
            "loss_estimate_error": 0.01 * whole.loss,
        },
        status=status,
        gram=whole.gram,
        center=whole.center,
        metadata={
            "config": {
                "normalize": "filter",
                "tolerance": 0.01,
                "tolerance_metrics": ["loss"],
                "clip": 10.0,
            }
        },
        refined=Refined(done=np.ones(1, np.bool_), error=np.full(1, 0.01)),
    )


@pytest.fixture(scope="session")
def accuracy(make: Make) -> Surface:
    """An accuracy of 0.9 on a plateau around the center, lower outside."""
    hill = make(lambda a, b: 0.9 - 0.6 * np.maximum(np.hypot(a, b) - 0.4, 0))
    return Surface(
        alpha=hill.alpha,
        beta=hill.beta,
        values={"loss": 1 - hill.loss, "accuracy": hill.loss},
        status=hill.status,
        gram=hill.gram,
        center={"loss": 0.1, "accuracy": 0.9},
    )


@pytest.fixture(scope="session")
def run() -> Surface:
    """Two planes and two metrics; every other point measured with an error, one failed."""
    axis = np.linspace(-1, 1, 21)
    alpha, beta = np.meshgrid(axis, axis)
    loss = np.stack([0.5 + alpha**2 + 2 * beta**2, 0.5 + 2 * alpha**2 + alpha * beta + beta**2])
    status = np.zeros(loss.shape, np.int8)
    status[:, ::2, ::2] = 1
    measured = status == 1
    status[0, 0, 1] = 2
    known = np.where(status == 2, np.nan, loss)
    return Surface(
        alpha=axis,
        beta=axis,
        values={
            "loss": np.where(measured, loss, np.nan),
            "loss_se": np.where(measured, 0.01, np.nan),
            "loss_estimate": known,
            "loss_estimate_error": np.where(measured, 0.0, 0.002 * known),
            "accuracy": np.where(measured, 1 - loss / 4, np.nan),
            "accuracy_estimate": 1 - known / 4,
            "accuracy_estimate_error": np.where(measured, 0.0, 0.001),
        },
        status=status,
        gram=np.stack([np.eye(2)] * 2),
        center={"loss": 0.5, "accuracy": 0.875},
        metadata={"normalize": "filter"},
    )


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def open_page(browser, tmp_path):
    """Open a page; afterwards it must have asked for nothing and complained of nothing."""
    requests, errors, paths = [], [], []

    def build(surfaces, titles=None, fragment="", **options):
        path = explore(surfaces, titles).save(tmp_path / "e.html")
        paths.append(path.as_uri())
        usual = {"viewport": {"width": 1440, "height": 1000}, "bypass_csp": True}
        tab = browser.new_page(**usual | options)
        tab.on("request", lambda request: requests.append(request.url))
        tab.on("console", lambda message: errors.append(message.text))
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(path.as_uri() + fragment)
        tab.wait_for_selector("#cursor p")
        return tab

    yield build
    assert errors == []
    assert {url.partition("#")[0] for url in requests if not url.startswith("blob:")} == set(paths)
