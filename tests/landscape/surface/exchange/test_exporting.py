"""Files for other programs, read again by their formats' rules."""

import base64
import csv
import sys
import xml.etree.ElementTree as ET

import h5py
import numpy as np
import pytest

import landscape as ls
from landscape.errors import LandscapeError, SurfaceFileError
from landscape.surface.axes import PointOfInterest
from landscape.surface.data import Status
from landscape.surface.exchange.saving import save
from landscape.surface.exchange.solid import body
from tests.landscape.problems import regression
from tests.landscape.surface.exchange.samples import surface

TYPES = {"Float64": "<f8", "Int64": "<i8", "UInt8": "u1", "Int8": "i1"}


def vtk_arrays(path):
    """Read the arrays of an XML file of VTK."""
    arrays = {}
    for one in ET.parse(path).iter("DataArray"):
        if one.get("type") == "String":
            codes = bytes(map(int, one.text.split()))
            arrays[one.get("Name")] = codes.decode().split("\0")[: int(one.get("NumberOfTuples"))]
            continue
        raw = base64.b64decode(one.text)
        assert int.from_bytes(raw[:8], "little") == len(raw) - 8
        array = np.frombuffer(raw[8:], TYPES[one.get("type")])
        arrays[one.get("Name")] = array.reshape(-1, int(one.get("NumberOfComponents", 1)))
    return arrays


@pytest.mark.parametrize("estimates", [False, True])
def test_a_surface_in_memory_is_saved_with_all_it_has(tmp_path, estimates):
    given = surface(estimates=estimates, problem="mine.py:build")
    assert ls.export(given, tmp_path / "run.nc") == [tmp_path / "run.nc"]
    found = ls.load(tmp_path / "run.nc")
    for name in ("alpha", "beta", "status", "gram"):
        assert np.array_equal(getattr(found, name), getattr(given, name))
    assert set(found.values) == set(given.values)
    for name, array in given.values.items():
        assert np.array_equal(found.values[name], array, equal_nan=True)
    assert (found.config, found.center) == (given.config, given.center)
    assert found.metadata["problem"] == "mine.py:build"
    assert found.is_complete == given.is_complete
    xarray = pytest.importorskip("xarray")
    with xarray.open_dataset(tmp_path / "run.nc", engine="h5netcdf") as dataset:
        assert dataset["loss"].dims == ("plane", "beta", "alpha")


