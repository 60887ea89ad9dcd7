import pytest
import torch
from torch import nn

from lamp.models import UpsampleConv2d
from lamp.models.upsample import POSITIONS


def two_steps(layer, images):
    larger = images.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    return nn.functional.conv2d(larger, layer.weight, layer.bias, padding=layer.kernel_size[0] // 2)


@pytest.mark.parametrize("kernel_size", [1, 3, 5, 7])
@pytest.mark.parametrize("size", [(4, 4), (32, 33)])  # below and above the limit
@pytest.mark.parametrize("bias", [True, False])
def test_values_and_gradients_are_those_of_two_steps(kernel_size, size, bias):
    layer = UpsampleConv2d(3, 5, kernel_size, bias=bias).double()
    images = torch.rand(2, 3, *size, dtype=torch.float64, requires_grad=True)
    assert (2 * size[0] * size[1] >= POSITIONS) == (size[0] > 4)
    inputs = [images, *layer.parameters()]
    values, gradients = [], []
    for output in (layer(images), two_steps(layer, images)):
        assert output.shape == (2, 5, 2 * size[0], 2 * size[1])
        values.append(output)
        gradients.append(torch.autograd.grad(output.square().sum(), inputs))
    assert torch.allclose(*values, atol=1e-12)
    for a, b in zip(*gradients, strict=True):
        assert torch.allclose(a, b)


def test_hessian_vector_products_are_those_of_two_steps():
    layer = UpsampleConv2d(2, 2, 3).double()
    images = torch.rand(3, 2, 20, 20, dtype=torch.float64)
    products = []
    for output in (layer(images), two_steps(layer, images)):
        loss = output.tanh().square().mean()
        (gradient,) = torch.autograd.grad(loss, layer.weight, create_graph=True)
        vector = torch.linspace(-1, 1, gradient.numel(), dtype=torch.float64).view_as(gradient)
        products.append(torch.autograd.grad((gradient * vector).sum(), layer.weight)[0])
    assert torch.allclose(*products)


def test_channels_last_stays():
    layer = UpsampleConv2d(4, 8, 3).to(memory_format=torch.channels_last)
    images = torch.rand(2, 4, 32, 32).contiguous(memory_format=torch.channels_last)
    output = layer(images)
    assert output.is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(output, two_steps(layer, images), atol=1e-5)
