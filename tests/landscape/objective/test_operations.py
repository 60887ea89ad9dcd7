"""What is seen of torch's operations, and of the memory behind tensors."""

import pytest
import torch
from torch import nn
from torch.func import vmap

from landscape.objective.operations import Watching, storage_of


def test_views_share_memory_and_copies_do_not():
    tensor = torch.randn(2, 3)
    assert storage_of(tensor) == storage_of(tensor.t()) == storage_of(tensor[1:].detach())
    assert storage_of(tensor) != storage_of(tensor.clone())


@pytest.mark.filterwarnings(
    "ignore:Sparse invariant checks"
)  # torch 2.11, though they are asked for
def test_tensors_without_memory_of_their_own():
    seen = []

    def look(row):
        seen.append(storage_of(row))
        return row.sum()

    vmap(look)(torch.randn(4, 3))
    sparse = torch.sparse_coo_tensor(
        torch.tensor([[0]]), torch.tensor([1.0]), (2,), check_invariants=True
    )
    assert [*seen, storage_of(sparse)] == [None, None]


def test_every_operation_of_this_thread_is_shown_with_its_tensors():
    a, b = torch.randn(2), torch.randn(2)
    shown = []
    with Watching(lambda operation, _, tensors: shown.append((str(operation), len(tensors)))):
        torch.stack([a, b])
        torch.add(a, b, alpha=2)
    torch.add(a, b)
    assert shown == [("aten.stack.default", 2), ("aten.add.Tensor", 2)]


def test_the_compiler_of_a_model_leaves_what_looks_at_it_alone():
    compiled = torch.compile(nn.Linear(2, 2), backend="eager")
    compiled(torch.randn(3, 2))
    before = torch._dynamo.utils.counters["frames"]["total"]
    with Watching(lambda *_: None):
        compiled(torch.randn(3, 2))
        compiled(nn.Parameter(torch.randn(3, 2)) * 1)
    assert torch._dynamo.utils.counters["frames"]["total"] == before > 0
