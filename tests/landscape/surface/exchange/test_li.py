"""Files of Li et al. (2018): their order, their -1, their norms, and what is not known."""

import h5py
import numpy as np
import pytest

import landscape as ls
from landscape.errors import LandscapeError, SurfaceFileError
from landscape.measures.plane import scales
from landscape.measures.trajectory import path_table
from landscape.surface.axes import PointOfInterest
from landscape.surface.data import Refined, Surface
from tests.landscape.surface.exchange.samples import (
    formula,
    surface,
    write_as_li,
    write_directions_as_li,
)

X, Y = np.linspace(-1, 1, 21), np.linspace(-0.5, 0.5, 11)
TENSORS = [np.ones((2, 3), np.float32), np.float32(2)]
OTHERS = [np.full((2, 3), 0.5, np.float32), np.float32(0)]


@pytest.mark.parametrize(("x", "y"), [(X, X), (X, Y), (Y, X)])
def test_a_plane_is_read_in_the_right_order_square_or_not(tmp_path, x, y):
    found = ls.import_surface(write_as_li(tmp_path / "li.h5", x, y))
    assert np.array_equal(found.loss[0], formula(x, y))
    assert np.allclose(found.values["accuracy"][0], 1 / (1 + formula(x, y)), rtol=1e-15)
    assert (found.higher_is_better("accuracy"), found.bounds("accuracy")) == (True, (0, 1))
    assert "train_acc in percent: divided by 100" in found.metadata["imported"]
    assert found.center["loss"] == pytest.approx(formula([0], [0])[0, 0], abs=0)
    assert ("repaired" in found.metadata["imported"]) == (len(x) != len(y))


def test_other_programs_orders_are_told_from_the_shape_or_the_smoother_surface(tmp_path):
    truth = formula(X, Y)
    for stored in (truth, truth.T):  # as a plotting script wants it, and (x, y) for once
        path = write_as_li(tmp_path / "li.h5", X, Y, train_loss=stored, train_acc=None)
        assert np.array_equal(ls.import_surface(path).loss[0], truth)


def test_an_order_that_cannot_be_known_is_refused_and_can_be_given(tmp_path):
    noise = np.random.default_rng(0).random((21, 11))
    path = write_as_li(tmp_path / "li.h5", X, Y, train_loss=noise, train_acc=None)
    with pytest.raises(SurfaceFileError, match="along x or along y first cannot be told") as error:
        ls.import_surface(path)
    assert "--order yx" in error.value.hint
    assert np.array_equal(ls.import_surface(path, order="xy").loss[0], noise.T)
    assert np.array_equal(ls.import_surface(path, order="yx").loss[0], noise.reshape(11, 21))


def test_cells_of_minus_one_are_missing_but_a_loss_of_minus_one_is_none(tmp_path):
    path = write_as_li(tmp_path / "li.h5", X, X, seen=300)
    with h5py.File(path, "r+") as file:
        file["train_loss"][0, 0] = -1.0  # with an accuracy: a measured loss
        file["train_loss"][0, 1] = np.nan
    found = ls.import_surface(path)
    assert found.measured.sum() == 300
    assert np.array_equal(found.measured.ravel(), np.arange(441) < 300)
    assert found.loss[0, 0, 0] == -1.0
    assert found.measured[0, 0, 1]
    assert np.isnan(found.loss[~found.measured]).all()


def test_a_line_and_a_descending_axis(tmp_path):
    path = write_as_li(tmp_path / "li.h5", X)
    found = ls.import_surface(path)
    assert found.is_line
    assert np.array_equal(found.loss[0], formula(X, [0.0]))
    found = ls.import_surface(write_as_li(path, X[::-1], Y))
    assert np.array_equal(found.alpha, X)
    assert np.allclose(found.loss[0], formula(X, Y), rtol=1e-14)


def test_the_center_beside_the_grid_is_interpolated_and_said(tmp_path):
    x = np.linspace(-1, 1, 20)
    found = ls.import_surface(write_as_li(tmp_path / "li.h5", x, x))
    assert found.center["loss"] == pytest.approx(0.32, rel=1e-9)
    assert "the center is not on the grid: interpolated" in found.metadata["imported"]
    found = ls.import_surface(write_as_li(tmp_path / "li.h5", x, x, seen=20))
    assert np.isnan(found.center["loss"])


