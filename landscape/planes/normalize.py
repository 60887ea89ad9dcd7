"""Normalization of directions that knows where each layer keeps its filters."""

from collections.abc import Mapping
from typing import Any, get_args

import torch
from torch import Tensor

from landscape.planes.layouts import FilterLayout
from landscape.planes.parameters import Parameters, check_alike, norm
from landscape.settings import Normalize


def normalize_direction(
    direction: Mapping[str, Tensor],
    center: Mapping[str, Tensor],
    layouts: Mapping[str, FilterLayout],
    *,
    how: Normalize = "filter",
) -> Parameters:
    r"""Scale a direction to the size of the parameters it moves.

    With d an entry, filter or tensor of the direction and w that of the center:

    * `filter`: $d \|w\| / \|d\|$ for each filter (Li et al. 2018, section 4);
    * `layer`: the same for each whole tensor;
    * `weight`: $d |w|$ for each entry. Li's code takes $d w$, which has the same distribution;
      with $|w|$ two models that share a seed share the signs of their directions;
    * `unit`: the whole direction divided by its norm over all tensors that move.

    Where the layout says `zeroed` the direction is zero. A filter that is zero in the center, or in
    the direction, stays where it is: exactly, without a small constant in the denominator.

    Args:
        direction: The direction, as drawn.
        center: The point it starts from.
        layouts: Where each parameter's filters are, from `filter_layouts(model)`.
        how: Which normalization. Default as in Li et al.'s figures.

    Returns:
        A new direction in the dtypes of `direction`; norms are taken in float64.

    Raises:
        ValueError: If names or shapes differ or `how` is unknown.

    Example:
        >>> center = {"weight": torch.tensor([[3.0, 4.0], [0.0, 0.0]])}
        >>> layouts = {"weight": FilterLayout(layer="Linear", dim=0)}
        >>> normalize_direction({"weight": torch.ones(2, 2)}, center, layouts)["weight"].norm(dim=1)
        tensor([5., 0.])
    """
    if how not in get_args(Normalize):
        raise ValueError(f"expected normalization {', '.join(get_args(Normalize))}, got {how!r}")
    check_alike(center, direction)
    for name in center:
        if name not in layouts:
            raise ValueError(f"expected a filter layout for every parameter, got none for {name!r}")
    scaled = {
        name: normalize_tensor(value, center[name], layouts[name], how=how)
        for name, value in direction.items()
    }
    if how != "unit":
        return scaled
    length = norm(scaled) or 1.0
    return {name: value / length for name, value in scaled.items()}


def normalization_report(
    layouts: Mapping[str, FilterLayout],
    center: Mapping[str, Tensor],
    *,
    how: Normalize = "filter",
) -> list[dict[str, Any]]:
    """Tell what normalization does to each tensor.

    Args:
        layouts: Where each parameter's filters are, from `filter_layouts(model)`.
        center: The point, for its shapes.
        how: Which normalization.

    Returns:
        One dictionary of plain JSON values per tensor: `name`, `layer` (type of the owner),
        `shape`, `action` (such as "filter-normalized", or "zeroed"), `filters` (their number; 0
        where zeroed) and `assumed` (whether the layer type is unknown and dim 0 a guess).

    Example:
        >>> normalization_report({"bias": FilterLayout(layer="Linear", zeroed=True)},
        ...                      {"bias": torch.zeros(2)})[0]["action"]
        'zeroed'
    """
    return [
        {
            "name": name,
            "layer": layouts[name].layer,
            "shape": list(value.shape),
            "action": "zeroed" if layouts[name].zeroed else f"{how}-normalized",
            "filters": layouts[name].count(value),
            "assumed": layouts[name].assumed,
        }
        for name, value in center.items()
    ]


def normalize_tensor(
    direction: Tensor, center: Tensor, layout: FilterLayout, *, how: Normalize = "filter"
) -> Tensor:
    """Scale one tensor of a direction; see `normalize_direction`.

    Args:
        direction: The tensor, as drawn.
        center: The parameter it moves.
        layout: Where its filters are.
        how: Which normalization. `unit` needs the whole direction: here it only leaves out what
            does not move.

    Returns:
        A new tensor of the same dtype on the same device; norms are taken in float64 on the CPU,
        as accelerators without float64 exist.
    """
    if layout.zeroed or not direction.is_floating_point():
        return torch.zeros_like(direction)
    moved, fixed = direction.cpu().to(torch.float64), center.cpu().to(torch.float64)
    if how == "weight":
        moved = moved * fixed.abs()
    elif how == "layer":
        moved = moved * _ratio(fixed.norm(), moved.norm())
    elif how == "filter":
        blocks = layout.blocks(moved)
        target = layout.blocks(fixed).norm(dim=(1, 3), keepdim=True)
        moved = (blocks * _ratio(target, blocks.norm(dim=(1, 3), keepdim=True))).reshape(
            moved.shape
        )
    return moved.to(direction.dtype).to(direction.device)


def _ratio(target: Tensor, size: Tensor) -> Tensor:
    """Divide, with 0 where either is 0."""
    return torch.where(size > 0, target / torch.where(size > 0, size, 1.0), 0.0)
