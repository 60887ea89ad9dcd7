"""Products of directions with the Hessian of a problem's mean loss, over its own data."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from landscape.errors import ProblemError, describe
from landscape.objective.gradient import by_name, leaves_of, mean_derivative
from landscape.objective.placement import PlacedData
from landscape.planes.parameters import Parameters
from landscape.problem import Loss

_HINT = (
    "compiled models, fused kernels and functions with a backward of their own often cannot be: "
    "use their plain forms; along='worst' (--along worst) needs the gradient alone"
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
        one = torch.ones_like(summed, requires_grad=True)
        try:
            first = torch.autograd.grad(summed, leaves, one, create_graph=True, allow_unused=True)
            along = [
                (gradient.to_dense() * tangents[id(leaf)]).sum()
                for leaf, gradient in zip(leaves, first, strict=True)
                if gradient is not None
            ]
            # Functions that are differentiated once fail here, and because of `one`:
            # `autograd.grad` would leave their part out and say nothing.
            torch.autograd.backward([torch.stack(along).sum()])
            return [leaf.grad for leaf in leaves]
        except RuntimeError as error:
            raise ProblemError(
                f"the loss cannot be differentiated twice: {describe(error)}", hint=_HINT
            ) from error
        finally:
            for leaf in leaves:
                leaf.grad = None

    # Attention has one form whose derivative can be differentiated.
    with sdpa_kernel(SDPBackend.MATH):
        _, products = mean_derivative(loss, model, data, leaves, second)
    return by_name(model, products)