def test_what_is_not_known_is_said_by_the_file_and_the_statistics(tmp_path):
    ls.import_surface(write_as_li(tmp_path / "li.h5", X, X), tmp_path / "run.h5")
    found = ls.load(tmp_path / "run.h5")
    for words in ("errors over samples", "intervals over planes", "norms of the directions"):
        assert words in found.metadata["unknown"]
    assert np.isnan(found.gram).all()
    assert np.isnan(found.values["loss_se"]).all()
    summary = ls.summarize(found)
    assert "not known, as the file does not say: errors over samples" in str(summary)
    values = {one.key: one for one in summary.statistics}
    assert np.isfinite(values["radius_mean"].value)
    assert np.isnan(values["radius_mean"].low)
    assert values["curvature_mean"].note == "norms of the directions are not known"


def test_directions_beside_it_give_the_gram_matrix_and_its_name_the_normalization(tmp_path):
    name = "model_weights_xignore=biasbn_xnorm=filter_yignore=biasbn_ynorm=filter.h5"
    write_directions_as_li(tmp_path / name, TENSORS, OTHERS)
    path = write_as_li(tmp_path / "li.h5", X, X, dir_file=f"cifar10/trained_nets/{name}")
    found = ls.import_surface(path)
    assert np.array_equal(found.gram[0], [[10, 3], [3, 1.5]])
    assert found.normalize == "filter"
    assert found.metadata["unknown"] == "errors over samples, intervals over planes (there is one)"


def test_principal_components_are_not_called_random(tmp_path):
    directions = write_directions_as_li(
        tmp_path / "d.h5", TENSORS, OTHERS, explained_variance_ratio_=[0.6, 0.25]
    )
    found = ls.import_surface(write_as_li(tmp_path / "li.h5", X, X), directions=directions)
    assert not found.is_random
    assert found.axes[1].name == "component 2 (25.0% of variance)"


def test_a_trajectory_by_cosines_is_repaired_with_the_gram_matrix(tmp_path):
    """Coordinates a; their program writes <a0 dx + a1 dy, d_i> / |d_i|."""
    true, gram = np.array([[0.5, -0.25], [1.0, 2.0], [0.0, 0.0]]), np.array([[10, 3], [3, 1.5]])
    directions = write_directions_as_li(tmp_path / "d.h5", TENSORS, OTHERS)
    surface_file = write_as_li(tmp_path / "li.h5", X, X)
    for name, written in (("cos", true @ gram / np.sqrt(np.diag(gram))), ("lstsq", true)):
        path = tmp_path / f"d.h5_proj_{name}.h5"
        with h5py.File(path, "w") as file:
            file["proj_xcoord"], file["proj_ycoord"] = written.T
        found = ls.import_surface(surface_file, directions=directions, trajectory=path)
        points = [(point.alpha, point.beta) for point in found.points_of_interest]
        assert np.allclose(points, true, rtol=1e-12, atol=1e-12)
        assert "distances of the checkpoints from the plane" in found.metadata["unknown"]
    assert len(ls.import_surface(surface_file, trajectory=path).points_of_interest) == 3
    with pytest.raises(SurfaceFileError, match="depend on the norms of the directions") as error:
        ls.import_surface(surface_file, trajectory=tmp_path / "d.h5_proj_cos.h5")
    assert "--directions" in error.value.hint


BAD = {
    "no loss": ({"train_loss": None}, "it has no 'train_loss' .it has dir_file, train_acc"),
    "no x": ({"xcoordinates": None}, "it has no 'xcoordinates'"),
    "shape": ({"train_loss": np.ones((4, 4))}, r"expected 'train_loss' of shape .*, got \(4, 4\)"),
    "NaN": ({"xcoordinates": np.where(X > 0.9, np.nan, X)}, "'xcoordinates' has .* not finite"),
    "twice": ({"xcoordinates": np.round(X)}, "coordinates alpha are not all different"),
    "text": ({"train_loss": "high"}, "expected 'train_loss' to hold numbers"),
    "flat": ({"ycoordinates": np.ones((21, 1))}, "to be a list of numbers, got shape .21, 1."),
}


@pytest.mark.parametrize("case", BAD)
def test_files_that_are_none_are_refused_in_one_line(tmp_path, case):
    changes, words = BAD[case]
    path = write_as_li(tmp_path / "li.h5", X, X, **changes)
    with pytest.raises(SurfaceFileError, match=words) as error:
        ls.import_surface(path, tmp_path / "run.h5")
    assert "\n" not in str(error.value)
    assert error.value.hint
    assert not (tmp_path / "run.h5").exists()


