"""Points in parameter space."""

import pytest
import torch
from torch import nn

from landscape.errors import ProblemError
from landscape.planes.parameters import check_alike, dot, fingerprint, parameters_of


def test_parameters_are_copies_in_the_models_order():
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    params = parameters_of(model)
    assert list(params) == [name for name, _ in model.named_parameters()]
    params["0.weight"].add_(1)
    assert not torch.equal(params["0.weight"], model[0].weight)
    assert not any(value.requires_grad for value in params.values())
    assert all(value.requires_grad for value in model.parameters())


def test_tied_parameters_appear_once():
    model = nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 5, bias=False))
    model[1].weight = model[0].weight
    assert list(parameters_of(model)) == ["0.weight"]


def test_a_model_without_parameters_is_refused():
    with pytest.raises(ProblemError, match="a model with parameters, got ReLU without any"):
        parameters_of(nn.ReLU())


def test_complex_parameters_are_refused():
    model = nn.Module()
    model.phase = nn.Parameter(torch.zeros(2, dtype=torch.complex64))
    with pytest.raises(ProblemError, match="parameter 'phase' is complex") as caught:
        parameters_of(model)
    assert "real and imaginary parts as two parameters" in caught.value.hint


def test_inner_product_agrees_with_a_loop_over_entries():
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(3, 4, generator=generator) for _ in range(2))
    slow = sum(float(x) * float(y) for x, y in zip(a.flatten(), b.flatten(), strict=True))
    assert dot(a, b) == pytest.approx(slow, rel=1e-14)
    assert dot(a[0, 0], b[0, 0]) == float(a[0, 0]) * float(b[0, 0])


def test_inner_product_accumulates_in_float64():
    # In float16 the sum of squares would stop growing at 2048.
    ones = torch.ones(10_000, dtype=torch.float16)
    assert dot(ones, ones) == 10_000


@pytest.mark.parametrize(
    ("other", "text"),
    [
        ({"w": torch.zeros(2)}, "'b' is missing from the second"),
        (
            {"w": torch.zeros(2), "b": torch.zeros(1), "c": torch.zeros(1)},
            "'c' is missing from the first",
        ),
        ({"w": torch.zeros(3), "b": torch.zeros(1)}, r"'w' of shape \(2,\), got \(3,\)"),
    ],
)
def test_what_differs_first_is_named(other, text):
    with pytest.raises(ValueError, match=text):
        check_alike({"w": torch.zeros(2), "b": torch.zeros(1)}, other)


def test_fingerprint_ignores_layout_and_order_and_nothing_else():
    image = torch.arange(24.0).reshape(1, 2, 3, 4)
    params = {"a": image, "b": torch.tensor(1.0)}
    same = {"b": torch.tensor(1.0), "a": image.to(memory_format=torch.channels_last)}
    assert fingerprint(params) == fingerprint(same)
    assert len(fingerprint(params)) == 64
    others = [
        {**params, "a": image.reshape(2, 12)},
        {**params, "a": image.double()},
        {**params, "a": torch.nextafter(image, image + 1)},
        {"a": image, "c": torch.tensor(1.0)},
        {"a": image},
    ]
    assert len({fingerprint(point) for point in [params, *others]}) == 6


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.int64, torch.bool])
def test_fingerprint_takes_every_dtype(dtype):
    params = {"w": torch.ones(3, dtype=dtype), "empty": torch.ones(0, dtype=dtype)}
    assert fingerprint(params) == fingerprint(dict(params))
