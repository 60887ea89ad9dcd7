"""Random directions of points and models, for tests; and what is drawn, before it is scaled."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from landscape.planes.layouts import FilterLayout, filter_layouts
from landscape.planes.parameters import Parameters, parameters_of
from landscape.planes.random import RandomDirection


def direction_of(center, layouts, *, how="filter", seed=0, plane=0, axis=0) -> RandomDirection:
    return RandomDirection(
        center=center,
        layouts=layouts,
        names={name: name for name in center},
        seed=seed,
        plane=plane,
        axis=axis,
        normalize=how,
    )


def normalized(model: nn.Module, how="filter", seed=0, **options) -> tuple[Parameters, Parameters]:
    """Return a model's parameters and a direction."""
    center = parameters_of(model)
    layouts = filter_layouts(model, **options)
    return center, dict(direction_of(center, layouts, how=how, seed=seed))


def drawn(center: Mapping[str, Tensor], **numbers) -> Parameters:
    """Return what is drawn: scaled entry by entry to a center of ones, it stays as it is."""
    ones = {name: torch.ones_like(value) for name, value in center.items()}
    layouts = {name: FilterLayout(layer="Own") for name in center}
    return dict(direction_of(ones, layouts, how="weight", **numbers))


def length(direction: Mapping[str, Tensor]) -> float:
    """Return the norm over all tensors, in float64."""
    return float(torch.cat([value.double().flatten() for value in direction.values()]).norm())
