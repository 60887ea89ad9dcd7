"""What is written is read, whatever happens in between."""

import contextlib

import numpy as np
import pytest

from landscape.surface import Status, load
from landscape.surface import writer as writer_module
from landscape.surface.create import create
from landscape.surface.file import Disk
from landscape.surface.writer import SurfaceWriter
from tests.landscape.surface.files import POINTS, VALUES, blueprint, estimates


@pytest.fixture
def path(tmp_path):
    target = tmp_path / "run.h5"
    create(target, blueprint())
    return target


def test_points_are_read_as_written_and_others_stay_missing(path):
    with SurfaceWriter(path) as writer:
        assert len(writer.missing()) == 30
        writer.write(POINTS, VALUES)
        writer.fail([(0, 1, 1)])
        assert writer.missing()[-1] == (0, 1, 1), "what failed is tried again last"
        assert len(writer.missing()) == 26
    surface = load(path)
    for name, numbers in VALUES.items():
        np.testing.assert_array_equal([surface.values[name][p] for p in POINTS], numbers)
    assert surface.measured.sum() == 4
    assert surface.status[0, 1, 1] == Status.FAILED


SLOW = pytest.mark.slow


class DeathError(BaseException):
    """What ends a writer whose disk is gone."""


class Dying(Disk):
    """A disk whose writer dies at the K-th write, which is lost, half done or done."""

    death, share, writes = 10**9, 1.0, 0

    def write(self, data, /):
        Dying.writes += 1
        if Dying.writes < Dying.death:
            return super().write(data)
        if Dying.writes == Dying.death:
            data = bytes(data)
            super().write(data[: round(len(data) * self.share)])
        return len(data)  # nothing reaches the disk after death

    def check(self):
        if Dying.writes >= Dying.death:
            raise DeathError


def write_all(path, todo, acknowledged):
    """Store points one by one, then estimates of plane 0 that become final, and of plane 1."""
    with SurfaceWriter(path) as writer:
        for point in (point for point in POINTS if point in todo):
            index = POINTS.index(point)
            writer.write([point], {name: [v[index]] for name, v in VALUES.items()})
            acknowledged.append(point)
        writer.fail([(0, 1, 1)])
        writer.estimate(0, estimates(1), error=0.5, done=False)
        writer.estimate(0, estimates(2), error=0.1, done=True)
        writer.estimate(1, estimates(3), error=0.5, done=False)
        acknowledged.append("estimates")


def check_nothing_false(path, acknowledged):
    """Load; compare all that is there with what was written, and that nothing is lost."""
    surface = load(path)
    for index, point in enumerate(POINTS):
        if point in acknowledged:
            assert surface.status[point] == Status.MEASURED
        if surface.status[point] == Status.MEASURED:
            for name, numbers in VALUES.items():
                np.testing.assert_array_equal(surface.values[name][point], numbers[index])
        else:
            assert np.isnan(surface.loss[point])
    for plane, values in ((0, {1.0, 2.0}), (1, {3.0})):
        found = set(surface.values["loss_estimate"][plane].ravel())
        assert found in ({value} for value in values) or np.isnan(list(found)).all()
        assert not surface.refined.done[plane] or found == {2.0}
    return surface


@pytest.mark.parametrize("every", [0.0, 1e9], ids=["synced at once", "synced at the end"])
@pytest.mark.parametrize(
    "share",
    [pytest.param(0.0, marks=pytest.mark.slow), 0.5, pytest.param(1.0, marks=pytest.mark.slow)],
)
def test_no_death_of_the_writer_harms_the_file(tmp_path, share, every, monkeypatch):
    monkeypatch.setattr(writer_module, "_SYNC_SECONDS", every)
    path, whole = tmp_path / "run.h5", tmp_path / "whole.h5"
    create(whole, blueprint(estimates=True))
    born = whole.read_bytes()
    monkeypatch.setattr(writer_module, "Disk", Dying)
    monkeypatch.setattr(Dying, "share", share)
    monkeypatch.setattr(Dying, "death", 10**9)
    monkeypatch.setattr(Dying, "writes", 0)
    write_all(whole, POINTS, [])
    writes = Dying.writes
    assert writes >= 4 * len(POINTS)
    for death in range(1, writes + 1):
        path.write_bytes(born)
        monkeypatch.setattr(Dying, "death", death)
        monkeypatch.setattr(Dying, "writes", 0)
        acknowledged = []
        with contextlib.suppress(DeathError):
            write_all(path, POINTS, acknowledged)
        surface = check_nothing_false(path, acknowledged)
        monkeypatch.setattr(Dying, "death", 10**9)
        todo = [point for point in POINTS if surface.status[point] != Status.MEASURED]
        write_all(path, todo, [])
        assert path.read_bytes() == whole.read_bytes(), "the resumed file has other bytes"
