"""Leading eigenvectors of a symmetric matrix that is known by its products alone, as a Hessian."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landscape.errors import LandscapeError
from landscape.planes.parameters import PIECE, Parameters

logger = logging.getLogger("landscape")

Product = Callable[[Mapping[str, Tensor]], Parameters]
"""Multiplies a direction by a symmetric matrix."""

_VECTORS = 32  # in memory at a time: more cost memory, fewer cost products
_ENTRIES = 2**28  # of all of them, 1 GB in float32, as far as fewer vectors will do
_ROUNDING = 8  # units in the last place that products of a network are off, about
_TIE = 1e-3  # components that differ less are equally large


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Eigenpairs:
    r"""Some eigenvalues of the Hessian H of a mean loss, and their eigenvectors.

    Args:
        values: Eigenvalues $\lambda$, the largest first.
        residuals: $|H v - \lambda v| / |\lambda|$ of each, from a product of its own.
        vectors: Eigenvectors v of length 1, by parameter. The largest component of each (the first
            of those that are about as large) is positive.
        products: Hessian-vector products that it took.
    """

    values: tuple[float, ...]
    residuals: tuple[float, ...]
    vectors: tuple[Parameters, ...]
    products: int

    def __repr__(self) -> str:
        pairs = zip(self.values, self.residuals, strict=True)
        found = ", ".join(f"{value:.6g} (residual {residual:.1g})" for value, residual in pairs)
        return f"Eigenpairs({found}, {self.products} products)"

    def _repr_html_(self) -> str:
        """Show itself in a notebook."""
        cells = "".join(
            f"<tr><td>{place}</td><td>{value:.6g}</td><td>{residual:.1g}</td></tr>"
            for place, (value, residual) in enumerate(
                zip(self.values, self.residuals, strict=True), start=1
            )
        )
        return (
            f"<p>{self.products} Hessian-vector products</p>\n<table><thead><tr><th></th>"
            "<th>eigenvalue</th><th>relative residual</th></tr></thead>\n"
            f"<tbody>{cells}</tbody></table>"
        )


def leading_eigenpairs(
    product: Product,
    like: Mapping[str, Tensor],
    *,
    count: int = 2,
    extremes: bool = False,
    seed: int = 0,
    tolerance: float = 1e-4,
    products: int = 200,
) -> Eigenpairs:
    """Find the largest eigenvalues of a symmetric matrix, or those at both ends.

    Block Lanczos iteration with full reorthogonalization and thick restarts (Golub & Van Loan,
    Matrix Computations, 2013, section 10.3; Wu & Simon, SIAM J. Matrix Anal. Appl. 22, 2000), from
    as many random vectors as eigenvectors are sought, so that an eigenvalue that comes several
    times is found as often; ARPACK (scipy's `eigsh`) starts from one, and gives no vector at all
    where it does not converge.

    Args:
        product: Of the matrix.
        like: Names, shapes and dtypes of directions; what is not floating-point has no part.
        count: How many.
        extremes: Take them from the upper and the lower end in turn, not the largest ones.
        seed: Of the start.
        tolerance: Residual below which an eigenvector counts as found, relative to its eigenvalue;
            none is asked to be better than rounding allows.
        products: Stop after about this many in any case, with a warning.

    Returns:
        The eigenpairs; their residuals tell how good they are.

    Raises:
        LandscapeError: If there are fewer dimensions than eigenvectors sought, a product is not
            finite, or a number is out of range.

    Example:
        >>> scales = torch.tensor([1.0, 5.0, -2.0, 3.0])
        >>> times = lambda direction: {"w": scales * direction["w"]}
        >>> found = leading_eigenpairs(times, {"w": torch.zeros(4)})
        >>> [round(value, 4) for value in found.values]
        [5.0, 3.0]
    """
    check_search(tolerance, products, count)
    shape = {name: value for name, value in like.items() if value.is_floating_point()}
    size = sum(value.numel() for value in shape.values())
    if size < count:
        raise LandscapeError(f"expected at least {count} numbers that move, got {size}")
    exact = any(value.dtype == torch.float64 for value in shape.values())
    dtype = torch.float64 if exact else torch.float32

    def times(vector: Tensor) -> Tensor:
        found = product(_named(vector, shape))
        image = torch.cat([found[name].reshape(-1).to("cpu", dtype) for name in shape])
        if not bool(image.isfinite().all()):
            raise LandscapeError("the Hessian is not finite at the center")
        return image

    space = _Krylov(times, size, dtype, count=count, extremes=extremes, seed=seed)
    while space.products < products - count and not space.converged(tolerance):
        space.step()
    pairs = [(vector, times(vector)) for vector in space.best()]
    values = [float(_coordinates(vector[None], image)) for vector, image in pairs]
    lengths = [float((h - value * v).norm()) for (v, h), value in zip(pairs, values, strict=True)]
    tiny = float(np.finfo(np.float64).tiny)
    order = sorted(range(count), key=lambda index: -values[index])
    found = Eigenpairs(
        values=tuple(values[index] for index in order),
        residuals=tuple(lengths[index] / max(abs(values[index]), tiny) for index in order),
        vectors=tuple(_named(pairs[index][0], shape) for index in order),
        products=space.products + count,
    )
    _warn(found, tolerance, products)
    return found


def check_search(tolerance: float, products: int, count: int = 2) -> None:
    """Refuse numbers with which nothing can be found.

    Args:
        tolerance: Of a residual.
        products: At most.
        count: How many eigenvectors.

    Raises:
        LandscapeError: Naming them.
    """
    if not isinstance(count, int) or count < 1:
        raise LandscapeError(f"expected a positive number of eigenvalues, got {count!r}")
    if products < 4 * count or not 0 < tolerance < 1:
        raise LandscapeError(
            f"expected a tolerance between 0 and 1 and at least {4 * count} products, got "
            f"{tolerance} and {products}"
        )


def _warn(found: Eigenpairs, tolerance: float, products: int) -> None:
    """Tell of what was not found."""
    pairs = zip(found.values, found.residuals, strict=True)
    bad = [(f"{value:.3g}", f"{residual:.1e}") for value, residual in pairs if residual > tolerance]
    if not bad:
        return
    values, residuals = map(", ".join, zip(*bad, strict=True))
    largest = max(map(abs, found.values))
    logger.warning(
        "eigenvectors of the Hessian for its eigenvalues %s are known to residuals of %s, not %g, "
        "after %d products: %s",
        values,
        residuals,
        tolerance,
        found.products,
        f"rounding beside {largest:.3g}, as it always is where an eigenvalue is 0"
        if found.products < products
        else f"products={2 * products} takes more",
    )


class _Krylov:
    """An orthonormal basis that grows by images of its vectors, and the matrix in it.

    Rows of `basis` up to `done` have been multiplied, those up to `have` are there. Column j of
    `matrix` holds the coordinates of the image of vector j, all of it: H V = V matrix.
    """

    def __init__(
        self,
        times: Callable[[Tensor], Tensor],
        size: int,
        dtype: torch.dtype,
        *,
        count: int,
        extremes: bool,
        seed: int,
    ) -> None:
        self._times, self._count, self._extremes = times, count, extremes
        self._generator = torch.Generator().manual_seed(seed)
        self._room = min(size, max(3 * count + 2, min(_VECTORS, _ENTRIES // size)))
        self._restarts = self._room < size
        self._basis = torch.empty(self._room, size, dtype=dtype)
        self._matrix = np.zeros((self._room, self._room))
        self._have = self._done = self.products = 0
        self._rounding = _ROUNDING * torch.finfo(dtype).eps
        for _ in range(count):
            self._add_random()

    def step(self) -> None:
        """Multiply the next vector, and take what is new in its image into the basis."""
        if self._restarts and self._have > self._room - 2:
            self._restart()
        if self._done == self._have:  # what there is, is mapped to itself
            self._add_random()
        image = self._times(self._basis[self._done])
        self.products += 1
        self._matrix[: self._have, self._done], rest = self._split(image)
        length = float(rest.norm())
        if self._have < self._room and length > self._rounding * float(image.norm()):
            self._matrix[self._have, self._done] = length
            self._basis[self._have] = rest / length
            self._have += 1
        self._done += 1

    def converged(self, tolerance: float) -> bool:
        """Tell whether the best vectors are eigenvectors."""
        if self._done < self._count:
            return False
        values, vectors = self._ritz()
        left = np.linalg.norm(self._matrix[self._done : self._have, : self._done] @ vectors, axis=0)
        allowed = np.maximum(tolerance * np.abs(values), self._rounding * np.abs(values).max())
        return bool((left <= allowed)[: self._count].all())

    def best(self) -> list[Tensor]:
        """Return the best vectors, of length 1, each with a sign that is settled."""
        _, vectors = self._ritz()
        found = torch.from_numpy(vectors[:, : self._count].T).to(self._basis.dtype)
        return [_settled(vector) for vector in found @ self._basis[: self._done]]

    def _ritz(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return eigenvalues and eigenvectors of the matrix as far as it is known, best first."""
        known = self._matrix[: self._done, : self._done]
        values, vectors = np.linalg.eigh((known + known.T) / 2)
        order = np.arange(len(values))[::-1]
        if self._extremes:  # the first, the last, the second, the last but one
            order = np.stack([order, order[::-1]], axis=1).reshape(-1)[: len(order)]
        return values[order], vectors[:, order]

    def _restart(self) -> None:
        """Keep the best vectors, and those that wait to be multiplied."""
        values, vectors = self._ritz()
        keep = (self._room - self._count) // 2
        waiting = self._have - self._done
        coupling = self._matrix[self._done : self._have, : self._done] @ vectors[:, :keep]
        change = torch.from_numpy(np.ascontiguousarray(vectors[:, :keep].T)).to(self._basis.dtype)
        for part in torch.split(self._basis, PIECE, dim=1):  # in place: a second basis is as large
            part[:keep] = change @ part[: self._done]
            part[keep : keep + waiting] = part[self._done : self._have].clone()
        self._matrix[:] = 0
        self._matrix[range(keep), range(keep)] = values[:keep]
        self._matrix[keep : keep + waiting, :keep] = coupling
        self._done, self._have = keep, keep + waiting

    def _add_random(self) -> None:
        """Take a random vector into the basis."""
        size, dtype = self._basis.shape[1], self._basis.dtype
        _, rest = self._split(torch.randn(size, generator=self._generator, dtype=dtype))
        self._basis[self._have] = rest / rest.norm()
        self._have += 1

    def _split(self, vector: Tensor) -> tuple[NDArray[np.float64], Tensor]:
        """Return coordinates in the basis, and what is orthogonal to it."""
        basis = self._basis[: self._have]
        found = np.zeros(self._have)
        for _ in range(2):  # once leaves rounding of the size of the vector, not of the rest
            part = _coordinates(basis, vector)
            vector = vector - part.to(vector.dtype) @ basis
            found += part.numpy()
        return found, vector


def _coordinates(basis: Tensor, vector: Tensor) -> Tensor:
    """Return inner products in float64: float32 alone would lose digits of long sums."""
    pairs = zip(torch.split(basis, PIECE, dim=1), torch.split(vector, PIECE), strict=True)
    return torch.stack([(rows @ part).double() for rows, part in pairs]).sum(0)


def _settled(vector: Tensor) -> Tensor:
    """Scale a vector to length 1, its largest component positive, however rounding falls."""
    sizes = vector.abs()
    first = int((sizes >= (1 - _TIE) * sizes.max()).nonzero()[0])
    scaled: Tensor = vector * (vector[first].sign() / vector.norm())
    return scaled


def _named(vector: Tensor, shape: Mapping[str, Tensor]) -> Parameters:
    """Cut a vector into tensors by name."""
    parts = torch.split(vector, [value.numel() for value in shape.values()])
    return {n: part.view(v.shape) for (n, v), part in zip(shape.items(), parts, strict=True)}
