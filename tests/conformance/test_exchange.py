"""Files of others, read for what they hold, and files for others, read as they read them."""

import h5py
import numpy as np

import landscape as ls
from tests.conformance.models import Point, over, plane

X, Y = np.linspace(-1, 1, 21), np.linspace(0, 1, 11)


def bowl(x, y):
    """What is to be seen at (x, y)."""
    return 2 + (x - 0.2) ** 2 + 3 * y**2 + x * y


def written(path, seen=X.size * Y.size, **more):
    """A surface file as its program fills it: declared (x, y), in the order of a (y, x) mesh."""
    losses = -np.ones((X.size, Y.size))
    losses.ravel()[:seen] = bowl(*np.meshgrid(X, Y)).ravel()[:seen]
    arrays = {"xcoordinates": X, "ycoordinates": Y, "train_loss": losses, "dir_file": ""}
    with h5py.File(path, "w") as file:
        for name, value in (arrays | more).items():
            file[name] = value
    return path


def test_a_scrambled_file_is_put_right(tmp_path):
    """tomgoldstein/loss-landscape 64ef4d5: array[i, j] is not the loss at x[i], y[j]."""
    found = ls.import_surface(written(tmp_path / "li.h5"))
    np.testing.assert_array_equal(found.alpha, X)
    np.testing.assert_array_equal(found.beta, Y)
    np.testing.assert_allclose(found.loss[0], bowl(X[None, :], Y[:, None]), rtol=1e-12)


def test_a_cell_that_was_never_computed_is_no_loss_of_minus_one(tmp_path):
    """tomgoldstein/loss-landscape 64ef4d5: an interrupted file is drawn with holes of -1."""
    found = ls.import_surface(written(tmp_path / "li.h5", seen=105))
    assert found.measured.sum() == 105
    assert np.isnan(found.loss[~found.measured]).all()
    assert found.loss[found.measured].min() > 0


def test_a_file_for_others_has_every_loss_at_its_place(tmp_path):
    """tomgoldstein/loss-landscape 64ef4d5, plot_2D.py draws Z over meshgrid(x, y): (y, x) order."""
    model = Point()
    surface = ls.compute(
        over(lambda a, b: a + 10 * b, model),
        planes=[plane(model)], steps=5, window=(-1, 3, 0, 0.5), workers=1,
    )  # fmt: skip
    ls.export(surface, tmp_path / "ours.li.h5")
    with h5py.File(tmp_path / "ours.li.h5") as file:
        x, y = np.meshgrid(file["xcoordinates"][:], file["ycoordinates"][:])
        z = file["train_loss"][:]
    np.testing.assert_allclose(z, 11 + x + 10 * y, rtol=1e-12)
    np.testing.assert_allclose(ls.import_surface(tmp_path / "ours.li.h5").loss, surface.loss)