def test_other_files_are_refused_in_one_line(tmp_path):
    path = tmp_path / "li.h5"
    with pytest.raises(SurfaceFileError, match="no such file"):
        ls.import_surface(path)
    path.write_bytes(b"no HDF5")
    with pytest.raises(SurfaceFileError, match=r"is not a surface file of Li et al\."):
        ls.import_surface(path)
    whole = write_as_li(tmp_path / "whole.h5", X, X).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SurfaceFileError, match=r"is not a surface file of Li et al\."):
        ls.import_surface(path)
    with h5py.File(path, "w") as file:  # a promise of 8 TB
        file.create_dataset("xcoordinates", (10**12,), "f8", chunks=(1024,))
    with pytest.raises(SurfaceFileError, match="is larger than the file"):
        ls.import_surface(path)
    with h5py.File(path, "w") as file:
        file["xcoordinates"] = h5py.ExternalLink(tmp_path / "whole.h5", "/xcoordinates")
    with pytest.raises(SurfaceFileError, match="in the file itself"):
        ls.import_surface(path)


def test_directions_that_do_not_fit_are_refused_when_given_and_else_left_out(tmp_path):
    write_directions_as_li(tmp_path / "d.h5", TENSORS, OTHERS[:1])
    path = write_as_li(tmp_path / "li.h5", X, X, dir_file="d.h5")
    with pytest.raises(SurfaceFileError, match="its directions have 1 and 2 tensors"):
        ls.import_surface(path, directions=tmp_path / "d.h5")
    assert "norms of the directions" in ls.import_surface(path).metadata["unknown"]


def test_our_own_file_and_one_that_exists_are_refused(tmp_path):
    path = write_as_li(tmp_path / "li.h5", X, X)
    ls.import_surface(path, tmp_path / "run.h5")
    with pytest.raises(SurfaceFileError, match="is a surface file of landscape already"):
        ls.import_surface(tmp_path / "run.h5")
    with pytest.raises(SurfaceFileError, match="exists"):
        ls.import_surface(path, tmp_path / "run.h5")
    with pytest.raises(LandscapeError, match="distance and window are of arrays"):
        ls.import_surface(path, distance=1.0)


@pytest.mark.parametrize("line", [False, True])
def test_a_file_that_we_wrote_is_read_as_their_scripts_read_it_key_for_key(tmp_path, line):
    given = surface(line=line)
    assert ls.export(given, tmp_path / "li.h5", plane=1) == [tmp_path / "li.h5"]
    with h5py.File(tmp_path / "li.h5") as file:
        keys = {"dir_file", "xcoordinates", "train_loss", "train_acc"}
        assert set(file) == keys | (set() if line else {"ycoordinates"})
        x, loss = file["xcoordinates"][:], file["train_loss"][:]
        if line:
            assert loss.shape == x.shape
        else:  # what is drawn: contour(*meshgrid(x, y), Z)
            assert loss.shape == np.meshgrid(x, file["ycoordinates"][:])[0].shape
        expected = given.loss[1].copy()
        expected[-1, -1] = -1  # failed
        assert np.array_equal(np.atleast_2d(loss), expected)
        accuracy = 100 * given.values["accuracy"][1]
        assert np.array_equal(np.atleast_2d(file["train_acc"])[:, :-1], accuracy[:, :-1])


def test_their_file_comes_back_bit_for_bit_but_for_percent(tmp_path):
    path = write_as_li(tmp_path / "li.h5", X, X, seen=300)
    ls.export(ls.import_surface(path), tmp_path / "again.h5")
    with h5py.File(path) as one, h5py.File(tmp_path / "again.h5") as other:
        assert set(one) == set(other)
        for key in ("ycoordinates", "train_loss"):
            assert one[key][...].tobytes() == other[key][...].tobytes()
        assert np.allclose(one["train_acc"], other["train_acc"], rtol=1e-15, atol=0)
        assert np.allclose(one["xcoordinates"], other["xcoordinates"], rtol=0, atol=1e-15)


