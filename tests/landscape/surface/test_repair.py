"""A damaged file keeps all points but those that were damaged."""

import h5py
import numpy as np
import pytest

from landscape.errors import SurfaceFileError
from landscape.surface import Status, load, repair
from landscape.surface.create import create
from landscape.surface.writer import SurfaceWriter
from tests.landscape.surface.files import POINTS, VALUES, blueprint, estimates


@pytest.fixture
def path(tmp_path):
    target = tmp_path / "run.h5"
    create(target, blueprint(estimates=True))
    with SurfaceWriter(target) as writer:
        writer.write(POINTS, VALUES)
        writer.fail([(0, 1, 1)])
        for plane in (0, 1):
            writer.estimate(plane, estimates(plane), error=0.1, done=True)
    return target


def test_damaged_points_and_estimates_are_given_up_and_can_be_written_again(path):
    whole = path.read_bytes()
    with h5py.File(path, "r+") as file:
        file["loss"][POINTS[3]] = 123456.0
        file["status"][0, 0, 1] = 4
        file["loss_estimate"][1, 0, 0] = 5.0
    with pytest.raises(SurfaceFileError, match="2 of 30 points") as caught:
        load(path)
    assert "landscape.surface.repair" in caught.value.hint
    assert repair(path) == 2
    surface = load(path)
    for index, point in enumerate(POINTS[:3]):
        np.testing.assert_array_equal(surface.loss[point], VALUES["loss"][index])
    assert surface.status[POINTS[3]] == surface.status[0, 0, 1] == Status.MISSING
    assert surface.status[0, 1, 1] == Status.FAILED
    np.testing.assert_array_equal(surface.refined.done, [False, False])
    assert np.isnan(surface.values["loss_estimate"]).all()
    with SurfaceWriter(path) as writer:
        writer.write(POINTS[3:], {name: numbers[3:] for name, numbers in VALUES.items()})
        for plane in (0, 1):
            writer.estimate(plane, estimates(plane), error=0.1, done=True)
    assert path.read_bytes() == whole


def test_nothing_is_changed_where_nothing_is_damaged(path):
    whole = path.read_bytes()
    assert repair(path) == 0
    assert path.read_bytes() == whole


def test_a_file_whose_settings_are_damaged_is_not_repaired(path):
    with h5py.File(path, "r+") as file:
        file["alpha"][0] = -2.0
    with pytest.raises(SurfaceFileError, match="settings, coordinates or Gram matrices"):
        repair(path)
