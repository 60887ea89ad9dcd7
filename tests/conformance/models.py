"""Models and losses so small that every value has a closed form."""

import torch
from torch import nn

import landscape as ls

SMALL = {"planes": 2, "steps": 5, "workers": 1}


def directions(model, count=1, **settings):
    """All random directions of some planes, each a list of tensors by name."""
    space = ls.ParameterSpace(model, vectors=settings.pop("vectors", "zero"))
    planes = ls.RandomPlanes(space, count, **{"seed": 0, **settings})
    return [dict(direction) for plane in planes for direction in plane.directions]


def flat(tensors):
    """One vector of float64."""
    return torch.cat([value.detach().reshape(-1).double() for value in tensors.values()])


def cosine(one, other):
    """Of two directions."""
    one, other = flat(one), flat(other)
    return float(one @ other / one.norm() / other.norm())


def network(seed=0):
    """A convolution, BatchNorm and a linear layer, with biases that are not zero."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(2, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(32, 5)
    )


class Point(nn.Module):
    """Two numbers (a, b), on their own at first (1, 1)."""

    def __init__(self, a=1.0, b=1.0):
        super().__init__()
        self.point = nn.Parameter(torch.tensor([[a, b]], dtype=torch.float64))

    def forward(self, x):
        return self.point.expand(len(x), 2)


def over(formula, model=None):
    """A problem whose loss is a formula of a and b."""
    return ls.Problem(model or Point(), lambda model, x: formula(*model(x).T), [torch.zeros(3, 1)])


def plane(model, one=(1.0, 0.0), other=(0.0, 1.0)):
    """The plane of two directions through a point."""
    made = [{"point": torch.tensor([step], dtype=torch.float64)} for step in (one, other)]
    return ls.Plane(ls.parameters_of(model), tuple(made))