def estimated(*, line=False, center=0.32):
    """Two planes on an even grid, whose center is no point, half of the points estimated."""
    alpha, beta = np.linspace(-1, 1, 6), np.zeros(1) if line else np.linspace(-1, 1, 4)
    loss = np.stack([formula(alpha, beta) - 1 + k for k in range(2)])
    status = (np.arange(loss.size) % 2).reshape(loss.shape).astype(np.int8)
    values = {}
    for name, array in (("loss", loss), ("test_accuracy", 1 / (3 + loss))):
        error = np.where(status == 1, 0.0, 0.01 * np.abs(array))
        known = array.copy()
        known[0, 0, 0] = error[0, 0, 0] = np.nan  # nothing is known there
        values |= {name: np.where(status == 1, array, np.nan), f"{name}_estimate": known}
        values |= {f"{name}_estimate_error": error}
        values |= {f"{name}{end}": np.full(loss.shape, np.nan) for end in ("_se", "_delta_se")}
    promise = {"tolerance": 0.02, "clip": 4.0, "tolerance_metrics": ["loss", "test_accuracy"]}
    return Surface(
        alpha=alpha, beta=beta, values=values, status=status,
        gram=np.stack([np.eye(1 if line else 2)] * 2),
        center={"loss": center, "test_accuracy": 0.3},
        metadata={"config": promise},
        refined=Refined(done=np.array([False, True]), error=np.array([0.5, 0.01])),
    )  # fmt: skip


@pytest.mark.parametrize("line", [False, True])
@pytest.mark.parametrize("plane", [0, 1])
def test_estimates_come_back_as_estimates(tmp_path, line, plane):
    given = estimated(line=line)
    ls.export(given, tmp_path / "li.h5", plane=plane)
    found = ls.import_surface(tmp_path / "li.h5", tmp_path / "run.h5")
    for name in ("measured", "estimated"):
        assert np.array_equal(getattr(found, name)[0], getattr(given, name)[plane])
    for metric, bits in (("loss", 0.0), ("test_accuracy", 1e-15)):
        for kind in ("known", "error"):
            one, other = getattr(given, kind)(metric)[plane], getattr(found, kind)(metric)[0]
            assert np.allclose(one, other, rtol=bits, atol=0, equal_nan=True)
        assert found.center[metric] == pytest.approx(given.center[metric], rel=1e-15)
    assert (found.tolerance, found.clip) == (given.tolerance, given.clip)
    assert found.refined.done[0] == given.refined.done[plane]
    assert found.refined.error[0] == given.refined.error[plane]
    assert found.metrics == given.metrics
    levels = [[s.level for s in scales(one, "loss")] for one in (given, found)]
    assert levels[1] == [levels[0][plane]]  # up to which figures trust estimates
    assert "interpolated" not in found.metadata["imported"]
    assert f"{found.estimated.mean():.1%} of the points are interpolated" in str(
        ls.summarize(found)
    )


def test_their_scripts_find_what_they_look_for_beside_what_we_add(tmp_path):
    given = estimated()
    ls.export(given, tmp_path / "li.h5", plane=1)
    with h5py.File(tmp_path / "li.h5") as file:
        names = file["status"].attrs["flag_meanings"].split()
        assert [names[code] for code in file["status"][0, :2]] == ["estimated", "measured"]
        assert np.array_equal(file["train_loss"], given.known()[1])
        assert np.array_equal(file["test_acc"], 100 * given.known("test_accuracy")[1])


def test_what_we_add_is_refused_in_one_line_where_it_is_damaged(tmp_path):
    path = tmp_path / "li.h5"
    for damage in ("{", "[]", '{"done": true}'):
        path.unlink(missing_ok=True)
        ls.export(estimated(), path)
        with h5py.File(path, "r+") as file:
            file.attrs["estimates"] = damage
        with pytest.raises(SurfaceFileError, match=r"is not a surface file of Li et al\.") as error:
            ls.import_surface(path)
        assert "\n" not in str(error.value)


def test_points_of_interest_are_written_as_a_trajectory_by_least_squares(tmp_path):
    points = [
        PointOfInterest(
            label=str(i), alpha=0.5 * i, beta=0.1, distance=None, path="li_proj_lstsq", step=i
        ).to_dict()
        for i in range(3)
    ]
    files = ls.export(surface(points_of_interest=points), tmp_path / "li.h5")
    assert [file.name for file in files] == ["li.h5", "li_proj_lstsq.h5"]
    with h5py.File(files[1]) as file:
        assert np.array_equal(file["proj_xcoord"], [0, 0.5, 1])
    found = ls.import_surface(files[0], trajectory=files[1])
    assert [p.to_dict() for p in found.points_of_interest] == points
    drawing = ls.draw_contour(found)
    assert np.array_equal(drawing.artists["path li_proj_lstsq"].get_xdata(), [0, 0.5, 1])
    assert path_table(found)[1].split() == ["0", "0", "0.1"]  # nothing of its distance
    with pytest.raises(LandscapeError, match="got places of an imported one"):
        ls.draw_trajectory(found)
