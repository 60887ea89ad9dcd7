"""Sharpness under the common lens, beside a computation by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from lamp.data import load_digits, one_vs_rest
from lamp.experiments import LensSettings
from lamp.experiments.lens import (
    COMMON,
    OWN,
    BothLenses,
    measure_sharpness,
    summarize_common,
    worst_pixel_share,
)
from lamp.losses import BaseLoss, LampLoss, Scaled
from lamp.models import Autoencoder
from lamp.training import TrainingSettings, train
from landscape import Problem, compute, summarize

LENS = LensSettings(planes=2, steps=15, radius=1.5, samples=20)


@pytest.fixture(scope="module")
def trained():
    images = one_vs_rest(load_digits(16), 3).train
    model = Autoencoder(16, depth=3, width=4)
    train(model, LampLoss("l2"), images, TrainingSettings(batch_size=8, samples=3072))
    return model, images


def squared(model, images):
    return (model(images) - images).square().flatten(1).mean(1)


def test_it_is_that_of_a_surface_computed_by_hand(trained):
    model, images = trained
    found = measure_sharpness(model, images, LENS)
    halves = [images[:10], images[10:20]]
    surface = compute(Problem(model, squared, halves), line=True, planes=2, steps=15, radius=1.5)
    model.eval()
    with torch.no_grad():
        error = (model(images[:20]) - images[:20]).square().flatten(1)
    model.train()
    share = float(error.max(1).values.sum() / error.sum())
    assert found.center == pytest.approx(float(error.mean()), rel=1e-5)
    assert found.worst_pixel == pytest.approx(share, rel=1e-5)
    expected = summarize(surface, rise=found.center * (1 - share))
    assert found.radius == pytest.approx(expected["radius_mean"].value, rel=1e-4)
    assert found.radii == pytest.approx(expected["radius_mean"].per_plane, rel=1e-4)
    assert found.radius == pytest.approx(np.exp(np.mean(np.log(found.radii))))
    assert found.radius_rest == pytest.approx(expected["radius_mean_rise"].value, rel=1e-4)
    assert found.radius_rest < found.radius
    near = np.abs(surface.alpha) <= expected["curvature_mean_relative"].settings["fit_radius"]
    bends = [2 * np.polyfit(surface.alpha[near], line[0, near], 2)[0] for line in surface.loss]
    assert found.curvature == pytest.approx(np.exp(np.mean(np.log(bends))), rel=1e-3)
    assert not found.bounded


def test_lines_too_short_to_double_are_told(trained):
    lens = LENS.model_copy(update={"radius": 0.01})
    found = measure_sharpness(*trained, lens)
    assert found.bounded
    assert found.radius == pytest.approx(0.01)


def test_where_one_pixel_of_each_image_is_wrong_the_radius_without_it_is_zero(trained):
    model, images = trained
    surface = compute(Problem(model, squared, [images[:20]]), line=True, steps=15, radius=1.5)
    rest = [summarize_common(surface, share)["radius_mean_rise"].value for share in (0.0, 1.0)]
    assert rest == pytest.approx([summarize(surface)["radius_mean"].value, 0.0], abs=1e-9)


def test_the_model_is_left_as_it_was(trained):
    model, images = trained
    model.train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    measure_sharpness(model, images, LENS)
    assert model.training
    for key, value in model.state_dict().items():
        assert torch.equal(value, before[key])


def test_share_of_the_worst_pixel_in_closed_form():
    images = torch.zeros(2, 1, 2, 2)
    images[0, 0] = torch.tensor([[1.0, 2.0], [0.0, 3.0]])  # squares 1, 4, 9
    images[1, 0, 1, 1] = 4.0  # 16
    nothing = nn.Threshold(100.0, 0.0)  # reconstructs zeros
    assert worst_pixel_share(nothing, images) == pytest.approx((9 + 16) / (14 + 16))


@pytest.mark.parametrize(
    "own",
    [BaseLoss("l2"), BaseLoss("l1"), LampLoss("l2"), Scaled(LampLoss("l1"), 3.0)],
    ids=str,
)
def test_both_lenses_look_at_one_reconstruction(trained, own):
    model, images = trained
    calls = []
    hook = model.register_forward_hook(lambda *_: calls.append(1))
    model.eval()
    with torch.no_grad():
        found = BothLenses(own)(model, images[:6])
        hook.remove()
        assert len(calls) == 1
        torch.testing.assert_close(found[COMMON], squared(model, images[:6]))
        torch.testing.assert_close(found[OWN], own.per_sample(model(images[:6]), images[:6]))
    model.train()
