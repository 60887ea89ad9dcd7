"""The leading eigenvalues of the Hessian of a problem's mean loss."""

from collections.abc import Sequence
from dataclasses import replace

from landscape.arguments import checked
from landscape.curvature.products import hessian_product
from landscape.errors import LandscapeError
from landscape.objective.data import read_data
from landscape.objective.private import travelling
from landscape.planes.eigenpairs import Eigenpairs, leading_eigenpairs
from landscape.planes.space import ParameterSpace
from landscape.problem import Problem
from landscape.running.evaluator import undisturbed
from landscape.running.resources import resolve_device
from landscape.settings import BatchNormPolicy


@checked
def hessian_eigenvalues(
    problem: Problem,
    *,
    count: int = 2,
    extremes: bool = False,
    only: str | Sequence[str] = (),
    freeze: str | Sequence[str] = (),
    trainable: bool = False,
    batchnorm: BatchNormPolicy = "frozen",
    max_samples: int | None = None,
    seed: int = 0,
    tolerance: float = 1e-4,
    products: int = 200,
    device: str = "auto",
) -> Eigenpairs:
    """Find the largest eigenvalues of the Hessian of the mean loss at the center, with residuals.

    They depend on how weights are scaled: those of two networks that compute the same can differ
    by any factor (Dinh et al., arXiv 1703.04933). The plane of the eigenvectors draws
    `compute(problem, along="hessian")`.

    Args:
        problem: Model, loss and data; the model is left as found.
        count: How many.
        extremes: Take them from the upper and the lower end in turn, not the largest ones.
        only: What moves, as for `compute`: rows and columns of the Hessian are of that alone.
        freeze: What stays, in the same way.
        trainable: Take only what requires a gradient.
        batchnorm: BatchNorm statistics, as for `compute`.
        max_samples: Use the first this many samples only.
        seed: Of the start of the search.
        tolerance: Residual |Hv - lambda v| / |lambda| below which an eigenvector is found.
        products: Hessian-vector products at most, about; each takes as long as some evaluations.
        device: Where to compute, as for `compute`.

    Returns:
        Eigenvalues, residuals and eigenvectors.

    Raises:
        LandscapeError: If a number is out of range (`ProblemError`: if the loss cannot be
            differentiated twice).

    Example:
        >>> import torch
        >>> model = torch.nn.Linear(2, 1, bias=False)
        >>> loss = lambda model, x: model(x)[:, 0].square()  # mean: (4 a^2 + b^2) / 2
        >>> problem = Problem(model, loss, [torch.tensor([[2.0, 0.0], [0.0, 1.0]])])
        >>> [round(value, 4) for value in hessian_eigenvalues(problem).values]
        [4.0, 1.0]
    """
    if not 0 <= seed < 2**63:
        raise LandscapeError(f"expected a seed from 0 to 2**63 - 1, got {seed}")
    problem = replace(problem, model=travelling(problem.model))
    space = ParameterSpace(problem.model, only=only, freeze=freeze, trainable=trainable)
    device = resolve_device(device)
    with undisturbed(device):
        data = read_data(problem, max_samples=max_samples)
        return leading_eigenpairs(
            hessian_product(problem, data, space, device=device, batchnorm=batchnorm),
            space.center,
            count=count,
            extremes=extremes,
            seed=seed,
            tolerance=tolerance,
            products=products,
        )
