"""What moves: patterns of names, tied parameters, what requires a gradient, and errors."""

import pytest
import torch
from torch import nn

from landscape.errors import LandscapeError
from landscape.planes import ParameterSpace, RandomPlanes
from landscape.planes.parameters import fingerprint


class Model(nn.Module):
    """An encoder, and a head that is tied to its embedding as the same object or in memory."""

    def __init__(self, tie="object"):
        super().__init__()
        torch.manual_seed(0)
        self.encoder = nn.Sequential(nn.Embedding(7, 4), nn.Linear(4, 4), nn.LayerNorm(4))
        self.head = nn.Linear(4, 7)
        weight = self.encoder[0].weight
        self.head.weight = weight if tie == "object" else nn.Parameter(weight.data)

    def forward(self, x):
        return self.head(self.encoder(x))


ENCODER = [f"encoder.{name}" for name in ("0.weight", "1.weight", "1.bias", "2.weight", "2.bias")]
CHOICES = {
    "everything": ({}, [*ENCODER, "head.bias"]),
    "a module": ({"only": ["encoder"]}, ENCODER),
    "a pattern": ({"only": "encoder.[12].weight"}, ["encoder.1.weight", "encoder.2.weight"]),
    "several": ({"only": "*.1.bias,head.bias"}, ["encoder.1.bias", "head.bias"]),
    "frozen": ({"freeze": ["encoder.*"]}, ["head.bias"]),
    "both": ({"only": ["encoder.*"], "freeze": ["*.bias", "*.2.*"]}, [ENCODER[0], ENCODER[1]]),
}


@pytest.mark.parametrize(("choice", "expected"), CHOICES.values(), ids=CHOICES)
@pytest.mark.parametrize("wrap", [lambda m: m, nn.DataParallel, lambda m: nn.Sequential(m)])
def test_names_choose_what_moves_whatever_wraps_the_model(choice, expected, wrap):
    space = ParameterSpace(wrap(Model()), **choice)
    assert list(space.names.values()) == expected


def test_names_as_in_the_model_are_understood_too():
    wrapped = nn.DataParallel(nn.Sequential(Model()))
    for pattern in ("module.0.head.bias", "0.head.bias", "head.bias"):
        assert ParameterSpace(wrapped, only=[pattern]).moving == ("module.0.head.bias",)


@pytest.mark.parametrize("tie", ["object", "memory"])
@pytest.mark.parametrize("name", ["head.weight", "encoder.0.weight"])
def test_a_tied_parameter_goes_by_either_name(tie, name):
    model = Model(tie)
    assert ParameterSpace(model, only=[name]).moving == ("encoder.0.weight",)
    assert "encoder.0.weight" not in ParameterSpace(model, freeze=[name]).moving


def test_what_requires_a_gradient():
    model = Model()
    for value in model.encoder.parameters():
        value.requires_grad_(False)
    assert ParameterSpace(model, trainable=True).moving == ("head.bias",)
    model = Model("memory")  # one of two names does
    model.encoder[0].weight.requires_grad_(False)
    assert "encoder.0.weight" in ParameterSpace(model, trainable=True).moving


def test_a_subset_has_the_directions_of_the_whole():
    model = Model()
    whole = RandomPlanes(ParameterSpace(model), 2, seed=3)[1].directions
    part = RandomPlanes(ParameterSpace(model, only=["encoder.1.*"]), 2, seed=3)[1].directions
    for one, other in zip(whole, part, strict=True):
        assert list(other) == ["encoder.1.weight", "encoder.1.bias"]
        assert all(torch.equal(value, one[name]) for name, value in other.items())


def test_vectors_move_where_there_is_nothing_else_among_what_moves():
    space = ParameterSpace(Model(), only=["encoder.2", "head.bias"])
    plane = RandomPlanes(space, 1)[0]
    for name, value in plane.directions[0].items():
        assert float(value.norm()) == pytest.approx(float(plane.center[name].norm()), rel=1e-6)
    assert space.counts(random=True) == (8 + 7, 28 + 20 + 8 + 7)
    assert ParameterSpace(Model(), only=["encoder.1"]).counts(random=True)[0] == 16
    assert ParameterSpace(Model(), only=["encoder.1"]).counts(random=False)[0] == 20


def test_unit_directions_have_the_norm_1_over_what_moves():
    space = ParameterSpace(Model(), only=["encoder.1"])
    assert RandomPlanes(space, 1, normalize="unit")[0].gram[1, 1] == pytest.approx(1)


def test_the_fingerprint_is_that_of_all_parameters():
    model = Model()
    space = ParameterSpace(model, only=["head"])
    assert space.fingerprint == ParameterSpace(model).fingerprint
    with torch.no_grad():
        model.encoder[1].weight.add_(1)
    assert ParameterSpace(model, only=["head"]).fingerprint != space.fingerprint
    assert fingerprint(space.center) == fingerprint(ParameterSpace(model, only=["head"]).center)


WRONG = {
    "typing error": (
        {"only": ["encodr.*"]},
        "only: no parameter matches 'encodr",
        r"did you mean 'encoder'",
    ),
    "nothing like it": (
        {"freeze": ["*.lora_A"]},
        r"freeze: no parameter matches '\*.lora_A'",
        "parameters are: encoder.0.weight, encoder.1.weight, encoder.1.bias and 3 more",
    ),
    "one of several": ({"only": ["head", "tail"]}, "only: no parameter matches 'tail'", "encoder"),
    "case": ({"only": ["Head"]}, "no parameter matches 'Head'", "did you mean 'head'"),
    "nothing left": (
        {"only": ["head.bias"], "freeze": ["head"]},
        "nothing moves: freeze leaves none of 1 parameters",
        "among them are: head.bias",
    ),
    "empty": ({"only": [""]}, "only: expected names of parameters or modules, got ''", "for"),
}


@pytest.mark.parametrize(("choice", "message", "hint"), WRONG.values(), ids=WRONG)
def test_choices_that_choose_nothing_are_refused(choice, message, hint):
    with pytest.raises(LandscapeError, match=message) as caught:
        ParameterSpace(Model(), **choice)
    assert hint in caught.value.hint


def test_without_anything_to_train_or_to_move_the_error_says_so():
    model = Model().requires_grad_(False)
    with pytest.raises(LandscapeError, match="trainable leaves none of 6 parameters") as caught:
        ParameterSpace(model, trainable=True)
    assert "none of them requires a gradient" in caught.value.hint
    model.counter = nn.Parameter(torch.zeros(2, dtype=torch.int8), requires_grad=False)
    with pytest.raises(LandscapeError, match="counter are no floating-point numbers"):
        ParameterSpace(model, only=["counter"])
