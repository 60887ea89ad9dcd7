"""A problem whose surfaces have a closed form."""

import torch
from torch import nn

from landscape.problem import Problem

SMALL = {"planes": 2, "steps": 5, "workers": 1}


class Quadratic(nn.Module):
    """f(theta) = 1/2 theta' A theta + c, with a known A."""

    def __init__(self, matrix, constant=1.0):
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        size = len(matrix)
        self.theta = nn.Parameter(
            torch.randn(2, size // 2, generator=generator, dtype=matrix.dtype)
        )
        self.register_buffer("matrix", matrix)
        self.constant = constant

    def forward(self, x):
        theta = self.theta.reshape(-1)
        return theta @ self.matrix @ theta / 2 + self.constant + 0 * x


def quadratic(dtype=torch.float32, constant=1.0) -> Problem:
    generator = torch.Generator().manual_seed(4)
    root = torch.randn(8, 8, generator=generator, dtype=torch.float64)
    model = Quadratic((root @ root.T).to(dtype), constant)
    return Problem(model, lambda model, x: model(x), [torch.zeros(3, dtype=dtype)])
