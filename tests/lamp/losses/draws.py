"""Numbers to try losses on."""

import torch


def errors(*shape, seed=0):
    """Draw numbers in [0, 1), in double precision."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(shape, dtype=torch.float64, generator=generator)
