"""Memory that tensors of a model share, found and told apart from storage they merely lie in."""

import pytest
import torch
from torch import nn

from landscape.errors import LandscapeError
from landscape.planes.sharing import own_parameters, shared_regions


def holder(**tensors) -> nn.Module:
    module = nn.Module()
    for name, value in tensors.items():
        setattr(module, name, nn.Parameter(value))
    return module


def test_a_transposed_view_follows_the_first():
    first = torch.randn(3, 2)
    assert list(own_parameters(holder(a=first, b=first.t()))) == ["a"]
    assert list(own_parameters(holder(a=first, b=first.view(6)))) == ["a"]


def test_a_part_follows_the_whole_whichever_was_first():
    flat = torch.randn(8)
    assert list(own_parameters(holder(part=flat[2:5], whole=flat))) == ["whole"]
    assert list(own_parameters(holder(whole=flat, part=flat[2:5]))) == ["whole"]


def test_views_side_by_side_share_nothing():
    flat = torch.randn(4, 6)
    for parts in ((flat[:2], flat[2:]), (flat[:, :3], flat[:, 3:]), (flat[::2], flat[1::2])):
        model = holder(a=parts[0], b=parts[1])
        assert list(own_parameters(model)) == ["a", "b"]
    assert shared_regions(nn.LSTM(2, 3)) == []


def test_buffers_and_attributes_are_seen():
    model = nn.Linear(3, 2)
    model.register_buffer("transposed", model.weight.data.t())
    model.row = model.weight.data[0]
    (region,) = shared_regions(model)
    assert {member.name for member in region.members} == {"weight", "transposed", "row"}
    assert region.owners == ("weight",)


def test_what_overlaps_in_part_or_with_itself_is_refused():
    flat = torch.randn(8)
    with pytest.raises(LandscapeError, match="'a' and 'b' share memory in part") as caught:
        own_parameters(holder(a=flat[:5], b=flat[3:]))
    assert "a tensor of its own" in caught.value.hint
    with pytest.raises(LandscapeError, match="entries of parameter 'a' lie in the same memory"):
        own_parameters(holder(a=torch.ones(1).expand(5)))
    bits = torch.zeros(4)
    with pytest.raises(LandscapeError, match="share memory with different dtypes"):
        own_parameters(holder(a=bits, b=bits.view(torch.bfloat16)))


def test_what_has_no_memory_is_passed_over():
    model = holder(a=torch.zeros(0), b=torch.zeros(2, device="meta"))
    model.lazy = nn.LazyLinear(2)
    assert shared_regions(model) == []
