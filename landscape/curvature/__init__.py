"""How the loss curves: products with its Hessian, and its leading eigenvalues."""

from landscape.curvature.eigenvalues import hessian_eigenvalues

__all__ = ["hessian_eigenvalues"]
