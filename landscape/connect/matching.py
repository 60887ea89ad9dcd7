"""Weight matching: the units of one network in the order of another's (Ainsworth et al. 2023)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn

from landscape.connect.symmetry import Symmetry, find_symmetry
from landscape.errors import LandscapeError
from landscape.planes.checkpoints import Fitted
from landscape.planes.parameters import Parameters

Orders = list[Tensor]
"""For each group which unit stands at each place."""

_GAIN = 1e-12  # of the squared norm: less is rounding


@dataclass(frozen=True, eq=False, kw_only=True)
class Aligned:
    """A checkpoint whose units stand in the order of another's.

    Args:
        fitted: With tensors in the new order; it computes what it did before.
        moved: Units that changed their place.
        units: Units that could.
    """

    fitted: Fitted
    moved: int
    units: int


def align(model: nn.Module, a: Fitted, b: Fitted, *, seed: int = 0) -> Aligned:
    """Put the units of a checkpoint into the order in which they are nearest to another's.

    The inner product of all parameters is maximized, one group of units after the other by a
    linear assignment with the others held, until nothing is gained (Ainsworth, Hayase & Srinivasa
    2023, "Git Re-Basin", section 3.2). It finds a local optimum; of two starts the better one is
    kept: the order as it is, and one that goes through the network from its input and uses only
    what is matched already, which finds a planted order of distinct units exactly.

    Args:
        model: Whose forward pass tells which units may change places.
        a: The one that stays.
        b: The one to be put in order, by the same names.
        seed: Of the order in which groups are visited.

    Returns:
        The second checkpoint in its new order.

    Raises:
        LandscapeError: Naming what in the network cannot be followed, or if nothing can move.
    """
    symmetry = find_symmetry(model)
    if not symmetry.sizes:
        raise LandscapeError(
            f"nothing to align: {type(model).__name__} has no hidden units that could change places"
        )
    matching = _Matching(symmetry, a.parameters, b.parameters)
    generator = torch.Generator().manual_seed(seed)
    starts = (matching.through(), [torch.arange(size) for size in symmetry.sizes])
    orders = max((matching.improved(start, generator) for start in starts), key=matching.score)
    moved = sum(int((o != torch.arange(len(o))).sum()) for o in orders)
    return Aligned(fitted=reordered(symmetry, orders, b), moved=moved, units=sum(symmetry.sizes))


def shuffled(model: nn.Module, fitted: Fitted, *, seed: int = 0) -> Fitted:
    """Put the units of a checkpoint into a random order, which must not change what it computes.

    Args:
        model: Whose forward pass tells which units may change places.
        fitted: By its names.
        seed: Of the order.

    Returns:
        The same network otherwise written.
    """
    symmetry = find_symmetry(model)
    generator = torch.Generator().manual_seed(seed)
    orders = [torch.randperm(size, generator=generator) for size in symmetry.sizes]
    return reordered(symmetry, orders, fitted)


def reordered(symmetry: Symmetry, orders: Sequence[Tensor], fitted: Fitted) -> Fitted:
    """Put the units of each group into an order.

    Args:
        symmetry: The groups.
        orders: Which unit comes to each place, shape (units,) for each group.
        fitted: Parameters and buffers.

    Returns:
        New tensors.
    """
    return Fitted(
        fitted.label,
        _put(symmetry, orders, fitted.parameters),
        _put(symmetry, orders, fitted.buffers),
    )


class _Matching:
    """Two sets of parameters of which one is to be put in order."""

    def __init__(
        self, symmetry: Symmetry, a: Mapping[str, Tensor], b: Mapping[str, Tensor]
    ) -> None:
        self._sizes = symmetry.sizes
        self._axes: dict[str, list[tuple[int, int]]] = {}
        for touch in symmetry.touches:
            if touch.name in a:  # buffers follow, but do not count
                self._axes.setdefault(touch.name, []).append((touch.axis, touch.group))
        self._a = {name: a[name].double() for name in self._axes}
        self._b = {name: b[name].double() for name in self._axes}
        norms = sum(float(v.square().sum()) for v in (*self._a.values(), *self._b.values()))
        self._least = _GAIN * norms

    def through(self) -> Orders:
        """Match groups from the input on, each by what does not depend on later ones."""
        orders: list[Tensor | None] = [None] * len(self._sizes)
        for group in range(len(self._sizes)):
            orders[group] = self._best(group, orders)
        return [order for order in orders if order is not None]

    def improved(self, orders: Orders, generator: torch.Generator) -> Orders:
        """Match one group after the other until a whole round gains nothing."""
        orders, gained = list(orders), True
        while gained:
            gained = False
            for group in torch.randperm(len(orders), generator=generator).tolist():
                # Where a tensor has one group along both axes, the assignment is not exact.
                proposed = list(orders)
                proposed[group] = self._best(group, [*orders])
                if self.score(proposed, group) > self.score(orders, group) + self._least:
                    orders, gained = proposed, True
        return orders

    def score(self, orders: Orders, group: int | None = None) -> float:
        """Return the inner product of all parameters, or of those that have units of a group."""
        return sum(
            float((self._a[name] * _permuted(self._b[name], axes, orders)).sum())
            for name, axes in self._axes.items()
            if group is None or any(g == group for _, g in axes)
        )

    def _best(self, group: int, orders: Sequence[Tensor | None]) -> Tensor:
        """Assign the units of a group, the others held; tensors of unknown others do not count."""
        size = self._sizes[group]
        gains = torch.zeros(size, size, dtype=torch.float64)
        for name, axes in self._axes.items():
            for axis, own in axes:
                others = [(i, g) for i, g in axes if i != axis]
                if own != group or any(orders[g] is None for _, g in others):
                    continue
                theirs = _permuted(self._b[name], others, orders)
                gains += _rows(self._a[name], axis, size) @ _rows(theirs, axis, size).T
        return torch.from_numpy(linear_sum_assignment(gains.numpy(), maximize=True)[1])


def _put(symmetry: Symmetry, orders: Sequence[Tensor], tensors: Mapping[str, Tensor]) -> Parameters:
    """Put all tensors into an order."""
    axes: dict[str, list[tuple[int, int]]] = {}
    for touch in symmetry.touches:
        axes.setdefault(touch.name, []).append((touch.axis, touch.group))
    return {name: _permuted(value, axes.get(name, []), orders) for name, value in tensors.items()}


def _permuted(
    value: Tensor, axes: Sequence[tuple[int, int]], orders: Sequence[Tensor | None]
) -> Tensor:
    """Put one tensor into an order; a unit may have several entries, as after flattening."""
    for axis, group in axes:
        order = orders[group]
        if order is not None:
            before, after = value.shape[:axis], value.shape[axis + 1 :]
            blocks = value.reshape(*before, len(order), -1, *after)
            value = blocks.index_select(axis, order).flatten(axis, axis + 1)
    return value


def _rows(value: Tensor, axis: int, size: int) -> Tensor:
    """Return one row of entries for each unit."""
    return value.movedim(axis, 0).reshape(size, -1)
