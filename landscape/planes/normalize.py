"""Normalization of directions that knows where each layer keeps its filters."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from landscape.planes.layouts import FilterLayout
from landscape.planes.parameters import PIECE, split_entries
from landscape.settings import Normalize


def normalization_report(
    layouts: Mapping[str, FilterLayout],
    center: Mapping[str, Tensor],
    *,
    how: Normalize = "filter",
) -> list[dict[str, Any]]:
    """Tell what normalization does to each tensor.

    Args:
        layouts: Where each parameter's filters are, from `filter_layouts(model)`; what has none is
            frozen.
        center: The point, for its shapes.
        how: Which normalization.

    Returns:
        One dictionary of plain JSON values per tensor: `name`, `layer` (type of the owner),
        `shape`, `action` (such as "filter-normalized", "as drawn", "zeroed" or "frozen"), `filters`
        (their number; 0 where nothing moves) and `assumed` (whether the layer type is unknown and
        dim 0 a guess).

    Example:
        >>> normalization_report({"bias": FilterLayout(layer="Linear", zeroed=True)},
        ...                      {"bias": torch.zeros(2)})[0]["action"]
        'zeroed'
    """
    return [
        {
            "name": name,
            "layer": layouts[name].layer if name in layouts else "",
            "shape": list(value.shape),
            "action": _action(layouts.get(name), how),
            "filters": layouts[name].count(value) if name in layouts else 0,
            "assumed": name in layouts and layouts[name].assumed,
        }
        for name, value in center.items()
    ]


def _action(layout: FilterLayout | None, how: Normalize) -> str:
    """Say what is done to one tensor of a direction."""
    if layout is None:
        return "frozen"
    if layout.zeroed:
        return "zeroed"
    return "as drawn" if how == "none" else f"{how}-normalized"


def scale_in_place(
    direction: Tensor, center: Tensor, layout: FilterLayout, *, how: Normalize
) -> None:
    """Scale one tensor of a direction by a formula of `RandomDirection`.

    Args:
        direction: The tensor, as drawn: contiguous, in CPU memory. Norms are taken in float64.
        center: The parameter it moves, on any device.
        layout: Where its filters are.
        how: Which normalization. `unit`, which needs the whole direction, and `none` only leave
            out what does not move.
    """
    if layout.mask is not None:
        direction.mul_(layout.mask.cpu())
        center = center.detach() * layout.mask.to(center.device)
    if layout.zeroed or not direction.is_floating_point():
        direction.zero_()
    elif how == "weight":
        pairs = (split_entries(direction), split_entries(center.detach().cpu()))
        for moved, fixed in zip(*pairs, strict=True):
            # The product of two float32 is exact in float64.
            moved.copy_(moved.double() * fixed.double().abs())
    elif how in {"filter", "layer"}:
        whole = FilterLayout(layer=layout.layer) if how == "layer" else layout
        blocks = whole.blocks(direction)
        target = _norms(whole.blocks(center.detach().cpu()))
        ratio = _ratio(target, _norms(blocks))
        for piece in _pieces(blocks):
            blocks[piece] *= ratio[:, :, piece[2]] if ratio.shape[2] > 1 else ratio


def _norms(blocks: Tensor) -> Tensor:
    """Take the norm over dims 1 and 3 in float64, shape (groups, 1, filters, 1)."""
    squares = torch.zeros(blocks.shape[0], 1, blocks.shape[2], 1, dtype=torch.float64)
    for piece in _pieces(blocks):
        squares[:, :, piece[2]] += blocks[piece].double().square().sum((1, 3), keepdim=True)
    return squares.sqrt()


def _pieces(blocks: Tensor) -> Iterator[tuple[slice, ...]]:
    """Cut blocks along their longest dim: a float64 copy of a large layer is twice its size."""
    shape = blocks.shape
    dim = max((1, 2, 3), key=shape.__getitem__)
    step = max(1, PIECE * shape[dim] // max(1, blocks.numel()))
    for start in range(0, shape[dim], step):
        yield tuple(slice(start, start + step) if d == dim else slice(None) for d in range(4))


def _ratio(target: Tensor, size: Tensor) -> Tensor:
    """Divide, with 0 where either is 0."""
    return torch.where(size > 0, target / torch.where(size > 0, size, 1.0), 0.0)
