"""What is seen of torch's operations, and of the memory behind tensors."""

import subprocess
import sys

import torch
from torch.func import vmap

from landscape.objective.operations import Watching, storage_of


def test_views_share_memory_and_copies_do_not():
    tensor = torch.randn(2, 3)
    assert storage_of(tensor) == storage_of(tensor.t()) == storage_of(tensor[1:].detach())
    assert storage_of(tensor) != storage_of(tensor.clone())


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


def test_computing_does_not_import_the_compiler_of_torch():
    code = (
        "import sys, torch, landscape\n"
        "model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2)).eval()\n"
        "loss = lambda model, x: model(x).square().mean((1, 2, 3))\n"
        "problem = landscape.Problem(model, loss, [torch.randn(4, 1, 5, 5)])\n"
        "landscape.compute(problem, planes=2, steps=3, workers=1)\n"
        "print([name for name in ('torch._dynamo', 'sympy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
