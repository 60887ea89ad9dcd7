import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.metrics import structural_similarity

from lamp.losses import BaseLoss, LampLoss, ssim_error


def images(*shape, seed=0, dtype=torch.float64):
    return torch.rand(shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def of_scikit_image(x, y):
    _, similarity = structural_similarity(
        x, y, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True, data_range=1
    )
    return (1 - similarity) / 2


def slow(x, y, window):
    """Pixel by pixel, with mirrored borders."""
    half = window // 2
    axis = np.exp(-0.5 * (np.arange(-half, half + 1) / 1.5) ** 2)
    weights = np.outer(axis, axis) / axis.sum() ** 2
    x, y = (np.pad(image, half, mode="symmetric") for image in (x, y))
    result = np.empty((x.shape[0] - 2 * half, x.shape[1] - 2 * half))
    for i, j in np.ndindex(result.shape):
        a, b = x[i : i + window, j : j + window], y[i : i + window, j : j + window]
        mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
        var_a, var_b = (weights * (a - mean_a) ** 2).sum(), (weights * (b - mean_b) ** 2).sum()
        covariance = (weights * (a - mean_a) * (b - mean_b)).sum()
        similarity = (2 * mean_a * mean_b + 1e-4) * (2 * covariance + 9e-4)
        similarity /= (mean_a**2 + mean_b**2 + 1e-4) * (var_a + var_b + 9e-4)
        result[i, j] = (1 - similarity) / 2
    return result


@pytest.mark.parametrize("size", [(11, 11), (16, 16), (28, 33), (64, 64)])
@pytest.mark.parametrize("noise", [0.01, 0.3, 3.0])
def test_equals_scikit_image_at_every_pixel(size, noise):
    x = images(2, 3, *size)
    y = x + noise * (images(2, 3, *size, seed=1) - 0.5)
    error = ssim_error(x, y).numpy()
    for found, a, b in zip(error.reshape(-1, *size), x.view(-1, *size), y.view(-1, *size)):  # noqa: B905
        assert np.abs(found - of_scikit_image(a.numpy(), b.numpy())).max() < 1e-10


def test_float32_is_close():
    x, y = images(1, 1, 32, 32, dtype=torch.float32), images(1, 1, 32, 32, seed=1).float()
    expected = of_scikit_image(x[0, 0].double().numpy(), y[0, 0].double().numpy())
    assert np.abs(ssim_error(x, y)[0, 0].numpy() - expected).max() < 1e-5


@pytest.mark.parametrize(("size", "window"), [((8, 8), 7), ((9, 20), 9), ((1, 5), 1), ((12, 5), 5)])
def test_small_images_have_a_smaller_window(size, window):
    x, y = images(1, 1, *size), images(1, 1, *size, seed=1)
    assert np.allclose(ssim_error(x, y)[0, 0], slow(x[0, 0].numpy(), y[0, 0].numpy(), window))


@pytest.mark.parametrize("size", [8, 13])
def test_gradcheck(size):
    x, y = images(1, 2, size, size).requires_grad_(), images(1, 2, size, size, seed=1)
    assert torch.autograd.gradcheck(lambda a, b: ssim_error(a, b), (x, y.requires_grad_()))


def test_second_derivatives_and_amplification():
    x, y = images(1, 1, 5, 5).requires_grad_(), images(1, 1, 5, 5, seed=1)
    assert torch.autograd.gradgradcheck(lambda a: LampLoss("ssim")(a, y), (x,))
    assert torch.autograd.gradcheck(lambda a: LampLoss("ssim", scale="none")(a, y), (x,))


@given(hnp.arrays("float64", (2, 1, 8, 8), elements=st.floats(0, 1)))
@settings(max_examples=50, deadline=None)
def test_in_range_symmetric_and_zero_for_the_same_image(array):
    x = torch.tensor(array)
    y = x.flip(0)
    error = ssim_error(x, y)
    assert -1e-12 <= float(error.min()) <= float(error.max()) <= 1 + 1e-12
    assert torch.equal(error, ssim_error(y, x))
    assert float(ssim_error(x, x).abs().max()) == 0
    assert float(ssim_error(x.float(), x.float()).abs().max()) == 0


def test_opposite_structure_is_an_error_near_one_with_a_gradient():
    checkers = (torch.arange(16)[:, None] + torch.arange(16)) % 2
    x = checkers.double()[None, None].requires_grad_()
    error = ssim_error(x, 1 - x.detach())
    assert float(error.detach().min()) > 0.95
    (gradient,) = torch.autograd.grad(error.mean(), x)
    assert float(gradient.abs().min()) > 0


def test_brightness_alone_has_a_closed_form():
    x, y = torch.full((1, 1, 16, 16), 0.2).double(), torch.full((1, 1, 16, 16), 0.7).double()
    expected = (1 - (2 * 0.2 * 0.7 + 1e-4) / (0.2**2 + 0.7**2 + 1e-4)) / 2
    assert torch.allclose(ssim_error(x, y), torch.tensor(expected, dtype=torch.float64))


def test_losses_by_name():
    x, y = images(3, 1, 16, 16), images(3, 1, 16, 16, seed=1)
    error = ssim_error(x, y)
    assert torch.equal(BaseLoss("ssim")(x, y), error.mean())
    scaled = 0.9 * error / error.amax((1, 2, 3), keepdim=True)
    assert torch.allclose(LampLoss("ssim")(x, y), -torch.log(1 - scaled).mean())
    assert "base='ssim'" in repr(LampLoss("ssim"))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_training_may_follow_inference(dtype):
    x, y = images(1, 1, 17, 19, dtype=dtype), images(1, 1, 17, 19, seed=1, dtype=dtype)
    with torch.inference_mode():
        before = ssim_error(x, y)
    after = ssim_error(x.requires_grad_(), y)
    after.mean().backward()
    assert torch.equal(before, after)
    assert float(x.grad.abs().min()) > 0


def test_autocast_is_left():
    x, y = images(1, 1, 16, 16).float(), images(1, 1, 16, 16, seed=1).float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(ssim_error(x, y), ssim_error(x, y).float())
        inside = ssim_error(x, y)
    assert torch.equal(inside, ssim_error(x, y))


def test_perfect_reconstruction_is_where_training_rests():
    image = images(2, 1, 16, 16)
    x = image.clone().requires_grad_()
    loss = LampLoss("ssim")(x, image)
    loss.backward()
    assert loss.item() == 0
    assert math.isclose(float(x.grad.abs().max()), 0, abs_tol=1e-9)


@pytest.mark.parametrize("shape", [(5, 3), (4,)])
def test_no_image(shape):
    with pytest.raises(ValueError, match=r"expected images of shape \(N, ..., H, W\) for SSIM"):
        ssim_error(torch.zeros(shape), torch.zeros(shape))


def test_shapes_are_never_broadcast():
    with pytest.raises(ValueError, match=r"got \(2, 1, 8, 8\) and \(1, 1, 8, 8\); nothing"):
        ssim_error(torch.zeros(2, 1, 8, 8), torch.zeros(1, 1, 8, 8))
