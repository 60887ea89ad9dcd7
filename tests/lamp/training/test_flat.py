import contextlib

import pytest
import torch
from torch import nn

from lamp.models import Autoencoder
from lamp.training.flat import flattened


def test_parameters_and_gradients_are_views_of_two_vectors():
    model = Autoencoder(16, width=2).to(memory_format=torch.channels_last)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    with flattened(model) as (vector,):
        assert vector.numel() == sum(p.numel() for p in model.parameters())
        for name, parameter in model.named_parameters():
            assert torch.equal(parameter, before[name])
            assert parameter.stride() == before[name].stride()
            assert parameter.grad.stride() == parameter.stride()
        model(torch.rand(2, 1, 16, 16)).sum().backward()
        gradients = torch.cat([p.grad.flatten() for p in model.parameters()])
        assert torch.equal(gradients.sort().values, vector.grad.sort().values)
        assert float(vector.grad.abs().max()) > 0
        vector.detach().zero_()
        assert all(float(p.detach().abs().max()) == 0 for p in model.parameters())


def test_an_update_of_the_vector_is_that_of_each_parameter():
    model, reference = Autoencoder(16, width=2), Autoencoder(16, width=2)
    images = torch.rand(3, 1, 16, 16)
    other = torch.optim.SGD(reference.parameters(), 0.1, momentum=0.9)
    with flattened(model) as vectors:
        optimizer = torch.optim.SGD(vectors, 0.1, momentum=0.9)
        for _ in range(3):
            vectors[0].grad.zero_()
            other.zero_grad()
            for each in (model, reference):
                (each(images) - images).square().mean().backward()
            optimizer.step()
            other.step()
    for a, b in zip(model.parameters(), reference.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_parameters_are_their_own_again_also_after_an_error():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Conv2d(2, 2, 3).requires_grad_(False))
    model.to(memory_format=torch.channels_last)
    strides = [p.stride() for p in model.parameters()]
    with contextlib.suppress(RuntimeError), flattened(model) as (vector,):
        assert vector.numel() == 20
        raise RuntimeError
    assert [p.stride() for p in model.parameters()] == strides
    assert all(p.grad is None for p in model.parameters())
    pointers = {p.untyped_storage().data_ptr() for p in model.parameters()}
    assert len(pointers) == 4
    assert [p.requires_grad for p in model.parameters()] == [True, True, False, False]


def test_dtypes_have_vectors_of_their_own_and_shared_parameters_are_there_once():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2).double(), nn.Linear(2, 3))
    model[2].weight = model[0].weight
    with flattened(model) as vectors:
        sizes = {vector.dtype: vector.numel() for vector in vectors}
    assert sizes == {torch.float32: 12, torch.float64: 8}
    assert model[2].weight is model[0].weight


@pytest.mark.parametrize("layout", ["transposed", "expanded"])
def test_any_memory_layout(layout):
    model = nn.Linear(3, 4, bias=False)
    value = torch.rand(3, 4).t() if layout == "transposed" else torch.rand(1, 3).expand(4, 3)
    model.weight = nn.Parameter(value)
    with flattened(model):
        model(torch.ones(1, 3)).sum().backward()
        assert torch.equal(model.weight.grad, torch.ones(4, 3))
        assert torch.equal(model.weight, value)
    assert torch.equal(model.weight, value)
