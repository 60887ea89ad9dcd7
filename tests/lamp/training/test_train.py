"""What a training leaves as found, and what it and its settings refuse."""

import math

import pytest
import torch
from torch import nn

from lamp.checkpoint import load_checkpoint
from lamp.losses import BaseLoss
from lamp.training import TrainingSettings, train
from tests.lamp.training.small import IMAGES, SHORT, small


def test_model_is_left_as_found_but_for_its_parameters():
    model = small()
    model.encoder.eval()
    model.decoder[0][0].weight.requires_grad_(False)
    frozen = model.decoder[0][0].weight.clone()
    train(model, BaseLoss(), IMAGES, SHORT)
    assert not model.encoder[0].training
    assert model.decoder.training
    assert torch.equal(model.decoder[0][0].weight, frozen)
    assert not model.decoder[0][0].weight.requires_grad
    assert all(p.is_contiguous() and p.grad is None for p in model.parameters())


def test_losses_of_ones_own_are_named_without_their_address(tmp_path):
    path = tmp_path / "run.safetensors"
    train(small(), nn.functional.mse_loss, IMAGES, SHORT, path=path)
    assert load_checkpoint(path)[1]["loss"] == "mse_loss"


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_at_its_step(tmp_path, value):
    steps = iter(range(1000))

    def loss(reconstruction, target):
        factor = value if next(steps) == 20 else 1.0
        return (reconstruction - target).square().mean() * factor

    path = tmp_path / "run.safetensors"
    with pytest.raises(FloatingPointError) as caught:
        train(small(), loss, IMAGES, SHORT, path=path, save_every=0)
    assert str(caught.value).startswith(
        f"the training loss became {value} at step 21 of 64: lower the learning rate (0.001), "
        "raise epsilon"
    )
    # What is on disk is from before: the next call meets the same step.
    assert not path.exists()
    partial = tmp_path / "run.partial.safetensors"
    assert partial.exists()
    from safetensors.torch import load_file

    assert all(torch.isfinite(v).all() for v in load_file(partial).values())


FLOATS = r"expected float images of shape \(N, C, H, W\), N > 0, got "


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.zeros(0, 1, 16, 16), FLOATS + r"\(0, 1, 16, 16\)"),
        (torch.zeros(3, 16, 16), FLOATS),
        (torch.zeros(3, 1, 16, 16, dtype=torch.uint8), FLOATS + ".* in torch.uint8"),
        (IMAGES.numpy(), FLOATS + "ndarray"),
        (IMAGES.double(), r"images in torch.float32, as .*, got torch.float64: give images.to\("),
    ],
)
def test_wrong_images(images, message):
    with pytest.raises(ValueError, match=message):
        train(small(), BaseLoss(), images, SHORT)


def test_images_may_come_from_a_calculation_with_gradients():
    images = IMAGES.clone().requires_grad_() * 1
    assert train(small(), BaseLoss(), images, SHORT).steps == SHORT.steps > 1


def test_wrong_targets_and_nothing_to_train():
    with pytest.raises(ValueError, match=r"one target for each of 40 images, got shape \(39, 10\)"):
        train(small(), BaseLoss(), (IMAGES, torch.zeros(39, 10)), SHORT)
    with pytest.raises(ValueError, match="parameters to train, got none that requires a gradient"):
        train(nn.Sigmoid(), BaseLoss(), IMAGES, SHORT)


def test_wrong_suffix():
    with pytest.raises(ValueError, match=r"ends in .safetensors, got run.pt"):
        train(small(), BaseLoss(), IMAGES, SHORT, path="run.pt")


@pytest.mark.parametrize(
    ("samples", "batch_size", "steps"), [(100, 10, 10), (101, 10, 11), (1, 9, 1)]
)
def test_steps_are_rounded_up(samples, batch_size, steps):
    assert TrainingSettings(samples=samples, batch_size=batch_size).steps == steps


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batchsize": 3}, "batchsize\n.*Extra inputs are not permitted"),
        ({"optimizer": "lbfgs"}, "'adam', 'sgd' or 'rmsprop'"),
        ({"learning_rate": 0}, "greater than 0"),
        ({"learning_rate": float("inf")}, "finite number"),
        ({"batch_size": 0}, "greater than or equal to 1"),
        ({"samples": 0}, "greater than or equal to 1"),
        ({"seed": 2**63}, "less than"),
        ({"momentum": 0.9}, "momentum is of 'sgd' and 'rmsprop'; adam has its own"),
    ],
)
def test_wrong_settings(arguments, message):
    with pytest.raises(ValueError, match=message):
        TrainingSettings(**arguments)


def test_settings_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        TrainingSettings().seed = 3
