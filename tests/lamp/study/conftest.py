"""One tiny study for all tests that only look, and models that were never trained."""

from types import SimpleNamespace

import numpy as np
import pytest

from lamp.cli.commands import app
from lamp.study.models import Fit
from lamp.study.settings import StudySettings
from landscape.cli.run import run
from landscape.measures import summarize
from landscape.surface import Surface

TINY = {
    "losses": ("l2", "l2-lamp:author"),
    "batch_sizes": (32, 16),
    "train_samples": 256,
    "width": 2,
    "seeds": 1,
    "planes": 2,
    "steps": 7,
    "samples": 16,
}


def in_process(function, items, *, workers):
    """Do what `spread` does, without starting a process."""
    for item in items:
        yield item, function(item)


def serial(monkeypatch):
    monkeypatch.setattr("lamp.study.models.spread", in_process)


@pytest.fixture
def here(monkeypatch):
    """Work in this process, as workers take seconds to start, and write few figures."""
    serial(monkeypatch)
    monkeypatch.setattr("lamp.paper.publish._SUFFIXES", (".svg",))


@pytest.fixture
def tiny():
    return StudySettings(**TINY)


@pytest.fixture(scope="session")
def words():
    """The same settings on a command line."""
    return [
        word
        for name, value in TINY.items()
        for word in (
            f"--{name.replace('_', '-')}",
            ",".join(map(str, value)) if isinstance(value, tuple) else str(value),
        )
    ]


@pytest.fixture(scope="session")
def studied(tmp_path_factory, words):
    out = tmp_path_factory.mktemp("study") / "out"
    with pytest.MonkeyPatch.context() as patch:
        serial(patch)
        assert run(app, ["study", "--out", str(out), *words]) == 0
    return out


def bowl(center, curvature, planes=3):
    """A round surface, center + curvature / 2 * r^2: it doubles at sqrt(2 center / curvature)."""
    axis = np.linspace(-1, 1, 51)
    plane = center + curvature / 2 * (axis**2 + axis[:, None] ** 2)
    values = np.stack([plane * (1 + 1e-6 * k) for k in range(planes)])
    return Surface(
        alpha=axis,
        beta=axis,
        values={"loss": values},
        status=np.ones(values.shape, np.int8),
        gram=np.stack([np.eye(2)] * planes),
        center={"loss": center},
    )


@pytest.fixture
def make_fit():
    """Return a function that makes what is known of a model."""

    def make(auroc, *, center=0.02, curvature=0.5, worst_pixel=0.0, scores=()):
        summary = summarize(bowl(center, curvature), rise=center * (1 - worst_pixel))
        return Fit(
            trial=SimpleNamespace(),
            auroc=auroc,
            scores=np.array(scores),
            surface=None,
            common=summary,
            own=summary,
            worst_pixel=worst_pixel,
            points=(9, 9, 0),
        )

    return make
