import pytest
import torch
from torch import nn

from lamp.losses import LampLoss
from lamp.models import Autoencoder, Patchwise, split_patches, stitch_patches


@pytest.mark.parametrize("per_side", [1, 2, 4])
def test_split_cuts_row_by_row(per_side):
    images = torch.rand(3, 2, 8, 12)
    rows, columns = 8 // per_side, 12 // per_side
    slow = [
        image[:, i * rows : (i + 1) * rows, j * columns : (j + 1) * columns]
        for image in images
        for i in range(per_side)
        for j in range(per_side)
    ]
    patches = split_patches(images, per_side)
    assert torch.equal(patches, torch.stack(slow))
    assert torch.equal(stitch_patches(patches, per_side), images)


def test_one_patch_a_side_is_the_model_itself():
    model = Autoencoder(16, width=2).eval()
    images = torch.rand(3, 1, 16, 16)
    assert torch.equal(Patchwise(model, 1)(images), model(images))


def test_each_patch_is_reconstructed_on_its_own():
    model = Autoencoder(16, channels=3, width=2).eval()
    images = torch.rand(2, 3, 32, 32)
    whole = Patchwise(model, 2)(images)
    assert torch.allclose(whole[:, :, 16:, :16], model(images[:, :, 16:, :16]), atol=1e-6)
    changed = images.clone()
    changed[:, :, :16, :16] = 0
    assert torch.equal(Patchwise(model, 2)(changed)[:, :, 16:], whole[:, :, 16:])


def test_batch_norm_sees_the_patches_as_a_batch():
    model, alone = Autoencoder(16, width=2), Autoencoder(16, width=2)
    image = torch.rand(1, 1, 32, 32)  # four patches: enough for a 1x1 bottleneck
    Patchwise(model, 2)(image)
    alone(split_patches(image, 2))
    assert torch.equal(model.encoder[0][1].running_var, alone.encoder[0][1].running_var)


def test_the_loss_is_that_of_the_stitched_image():
    model = Patchwise(Autoencoder(8, depth=2, width=2), 2).eval()
    images = torch.rand(2, 1, 16, 16)
    error = (model(images) - images).square()
    expected = -torch.log1p(-0.9 * error / error.amax((1, 2, 3), keepdim=True)).mean()
    assert torch.allclose(LampLoss()(model(images), images), expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: split_patches(torch.zeros(2, 1, 9, 8), 2), "multiples .* got 9x8 and 2: resize"),
        (lambda: split_patches(torch.zeros(2, 1, 8, 8), 0), "multiples .* got 8x8 and 0"),
        (lambda: split_patches(torch.zeros(1, 8, 8), 2), r"images of shape \(N, C, H, W\), got"),
        (lambda: stitch_patches(torch.zeros(6, 1, 8, 8), 2), "multiple of 2 x 2 patches, got 6"),
        (lambda: stitch_patches(torch.zeros(8, 8), 2), r"patches of shape \(N, C, H, W\), got"),
        (lambda: Patchwise(nn.Identity(), 0), "at least 1 patch per side, got 0"),
        (
            lambda: Patchwise(Autoencoder(16), 2)(torch.zeros(2, 1, 16, 16)),
            r"expected images of shape \(N, 1, 16, 16\), got \(8, 1, 8, 8\)",
        ),
    ],
)
def test_impossible_patches(call, message):
    with pytest.raises(ValueError, match=message):
        call()
