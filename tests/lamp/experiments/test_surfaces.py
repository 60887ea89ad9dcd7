"""Surfaces of several models: the same planes, resumed, and never another model's."""

import dataclasses

import numpy as np
import pytest
import torch

from lamp.experiments import run_trial, surfaces
from lamp.experiments.lens import COMMON, OWN, BothLenses
from lamp.experiments.surfaces import (
    compute_surface,
    model_problem,
    run_surfaces,
    seen_images,
    trained_model,
)
from lamp.losses import BaseLoss, LampLoss
from lamp.losses.settings import LossSettings
from lamp.models import Autoencoder
from landscape.errors import LandscapeError, SettingsMismatchError, SurfaceFileError
from landscape.problem import Problem
from landscape.sampling import compute
from landscape.settings import GridSettings
from landscape.surface import Status, load
from landscape.surface.file import writing

GRID = GridSettings(planes=2, steps=5)
IMAGES = torch.rand(8, 1, 16, 16, generator=torch.Generator().manual_seed(0))


def problem(seed=0, own=None, images=IMAGES):
    model = Autoencoder(16, depth=2, width=4, seed=seed)
    return Problem(model, BothLenses(own or BaseLoss("l2")), [images])


PROBLEMS = {"plain": problem(), "lamp": problem(1, LampLoss("l2"))}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("surfaces") / "new"
    run_surfaces(PROBLEMS, GRID, path, workers=2)
    return path


def test_they_are_those_that_compute_makes_one_by_one(folder):
    found = run_surfaces(PROBLEMS, GRID, folder, workers=1)
    assert list(found) == ["plain", "lamp"]
    for name, surface in found.items():
        alone = compute(PROBLEMS[name], workers=1, device="cpu", **GRID.model_dump())
        for metric in (COMMON, OWN):
            np.testing.assert_allclose(surface.values[metric], alone.values[metric], rtol=1e-5)


def test_what_is_there_is_read(folder):
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    calls = []
    third = {**PROBLEMS, "third": problem(2)}
    run_surfaces(third, GRID, folder, workers=1, progress=lambda *call: calls.append(call))
    assert calls == [(i, 3, {"surface": name}) for i, name in enumerate(third, start=1)]
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_an_unfinished_surface_goes_on(folder, tmp_path):
    whole = next(folder.glob("plain_*"))
    some = GRID.model_copy(update={"max_evaluations": 7}).model_dump()
    part = compute(
        PROBLEMS["plain"],
        path=tmp_path / whole.name,
        workers=1,
        device="cpu",
        store_directions=False,
        **some,
    )
    assert 0 < part.measured.sum() < part.status.size
    found = run_surfaces({"plain": problem()}, GRID, tmp_path, workers=1)["plain"]
    np.testing.assert_allclose(found.values[COMMON], load(whole).values[COMMON], rtol=1e-6)


@pytest.mark.parametrize("other", [problem(3), problem(images=IMAGES.flip(-1))])
def test_a_file_of_another_model_or_of_other_images_is_refused(folder, other):
    with pytest.raises(SettingsMismatchError) as caught:
        run_surfaces({"plain": other}, GRID, folder, workers=1)
    assert caught.value.hint.startswith(f"remove {next(folder.glob('plain_*'))} to compute it anew")


def test_a_damaged_file_is_one_to_remove(tmp_path):
    path = tmp_path / "plain.h5"
    path.write_bytes(b"no surface")
    with pytest.raises(SurfaceFileError, match="is not an HDF5 file, or is damaged") as caught:
        compute_surface(problem(), path, GRID)
    assert caught.value.hint == f"remove {path} to compute it anew, or choose another --out"
    path.unlink()
    with writing(path), pytest.raises(SurfaceFileError, match="being written") as caught:
        compute_surface(problem(), path, GRID)
    assert caught.value.hint.startswith("wait for it")


def test_points_that_fail_are_not_passed_over(folder, monkeypatch):
    real = surfaces._compute

    def with_failures(job, **parts):
        found = real(job, **parts)
        return dataclasses.replace(found, status=np.full_like(found.status, Status.FAILED))

    monkeypatch.setattr(surfaces, "_compute", with_failures)
    with pytest.raises(LandscapeError, match=r"50 points of the surface .*plain_.* could not"):
        run_surfaces({"plain": problem()}, GRID, folder, workers=1)


def test_problems_of_a_trial(small, tmp_path):
    trial = run_trial(small(training={"samples": 256}), tmp_path)
    images = seen_images(trial, None, 20)
    model = trained_model(trial, tmp_path)
    with torch.no_grad():
        common = (model(images) - images).square().flatten(1).mean(1)
        own = LampLoss("l2").per_sample(model(images), images)
    doubled = LossSettings(name="l2", factor=2.0)
    for encoder in (False, True):
        one, control = (
            model_problem(trained_model(trial, tmp_path), images, loss, encoder=encoder)
            for loss in (trial.settings.loss, doubled)
        )
        (batch,) = one.batches
        with torch.no_grad():
            values = one.loss(one.model.eval(), batch)
            twice = control.loss(control.model.eval(), batch)
        torch.testing.assert_close(values[COMMON], common)
        torch.testing.assert_close(values[OWN], own)
        torch.testing.assert_close(twice[OWN], 2 * common)
        names = [name for name, _ in one.model.named_parameters()]
        whole = model.encoder if encoder else model
        assert names == [name for name, _ in whole.named_parameters()]


def test_a_diverged_training_has_no_model(small, tmp_path, fake):
    (trial,) = fake(diverged=1.1)([small()])
    with pytest.raises(FloatingPointError, match=r"_seed0_.*: the training loss became nan"):
        trained_model(trial, tmp_path)
