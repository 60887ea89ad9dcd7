"""Damaged and hostile files: an error that names the file, or the numbers that were written."""

import random

import h5py
import numpy as np
import pytest

from landscape.errors import SurfaceFileError
from landscape.surface import load
from landscape.surface.create import create
from landscape.surface.writer import SurfaceWriter
from tests.landscape.surface.files import POINTS, VALUES, blueprint, estimates


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """A file with measured, failed and missing points, final estimates and others."""
    path = tmp_path_factory.mktemp("whole") / "run.h5"
    create(path, blueprint(estimates=True, witness={"loss": 0.5}))
    with SurfaceWriter(path) as writer:
        writer.write(POINTS, VALUES)
        writer.fail([(0, 1, 1)])
        writer.estimate(0, estimates(2), error=0.1, done=True)
        writer.estimate(1, estimates(3), error=0.5, done=False)
    return path.read_bytes()


def everything(path):
    """All that a surface says, as bytes and text."""
    surface = load(path)
    arrays = {
        **surface.values,
        "status": surface.status,
        "alpha": surface.alpha,
        "beta": surface.beta,
        "gram": surface.gram,
        "done": surface.refined.done,
        "error": surface.refined.error,
    }
    numbers = {name: np.ascontiguousarray(array).tobytes() for name, array in arrays.items()}
    return numbers, repr((surface.center, surface.metadata))


@pytest.mark.parametrize("flips", [60, pytest.param(1500, marks=pytest.mark.slow)])
def test_a_flipped_bit_is_an_error_or_changes_nothing(content, tmp_path, flips):
    path = tmp_path / "run.h5"
    path.write_bytes(content)
    whole = everything(path)
    generator = random.Random(flips)
    noticed = 0
    for _ in range(flips):
        damaged = bytearray(content)
        place, bit = generator.randrange(len(content)), generator.randrange(8)
        damaged[place] ^= 1 << bit
        path.write_bytes(damaged)
        try:
            assert everything(path) == whole, f"bit {bit} of byte {place}"
        except SurfaceFileError as error:
            assert str(path) in str(error)  # noqa: PT017, both outcomes are right
            noticed += 1
    assert noticed > flips / 20


def rebuilt(name, **options):
    """Replace an array by one that HDF5 stores in another way."""

    def change(file):
        numbers = file[name][...]
        del file[name]
        file.create_dataset(name, **({"data": numbers} | options))

    return change


def linked(name, link):
    def change(file):
        del file[name]
        file[name] = link

    return change


def overwritten(name, place, value):
    def change(file):
        file[name][place] = value

    return change


def external(file):
    file.create_dataset("more", data=file["loss"][...])
    del file["loss"]
    shape = file["more"].shape
    del file["more"]
    file.create_dataset("loss", shape, "<f8", external=[("victim.txt", 0, h5py.h5f.UNLIMITED)])


def virtual(file):
    layout = h5py.VirtualLayout(file["loss"].shape, "<f8")
    layout[...] = h5py.VirtualSource("other.h5", "loss", shape=file["loss"].shape)
    del file["loss"]
    file.create_virtual_dataset("loss", layout)


def huge(file):
    del file["loss"]
    file.create_dataset("loss", (2, 3, 5 * 10**12), "<f8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (external, "expected 'loss' in one piece inside the file"),
        (virtual, "expected 'loss' in one piece inside the file"),
        (rebuilt("loss", chunks=(1, 3, 5), compression="gzip"), "'loss' in one piece inside"),
        (linked("loss", h5py.ExternalLink("other.h5", "loss")), "'loss' is a link"),
        (linked("loss", h5py.SoftLink("/loss_se")), "'loss' is a link"),
        (linked("loss", np.dtype("f8")), "expected 'loss' to be an array"),
        (linked("record", h5py.SoftLink("/directions")), "expected 'record' to be a group"),
        (huge, "expected loss of type <f8 and shape .2, 3, 5., got"),
        (rebuilt("loss", dtype="<f4"), "expected loss of type <f8"),
        (rebuilt("alpha", data=np.zeros(0)), "expected at least one coordinate alpha"),
        (lambda file: file.move("loss_se", "other"), "are missing .'loss_se'.* many .'other'"),
        (overwritten("status", (0, 0, 1), 4), r"1 of 30 points .* plane 0, .* 0, alpha index 1"),
        (overwritten("status", (0, 0, 1), 1), "1 of 30 points are not those"),
        (overwritten("loss", (1, 1, 3), 7.0), "first at plane 1, beta index 1, alpha index 3"),
        (overwritten("loss_estimate", (0, 1, 1), 7.0), "the estimates of plane 0 are not those"),
        (overwritten("loss_estimate", (1, 1, 1), 7.0), "the estimates of plane 1 are not those"),
        (overwritten("alpha", 3, 0.9), "coordinates or Gram matrices are not those"),
        (overwritten("gram", (0, 0, 0), 2.0), "coordinates or Gram matrices are not those"),
    ],
)
def test_what_was_changed_from_outside_is_refused(content, tmp_path, change, message):
    path = tmp_path / "run.h5"
    path.write_bytes(content)
    with h5py.File(path, "r+") as file:
        change(file)
    (tmp_path / "victim.txt").write_text("precious")
    with pytest.raises(SurfaceFileError, match=message) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert "--overwrite" in caught.value.hint
    with pytest.raises(SurfaceFileError), SurfaceWriter(path):
        pass
    assert (tmp_path / "victim.txt").read_text() == "precious"


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"identity": {"steps": 7}}, "steps is 7, but the arrays have 5"),
        ({"identity": {"planes": 3}}, "planes is 3, but the arrays have 2"),
        ({"identity": {"line": True}}, "line is True"),
        ({"identity": {"radius": 2.0}}, r"not 5 steps from -2\.0 to 2\.0"),
        ({"identity": {"tolerance": "low"}}, "could not convert"),
        ({"identity": {"tolerance_metrics": ["mae"]}}, "tolerance_metrics among loss"),
        ({"alpha": np.array([0.0, 1, 1, 2, 3])}, "ascending finite coordinates alpha"),
        ({"gram": np.full((2, 2, 2), np.nan)}, "finite, symmetric Gram matrices"),
        ({"gram": np.arange(8.0).reshape(2, 2, 2)}, "finite, symmetric Gram matrices"),
        ({"provenance": {"metric_kinds": "[]"}}, "expected metric_kinds to be a JSON object"),
        ({"provenance": {"metric_kinds": '{"loss": {}}'}}, "KeyError: 'higher_is_better'"),
        ({"provenance": {"split_samples": '{"test": "few"}'}}, "invalid literal for int"),
        ({"provenance": {"metric_kinds": DEEP}}, "RecursionError"),
        ({"provenance": {"normalization_report": "[{}]"}}, "normalization_report with action"),
        ({"center": {"mae": 0.5}}, "with 'loss' among them, got 'mae'"),
    ],
)
def test_a_forged_file_with_the_right_checksums_is_refused_in_words(tmp_path, changes, message):
    path = tmp_path / "run.h5"
    create(path, blueprint(**changes))
    with pytest.raises(SurfaceFileError, match=message):
        load(path)


def test_a_file_cut_short_anywhere_is_refused(content, tmp_path):
    path = tmp_path / "run.h5"
    for size in range(0, len(content), 997):
        path.write_bytes(content[:size])
        with pytest.raises(SurfaceFileError, match="damaged"):
            load(path)
