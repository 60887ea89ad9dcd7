"""Directions in which the loss curves most: eigenvectors of its Hessian."""

import hashlib
from dataclasses import dataclass

import torch

from landscape.arguments import checked
from landscape.errors import LandscapeError
from landscape.planes.along.determined import as_long_as_random, drawn_planes
from landscape.planes.along.made import Ground, Made
from landscape.planes.eigenpairs import Eigenpairs, check_search, leading_eigenpairs
from landscape.planes.plane import Plane
from landscape.planes.space import directions_fingerprint
from landscape.settings import GridSettings
from landscape.surface.axes import Axis

_FORM = "hessian, hessian:extremes or hessian:tolerance=1e-3,products=500"


@checked
@dataclass(frozen=True)
class Hessian:
    r"""The plane of two eigenvectors of the Hessian of the mean loss at the center.

    By default those of its two largest eigenvalues, as in the landscapes of PyHessian (Yao et al.,
    arXiv 1912.07145, section 4): the steepest walls. Largest by sign, not by magnitude: a negative
    one is no sharpness. The random directions of a plane see the mean of all eigenvalues, where a
    saddle looks like a minimum (Böttcher & Wheeler, arXiv 2208.13219): with `extremes` the plane
    is that of the largest and the smallest one. A line is along the largest alone.

    Both directions are as long as a random one, and no tensor is scaled by itself, which would make
    other vectors of them. Near the center, where the loss is $f_0$ and its gradient g, it is
    $f_0 + \alpha L\, g \cdot v + \alpha^2 L^2 \lambda / 2$ along one of length L.

    Args:
        extremes: Whether the second direction is that of the smallest eigenvalue.
        tolerance: Residual $|H v - \lambda v| / |\lambda|$ below which an eigenvector is found.
        products: Hessian-vector products at most; each goes over the data forward and back, twice.

    Raises:
        LandscapeError: If one of them is out of range.
    """

    extremes: bool = False
    tolerance: float = 1e-4
    products: int = 200

    def __post_init__(self) -> None:
        check_search(self.tolerance, self.products)

    @property
    def text(self) -> str:
        """What a file calls it."""
        which = "extremes," if self.extremes else ""
        return f"hessian:{which}tolerance={self.tolerance:g},products={self.products}"

    @classmethod
    def parse(cls, rest: str) -> "Hessian":
        """Read what stands after the colon: `extremes`, tolerance and products."""
        words = [word.strip() for word in rest.split(",")] if rest else []
        given = dict(word.partition("=")[::2] for word in words if word != "extremes")
        try:
            if set(given) - {"tolerance", "products"}:
                raise ValueError
            return cls(
                extremes="extremes" in words,
                tolerance=float(given.get("tolerance", cls.tolerance)),
                products=int(given.get("products", cls.products)),
            )
        except ValueError as error:
            raise LandscapeError(
                f"expected extremes, tolerance or products of the Hessian's eigenvectors, got "
                f"{rest!r}",
                hint=_FORM,
            ) from error

    def settle(self, grid: GridSettings) -> GridSettings:
        """Ask for one plane, or a line."""
        if self.extremes and grid.line:
            raise LandscapeError(
                "expected a plane for the largest and the smallest eigenvalue, got a line",
                hint="a line along hessian is that of the largest",
            )
        return grid.model_copy(update={"planes": 1})

    def make(self, ground: Ground) -> Made:
        """Find the eigenvectors."""
        space, grid = ground.space, ground.grid
        found = leading_eigenpairs(
            ground.product,
            space.center,
            count=1 if grid.line else 2,
            extremes=self.extremes,
            seed=grid.seed,
            tolerance=self.tolerance,
            products=self.products,
        )
        if not any(found.values):
            raise LandscapeError(
                "the Hessian is zero at the center: the loss curves in no direction that moves",
                hint="along='gradient' (--along gradient) is where it is steepest",
            )
        # What is not floating-point has no part, and stays.
        fixed = {n: v for n, v in space.center.items() if not v.is_floating_point()}
        still = {n: torch.zeros_like(value, device="cpu") for n, value in fixed.items()}
        vectors = [as_long_as_random(still | v, "eigenvector", ground) for v in found.vectors]
        drawn = directions_fingerprint(drawn_planes(ground), space)
        return Made(
            planes=[Plane(space.center, tuple(vectors))],
            axes=self._axes(found, grid),
            normalize=grid.normalize,
            # Of what they are made of: their last bits depend on the machine.
            fingerprint=hashlib.sha256(f"{self.text} {drawn}".encode()).hexdigest(),
            seeded=True,
        )

    def _axes(self, found: Eigenpairs, grid: GridSettings) -> tuple[Axis, ...]:
        """Name the directions by their eigenvalues."""
        names = ("λ max", "λ min") if self.extremes else ("λ₁", "λ₂")
        unit = f"1 is as long as a random direction ({grid.normalize} normalization)"
        return tuple(
            Axis(
                name=f"{name} = {value:.3g}, Hessian eigenvector".replace("-", "−"),
                unit=unit,
                random=False,
                eigenvalue=value,
                residual=residual,
            )
            for name, value, residual in zip(names, found.values, found.residuals, strict=False)
        )
