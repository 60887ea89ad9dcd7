"""Products of directions with the Hessian of a problem's mean loss, over its own data."""

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from landscape.errors import ProblemError, describe
from landscape.objective.gradient import by_name, leaves_of, mean_derivative
from landscape.objective.placement import PlacedData
from landscape.planes.parameters import Parameters
from landscape.problem import Loss

_ONCE_ONLY = "the loss cannot be differentiated twice"
_HINT = (
    "fused kernels and functions with a backward of their own often cannot be: use their plain "
    "forms; along='worst' (--along worst) needs the gradient alone"
)


def mean_product(
    loss: Loss, model: nn.Module, data: PlacedData, tangents: Mapping[int, Tensor]
) -> Parameters:
    r"""Multiply a direction by the Hessian of the mean over samples of a loss, batch by batch.

    $H d = \nabla (\nabla f \cdot d)$ (Pearlmutter, Neural Computation 6, 1994), weighted as the
    mean is. At the kinks of ReLU and the like it is the Hessian of one side.

    Args:
        loss: Of a problem.
        model: A private copy, in whose mode and at whose parameters it is differentiated.
        data: The batches.
        tangents: How each tensor of the model moves along the direction, by its `id`; what has
            none stays.

    Returns:
        The product, as `mean_gradient` returns a gradient.

    Raises:
        ProblemError: If the loss fails, or cannot be differentiated twice.
    """
    leaves = [leaf for leaf in leaves_of(model) if id(leaf) in tangents]

    def second(summed: Tensor, leaves: Sequence[Tensor]) -> Sequence[Tensor | None]:
        one = torch.ones_like(summed, requires_grad=True)  # shows functions differentiated once
        try:
            first = torch.autograd.grad(summed, leaves, one, create_graph=True, allow_unused=True)
            along = [
                (gradient.to_dense() * tangents[id(leaf)]).sum()
                for leaf, gradient in zip(leaves, first, strict=True)
                if gradient is not None
            ]
            total = torch.stack(along).sum()
            _check_twice(total)
            return torch.autograd.grad(total, leaves, allow_unused=True)
        except RuntimeError as error:
            raise ProblemError(f"{_ONCE_ONLY}: {describe(error)}", hint=_HINT) from error

    with _plain():
        _, products = mean_derivative(loss, model, data, leaves, second)
    return by_name(model, products)


def _check_twice(total: Tensor) -> None:
    """Refuse functions that are differentiated once: torch leaves their part out in silence.

    Raises:
        ProblemError: If there is one below.
    """
    nodes, seen = [total.grad_fn], set()
    while nodes:
        node = nodes.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if node.name().endswith("Error"):  # stands for the second derivative of such a function
            raise ProblemError(
                f"{_ONCE_ONLY}: a function in it is @once_differentiable", hint=_HINT
            )
        nodes += [below for below, _ in node.next_functions]


@contextlib.contextmanager
def _plain() -> Iterator[None]:
    """Compute attention in the form that can be differentiated twice, compiled code as written."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        if "torch._dynamo" in sys.modules:  # which takes a second to load: else nothing is compiled
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        yield