@pytest.mark.parametrize("estimates", [False, True])
def test_a_dataset_has_what_xarray_reads_from_the_file(tmp_path, estimates):
    xarray = pytest.importorskip("xarray")
    given = surface(estimates=estimates)
    given.save(tmp_path / "run.h5")
    made = given.to_xarray()

    with xarray.open_dataset(tmp_path / "run.h5", engine="h5netcdf") as stored:
        assert not set(made.data_vars) - set(stored.data_vars)
        assert {"checksum", "estimate_checksum"} >= set(stored.data_vars) - set(made.data_vars)
        for name in given.values:
            xarray.testing.assert_equal(made[name], stored[name])
        assert made["gram"].dims == stored["gram"].dims
    best = made["loss"].sel(plane=0).sel(alpha=0, beta=0, method="nearest")
    assert best == given.loss[0, given.beta.size // 2, given.alpha.size // 2]
    assert made.attrs["center_loss"] == given.center["loss"]


def test_without_xarray_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(LandscapeError, match="xarray, which is not installed") as caught:
        surface().to_xarray()
    assert "lamp-landscape[xarray]" in caught.value.hint


def test_a_surface_is_saved_to_a_surface_file_and_over_nothing(tmp_path):
    computed = ls.compute(regression(), planes=2, steps=5, workers=1)
    computed.save(str(tmp_path / "run.h5"))
    found = ls.load(tmp_path / "run.h5")

    assert np.array_equal(found.loss, computed.loss)
    assert found.config == computed.config
    assert str(ls.summarize(found)) == str(ls.summarize(computed))
    with pytest.raises(SurfaceFileError, match=r"run\.h5 exists"):
        computed.save(tmp_path / "run.h5")
    with pytest.raises(LandscapeError, match=r"\.h5"):
        computed.save(tmp_path / "run.csv")
    assert not (tmp_path / "run.csv").exists()


def test_netcdf_of_a_file_is_the_file_itself_and_replaces_none(tmp_path):
    save(surface(), tmp_path / "run.h5")
    ls.export(tmp_path / "run.h5", tmp_path / "run.nc")
    assert (tmp_path / "run.nc").read_bytes() == (tmp_path / "run.h5").read_bytes()
    for name in ("run.nc", "run.h5"):
        with pytest.raises(SurfaceFileError, match=f"{name} exists"):
            ls.export(tmp_path / "run.h5", tmp_path / name)


def test_csv_has_a_row_for_each_point_and_every_digit(tmp_path):
    given = surface()
    ls.export(given, tmp_path / "run.csv")
    with (tmp_path / "run.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:7] == [
        "plane",
        "beta",
        "alpha",
        "status",
        "loss",
        "loss_se",
        "loss_delta_se",
    ]
    assert len(rows) == given.status.size
    for name, array in given.values.items():
        read = np.array([float(row[name]) for row in rows]).reshape(array.shape)
        assert np.array_equal(read, array, equal_nan=True)
    assert [float(row["alpha"]) for row in rows[:7]] == given.alpha.tolist()
    assert (rows[0]["status"], rows[-1]["status"], rows[-1]["plane"]) == ("measured", "failed", "1")


def test_estimated_points_are_not_called_missing(tmp_path):
    """By word in tables, by code in VTK: 0 missing, 1 measured, 2 failed, 3 estimated."""
    plane, line = surface(planes=1, estimates=True), surface(planes=1, estimates=True, line=True)
    for given in (plane, line):
        given.status[0, 0, :3] = 0
        given.values["loss"][0, 0, :3] = np.nan
        given.values["loss_estimate"][0, 0, 0] = np.nan  # so that nothing is known there
    ls.export(plane, tmp_path / "run.csv")
    with (tmp_path / "run.csv").open(newline="") as file:
        words = [row["status"] for row in csv.DictReader(file)]
    assert words == ["missing", "estimated", "estimated", *["measured"] * 31, "failed"]
    ls.export(plane, tmp_path / "run.vts")
    codes = vtk_arrays(tmp_path / "run.vts")["status"].ravel()
    assert codes.tolist() == [0, 3, 3, *[1] * 31, 2]
    ls.export(line, tmp_path / "run.vtp")
    assert vtk_arrays(tmp_path / "run.vtp")["status"].ravel().tolist() == [3, 3, 1, 1, 1]


def test_vts_is_a_structured_grid_with_alpha_first_and_holes_hidden(tmp_path):
    given = surface()
    ls.export(given, tmp_path / "run.vts", plane=1)
    grid = ET.parse(tmp_path / "run.vts").getroot()[0]
    assert (grid.tag, grid.get("WholeExtent")) == ("StructuredGrid", "0 6 0 4 0 0")
    arrays = vtk_arrays(tmp_path / "run.vts")
    x, y = np.meshgrid(given.alpha, given.beta)
    hidden = ~given.measured[1].ravel()
    height = np.where(hidden, np.nanmin(given.loss[1]), given.loss[1].ravel())
    assert np.array_equal(arrays["Points"], np.stack([x.ravel(), y.ravel(), height], 1))
    assert np.array_equal(arrays["vtkGhostType"].ravel(), 2 * hidden)
    for name, array in given.values.items():
        assert arrays[name].tobytes() == array[1].tobytes()


def test_vtp_of_a_line_is_its_profile_and_of_a_plane_its_path(tmp_path):
    line = surface(planes=1, line=True)
    ls.export(line, tmp_path / "line.vtp", log=True)
    arrays = vtk_arrays(tmp_path / "line.vtp")
    assert np.array_equal(arrays["Points"][:, 2], np.log10(line.loss[0, 0, :-1]))
    assert arrays["connectivity"].ravel().tolist() == list(range(6))
    points = [
        PointOfInterest(label="a", alpha=0.0, beta=0.25, distance=2.0, values={"loss": 0.5}),
        PointOfInterest(label="b", alpha=1 / 3),
    ]
    plane = surface(points_of_interest=[point.to_dict() for point in points])
    ls.export(plane, tmp_path / "path.vtp")
    arrays = vtk_arrays(tmp_path / "path.vtp")
    expected = [[0, 0.25, plane.loss[0, 3, 3]], [1 / 3, 0, plane.loss[0, 2, 4]]]
    assert np.allclose(arrays["Points"], expected, rtol=1e-12)
    assert arrays["distance"].ravel().tolist() == [2, 0]
    assert np.array_equal(arrays["loss"].ravel(), [0.5, np.nan], equal_nan=True)
    with pytest.raises(LandscapeError, match="a plane without points of interest has no path"):
        ls.export(surface(), tmp_path / "none.vtp")


def test_vtp_of_several_paths_is_a_line_each(tmp_path):
    places = [("a", 0, 0.0), ("b é", 5, 0.25), ("", 0, 0.5), ("a", 3, 0.25), ("b é", 9, 0.0)]
    points = [
        PointOfInterest(label=f"{path} {step}", alpha=alpha, path=path, step=step).to_dict()
        for path, step, alpha in places
    ]
    ls.export(surface(points_of_interest=points), tmp_path / "two.vtp")
    arrays = vtk_arrays(tmp_path / "two.vtp")
    (piece,) = ET.parse(tmp_path / "two.vtp").iter("Piece")
    assert (piece.get("NumberOfPoints"), piece.get("NumberOfLines")) == ("5", "2")
    assert arrays["connectivity"].ravel().tolist() == [0, 3, 1, 4]
    assert arrays["offsets"].ravel().tolist() == [2, 4]
    assert arrays["path"].ravel().tolist() == [0, 1, -1, 0, 1]
    assert arrays["step"].ravel().tolist() == [0, 5, 0, 3, 9]
    assert arrays["paths"] == ["a", "b é"]


def volume(corners):
    """By the divergence theorem; positive where normals point outward."""
    return float(np.einsum("ti,ti->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6)


def exact_volume(given):
    """Of the prisms under the two triangles of each cell."""
    z = (
        body(given, 0, "loss", log=False)
        .points[: given.loss[0].size, 2]
        .reshape(given.loss[0].shape)
    )
    a, b, c, d = z[:-1, :-1], z[:-1, 1:], z[1:, 1:], z[1:, :-1]
    cell = np.diff(given.alpha)[0] * np.diff(given.beta)[0]
    return float(((a + b + c) + (a + c + d)).sum() * cell / 6)


def assert_watertight(triangles):
    """Every edge belongs to two triangles, that run along it in opposite senses."""
    edges = [(int(t[i]), int(t[(i + 1) % 3])) for t in triangles for i in range(3)]
    assert len(set(edges)) == len(edges)
    assert {(b, a) for a, b in edges} == set(edges)


def test_ply_is_a_closed_body_with_the_values_at_its_points(tmp_path):
    given = surface(planes=2)
    ls.export(given, tmp_path / "run.ply")
    head, _, data = (tmp_path / "run.ply").read_bytes().partition(b"end_header\n")
    assert head.startswith(b"ply\nformat binary_little_endian 1.0\nelement vertex 70\n")
    assert b"property double loss\n" in head
    assert b"property uchar status\n" in head
    stored = np.frombuffer(data[: 70 * 33], [("place", "<f8", 4), ("status", "u1")])
    vertices = stored["place"]
    assert (stored["status"] == Status.MEASURED).all()
    faces = np.frombuffer(data[70 * 33 :], [("n", "u1"), ("corners", "<i4", 3)])
    assert (faces["n"] == 3).all()
    assert np.array_equal(vertices[:35, 3], given.loss[0].ravel())
    assert_watertight(faces["corners"])
    assert volume(vertices[faces["corners"], :3]) == pytest.approx(exact_volume(given), rel=1e-12)
    assert np.ptp(vertices[:35, 2]) == pytest.approx(0.5 * 2)


def test_stl_is_the_same_body_with_outward_normals(tmp_path):
    given = surface(planes=2)
    ls.export(given, tmp_path / "run.stl")
    data = (tmp_path / "run.stl").read_bytes()
    facet = [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("more", "<u2")]
    facets = np.frombuffer(data[84:], facet)
    assert len(facets) == int.from_bytes(data[80:84], "little")
    assert not data.startswith(b"solid")  # by which readers know the text form
    corners = facets["corners"].astype(float)
    _, index = np.unique(corners.reshape(-1, 3), axis=0, return_inverse=True)
    assert_watertight(index.reshape(-1, 3))
    assert volume(corners) == pytest.approx(exact_volume(given), rel=1e-6)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert ((normals * facets["normal"]).sum(1) > 0).all()


def test_a_body_needs_all_points_but_cuts_infinite_ones(tmp_path):
    given = surface(planes=1)
    with pytest.raises(LandscapeError, match="1 of 35 points of plane 0 are missing"):
        ls.export(given, tmp_path / "run.stl")
    given.status[...] = 1
    given.values["loss"][0, -1, -1] = np.inf
    made = body(given, 0, "loss", log=False)
    assert made.points[34, 2] == made.points[:, 2].max() == pytest.approx(0.5 * 2 + 0.05 * 2)
    with pytest.raises(LandscapeError, match="a line has no body"):
        ls.export(surface(line=True), tmp_path / "run.ply")


def test_what_cannot_be_written_is_refused_and_leaves_nothing(tmp_path):
    given = surface(planes=1)
    cases = [
        ("run.obj", {}, "ending in .vts, .vtp"),
        ("run.vts", {"metric": "acuracy"}, "one of the metrics loss, accuracy, got 'acuracy'"),
        ("run.vts", {"plane": 1}, "expected a plane from 0 to 0, got 1"),
        ("run.csv", {"log": True}, "logarithms are of heights only"),
    ]
    for name, options, words in cases:
        with pytest.raises(LandscapeError, match=words):
            ls.export(given, tmp_path / name, **options)
    given.values["loss"][0, 0, 0] = -1.0
    with pytest.raises(LandscapeError, match="expected positive values of loss"):
        ls.export(given, tmp_path / "run.vts", log=True)
    assert not list(tmp_path.iterdir())


def test_directions_go_beside_a_file_of_li_in_the_order_of_the_model(tmp_path):
    torch = pytest.importorskip("torch")
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1))
    problem = ls.Problem(model, lambda model, x: model(x)[:, 0].square(), [torch.ones(4, 2)])
    path = tmp_path / "run.h5"
    given = ls.compute(problem, path=path, planes=2, steps=3, workers=1, store_directions=True)
    files = ls.export(path, tmp_path / "li.h5", plane=1)
    assert [file.name for file in files] == ["li.h5", "li_directions.h5"]
    shapes = [tuple(parameter.shape) for parameter in model.parameters()]
    with h5py.File(files[1]) as file:
        stored = [[file[f"{axis}direction/{i}"][...] for i in range(4)] for axis in "xy"]
    assert [[array.shape for array in one] for one in stored] == [shapes] * 2
    found = ls.import_surface(files[0])
    assert np.array_equal(found.loss[0], given.loss[1])
    assert np.allclose(found.gram[0], given.gram[1], rtol=1e-6)
