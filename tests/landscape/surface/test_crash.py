"""Kills, power cuts, interrupts and readers at any moment: nothing false, nothing lost."""

import contextlib
import random
import threading
from typing import ClassVar

import h5py
import numpy as np
import pytest

from landscape.surface import Status, load
from landscape.surface import writer as writer_module
from landscape.surface.create import create
from landscape.surface.file import Disk
from landscape.surface.writer import SurfaceWriter
from tests.landscape.surface.files import POINTS, VALUES, blueprint, estimates


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


class Recorded(Disk):
    """A disk that remembers its writes and where it was asked to make them safe."""

    events: ClassVar[list[tuple[int, bytes] | None]] = []

    def write(self, data, /):
        self.events.append((self.tell(), bytes(data)))
        return super().write(data)

    def sync(self):
        self.events.append(None)
        super().sync()


@pytest.mark.parametrize("every", [0.0, 1e9], ids=["synced at once", "synced at the end"])
def test_a_power_cut_may_keep_any_of_the_writes_since_the_last_sync(tmp_path, monkeypatch, every):
    monkeypatch.setattr(writer_module, "_SYNC_SECONDS", every)
    path = tmp_path / "run.h5"
    create(path, blueprint(estimates=True))
    safe = bytearray(path.read_bytes())
    monkeypatch.setattr(writer_module, "Disk", Recorded)
    monkeypatch.setattr(Recorded, "events", [])
    write_all(path, POINTS[:2], [])
    write_all(path, POINTS[2:], [])
    generator, unsafe, measured = random.Random(0), [], 0
    for event in Recorded.events:
        if event is not None:
            unsafe.append(event)
            image = bytearray(safe)
            for place, data in generator.sample(unsafe, generator.randint(0, len(unsafe))):
                kept = data[: generator.choice([len(data), len(data) // 2])]
                image[place : place + len(kept)] = kept
            path.write_bytes(image)
            check_nothing_false(path, [])
            continue
        for place, data in unsafe:
            safe[place : place + len(data)] = data
        unsafe.clear()
        path.write_bytes(safe)
        found = int(check_nothing_false(path, []).measured.sum())
        assert found >= measured
        measured = found
    assert measured == 4
    assert Recorded.events.count(None) >= 4


def test_marks_wait_for_the_disk_at_most_twice_a_second(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    create(path, blueprint())
    monkeypatch.setattr(writer_module, "Disk", Recorded)
    monkeypatch.setattr(Recorded, "events", [])
    with SurfaceWriter(path) as writer:
        for index, point in enumerate(POINTS):
            writer.write([point], {name: [v[index]] for name, v in VALUES.items()})
        assert load(path).measured.sum() == 4, "they count before they are marked"
        with h5py.File(path, locking=False) as file:
            assert not file["status"][...].any()
    assert Recorded.events.count(None) == 1
    with h5py.File(path) as file:
        assert (file["status"][...] == 1).sum() == 4


def test_a_reader_at_any_moment_sees_no_damage(tmp_path):
    path = tmp_path / "run.h5"
    create(path, blueprint(estimates=True))
    ended = threading.Event()

    def work():
        for value in range(12):  # every time a run that goes on, and replaces its estimates
            with SurfaceWriter(path) as writer:
                point = [(value % 2, value % 3, value % 5)]
                if value < 6:
                    writer.fail(point)
                else:
                    writer.write(point, {name: [value] for name in VALUES})
                for plane in (0, 1):
                    writer.estimate(plane, estimates(value), error=0.5, done=False)
                    writer.estimate(plane, estimates(value), error=0.1, done=value % 2 == 0)
        ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    loads = 0
    while not ended.is_set() or not loads:
        surface = load(path)
        for plane in (0, 1):
            found = surface.values["loss_estimate"][plane]
            assert np.isnan(found).all() or (found == found[0, 0]).all()
        loads += 1
    thread.join()
    assert load(path).measured.sum() == 6


class Interrupted(Disk):
    """A disk at whose K-th write Ctrl-C is pressed: that write is lost, later ones are not."""

    when, writes = 0, 0

    def write(self, data, /):
        Interrupted.writes += 1
        if Interrupted.writes == Interrupted.when:
            raise KeyboardInterrupt
        return super().write(data)


def test_an_interrupt_inside_a_write_marks_nothing_that_is_not_there(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    create(path, blueprint(estimates=True))
    born = path.read_bytes()
    monkeypatch.setattr(writer_module, "_SYNC_SECONDS", 0.0)
    monkeypatch.setattr(writer_module, "Disk", Interrupted)
    interrupted = 0
    for when in range(1, 60):
        path.write_bytes(born)
        monkeypatch.setattr(Interrupted, "when", when)
        monkeypatch.setattr(Interrupted, "writes", 0)
        acknowledged = []
        try:
            write_all(path, POINTS, acknowledged)
        except KeyboardInterrupt:
            interrupted += 1
        check_nothing_false(path, acknowledged)
    assert interrupted >= 20
