"""Arrays of NumPy: where their numbers were measured."""

import numpy as np
import pytest

import landscape as ls
from landscape.errors import LandscapeError, SurfaceFileError
from tests.landscape.surface.exchange.samples import formula, surface


def walk(steps, distance):
    """Evaluate as loss-landscapes does (`random_plane`): to and fro, moving before measuring."""
    spacing, rows, alpha = distance / steps, [], -distance / 2
    for i in range(steps):
        beta, row = -distance / 2 + i * spacing, []
        for _ in range(steps):
            alpha += spacing if i % 2 == 0 else -spacing
            row.insert(len(row) if i % 2 == 0 else 0, formula([alpha], [beta])[0, 0])
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize("steps", [4, 7, 10])
def test_the_saw_teeth_of_loss_landscapes_are_put_straight(tmp_path, steps):
    np.save(tmp_path / "a.npy", walk(steps, 2.0))
    found = ls.import_surface(tmp_path / "a.npy", distance=2.0)
    truth = formula(found.alpha, found.beta)
    assert found.measured.sum() == steps**2
    assert np.allclose(found.loss[0][found.measured[0]], truth[found.measured[0]], rtol=1e-12)
    if steps % 2 == 0:
        assert found.center["loss"] == pytest.approx(0.32, rel=1e-12)


def test_a_line_of_loss_landscapes_begins_one_step_beside_the_center(tmp_path):
    alpha = np.arange(1, 11) * 0.05
    np.save(tmp_path / "a.npy", formula(alpha, [0.0])[0])
    found = ls.import_surface(tmp_path / "a.npy", distance=0.5)
    assert np.allclose(found.loss[0], formula(found.alpha, [0.0]), rtol=1e-12)
    assert np.isnan(found.center["loss"])


def test_a_plain_array_lies_between_the_ends_of_its_window_and_comes_back(tmp_path):
    given = surface(planes=1)
    ls.export(given, tmp_path / "a.npy")
    window = (-1.0, 1.0, -0.5, 0.5)
    found = ls.import_surface(tmp_path / "a.npy", tmp_path / "run.h5", window=window)
    assert np.array_equal(found.loss, given.loss, equal_nan=True)
    assert "whether all points were measured" in found.metadata["unknown"]
    assert np.allclose(found.alpha, given.alpha, rtol=0, atol=1e-15)
    ls.export(tmp_path / "run.h5", tmp_path / "b.npy")
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()


def test_arrays_without_coordinates_or_of_other_shapes_are_refused(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.ones((3, 4)))
    with pytest.raises(LandscapeError, match="a distance or a window, got neither") as error:
        ls.import_surface(path)
    assert "--distance 1" in error.value.hint
    with pytest.raises(SurfaceFileError, match="planes of loss-landscapes are square"):
        ls.import_surface(path, distance=1.0)
    with pytest.raises(LandscapeError, match="expected a window of 4 numbers"):
        ls.import_surface(path, window=(-1.0, 1.0))
    with pytest.raises(SurfaceFileError, match="are not all different"):
        ls.import_surface(path, window=(1.0, 1.0, -1.0, 1.0))
    np.save(path, np.ones((2, 3, 4)))
    with pytest.raises(SurfaceFileError, match=r"expected shape .*, got \(2, 3, 4\)"):
        ls.import_surface(path, distance=1.0)
    np.save(path, np.array([{}]), allow_pickle=True)
    with pytest.raises(SurfaceFileError, match="is not an array of losses"):
        ls.import_surface(path, distance=1.0)
    path.write_bytes(b"\x93NUMPY no")
    with pytest.raises(SurfaceFileError, match="is not an array of losses"):
        ls.import_surface(path, distance=1.0)
