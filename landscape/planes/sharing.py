"""Tensors of a model that lie in the same memory: one thing under several names, moved as one.

`nn.Parameter(weight.t())`, `.data = other.data` and slices of one flat vector are how weights are
tied by hand. Autograd and `named_parameters` know nothing of it.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from landscape.errors import ProblemError

_NEAR = 512
"""Bytes: parameters further apart do not lie one after the other."""


@dataclass(frozen=True, eq=False)
class Member:
    """One tensor of a model: a parameter, a buffer, or a plain attribute of a module."""

    name: str
    tensor: Tensor
    is_parameter: bool

    @property
    def start(self) -> int:
        """Address of the first byte."""
        return self.tensor.data_ptr()

    @property
    def span(self) -> int:
        """Entries from the first to the last in memory, with those between them."""
        pairs = zip(self.tensor.shape, self.tensor.stride(), strict=True)
        return 1 + sum((size - 1) * stride for size, stride in pairs)

    @property
    def stop(self) -> int:
        """Address after the last byte."""
        return self.start + self.span * self.tensor.element_size()


@dataclass(frozen=True, eq=False)
class Region:
    """A stretch of memory in which several tensors of a model lie together.

    Args:
        members: In the order of their addresses; at least one is a parameter.
    """

    members: tuple[Member, ...]

    @property
    def span(self) -> int:
        """Entries in the whole stretch."""
        first = self.members[0]
        bytes_ = max(member.stop for member in self.members) - first.start
        return bytes_ // first.tensor.element_size()

    def offset(self, member: Member) -> int:
        """Entries before a member."""
        return (member.start - self.members[0].start) // member.tensor.element_size()

    def view(self, memory: Tensor, member: Member) -> Tensor:
        """View other memory as a member views this one.

        Args:
            memory: A vector of at least `span` entries.
            member: One of the members.

        Returns:
            A tensor of the member's shape and strides.
        """
        start = memory.storage_offset() + self.offset(member)
        return memory.as_strided(member.tensor.shape, member.tensor.stride(), start)

    @cached_property
    def owners(self) -> tuple[str, ...]:
        """Names of the parameters to which directions belong; all others follow them.

        The largest comes first, then the one that was registered first.

        Raises:
            ProblemError: If two of them share some of their entries only, or dtypes differ.
        """
        if len({member.tensor.dtype for member in self.members}) > 1:
            raise _unclear(self.members, "with different dtypes")
        taken = torch.zeros(self.span, dtype=torch.bool)
        owners: list[Member] = []
        parameters = [member for member in self.members if member.is_parameter]
        for member in sorted(parameters, key=lambda member: -member.tensor.numel()):
            mask = self.view(taken, member)
            if mask.all():
                continue
            if mask.any():
                raise _unclear((*owners, member), "in part")
            mask.fill_(True)
            owners.append(member)
        return tuple(member.name for member in owners)


def shared_regions(model: nn.Module) -> list[Region]:
    """Find memory in which floating-point parameters overlap with each other or with anything else.

    Args:
        model: Any module; it is left as found.

    Returns:
        Regions with two members or more. Views of one storage that do not overlap share nothing.

    Raises:
        ProblemError: If entries of one parameter overlap with each other, as after `expand`.
    """
    found: dict[int, list[Member]] = {}
    for member in _members(model):
        if torch._debug_has_internal_overlap(member.tensor) == 1 and member.is_parameter:
            raise ProblemError(
                f"several entries of parameter {member.name!r} lie in the same memory",
                hint="make it a tensor of its own: nn.Parameter(value.clone())",
            )
        found.setdefault(member.tensor.get_device(), []).append(member)
    regions = []
    for members in found.values():
        members.sort(key=lambda member: member.start)  # stable: in the order of registration
        group: list[Member] = []
        stop = 0
        for member in members:
            if group and member.start >= stop:
                regions.append(Region(tuple(group)))
                group = []
            group.append(member)
            stop = max(stop, member.stop)
        regions.append(Region(tuple(group)))
    return [
        region
        for region in regions
        if len(region.members) > 1
        and any(m.is_parameter and m.tensor.is_floating_point() for m in region.members)
    ]


def recurrent_regions(model: nn.Module) -> list[Region]:
    """Find recurrent layers whose parameters lie in one memory, one after the other.

    That is how cuDNN takes them: apart, they would be put together again at every call.

    Args:
        model: Any module; it is left as found.

    Returns:
        One region for each such layer. A layer on the CPU usually has its parameters apart.
    """
    regions = []
    for path, module in model.named_modules():
        if not isinstance(module, nn.RNNBase):
            continue
        named = module.named_parameters(path, recurse=False)
        members = [Member(name, value, is_parameter=True) for name, value in named]
        members.sort(key=lambda member: member.start)
        near = all(0 <= b.start - a.stop < _NEAR for a, b in itertools.pairwise(members))
        if near and len({m.tensor.untyped_storage().data_ptr() for m in members}) == 1:
            regions.append(Region(tuple(members)))
    return regions


def real_parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """Return the parameters of a model by name; refuse one that has none, or a complex one.

    Args:
        model: Any module.

    Returns:
        The parameters themselves; a tied one appears once, under its first name.

    Raises:
        ProblemError: If there is none, or one is complex.
    """
    named = dict(model.named_parameters())
    if not named:
        raise ProblemError(
            f"expected a model with parameters, got {type(model).__name__} without any"
        )
    for name, value in named.items():
        if value.is_complex():
            raise ProblemError(
                f"parameter {name!r} is complex, which is not supported",
                hint="keep its real and imaginary parts as two parameters",
            )
    return named


def own_parameters(model: nn.Module) -> dict[str, Tensor]:
    """Return the parameters of a model, each memory once.

    Args:
        model: Any module.

    Returns:
        Detached views, not copies, in the order of `model.named_parameters()`. What shares the
        memory of another parameter is left out: it has no direction of its own.

    Raises:
        ProblemError: If there is none, one is complex, or parameters share memory in a way that
            leaves their direction unclear.

    Example:
        >>> model = nn.Sequential(nn.Linear(3, 2, bias=False), nn.Linear(2, 3, bias=False))
        >>> model[1].weight = nn.Parameter(model[0].weight.t())
        >>> list(own_parameters(model))
        ['0.weight']
    """
    named = real_parameters(model)
    followers = {
        member.name
        for region in shared_regions(model)
        for member in region.members
        if member.is_parameter and member.name not in region.owners
    }
    return {name: value.detach() for name, value in named.items() if name not in followers}


def names_of_parameters(model: nn.Module) -> dict[str, dict[str, nn.Parameter]]:
    """Return all names that each parameter has.

    Args:
        model: Any module.

    Returns:
        For each name of `own_parameters(model)` the parameters by name that are it, or share its
        memory: whatever is tied to it.

    Example:
        >>> model = nn.Sequential(nn.Linear(3, 2, bias=False), nn.Linear(2, 3, bias=False))
        >>> model[1].weight = nn.Parameter(model[0].weight.t())
        >>> {name: list(tied) for name, tied in names_of_parameters(model).items()}
        {'0.weight': ['0.weight', '1.weight']}
    """
    owners = {name: {name} for name in real_parameters(model)}
    for region in shared_regions(model):
        own = [member for member in region.members if member.name in region.owners]
        for member in region.members:
            if member.is_parameter and member.name not in region.owners:
                over = [o for o in own if o.start < member.stop and member.start < o.stop]
                owners[member.name] = {owner.name for owner in over}
    known: dict[str, dict[str, nn.Parameter]] = {name: {} for name in own_parameters(model)}
    first: dict[int, str] = {}
    for name, value in model.named_parameters(remove_duplicate=False):
        for owner in owners[first.setdefault(id(value), name)]:
            known[owner][name] = value
    return known


def _members(model: nn.Module) -> Iterator[Member]:
    """Yield every tensor with memory that a model holds, each object once, parameters first."""
    seen: set[int] = set()
    for name, tensor, is_parameter in _tensors(model):
        if id(tensor) not in seen and _has_memory(tensor):
            seen.add(id(tensor))
            yield Member(name, tensor, is_parameter)


def _tensors(model: nn.Module) -> Iterator[tuple[str, Tensor, bool]]:
    """Yield names and tensors of parameters, buffers and plain attributes."""
    yield from ((name, value, True) for name, value in model.named_parameters())
    yield from ((name, value, False) for name, value in model.named_buffers())
    for path, module in model.named_modules():
        for leaf, value in vars(module).items():
            if isinstance(value, Tensor):
                yield f"{path}.{leaf}".lstrip("."), value, False


def _has_memory(tensor: Tensor) -> bool:
    """Tell whether a tensor is plain memory with an address."""
    if isinstance(tensor, UninitializedParameter | UninitializedBuffer):
        return False
    if tensor.layout is not torch.strided or tensor.is_meta or tensor.numel() == 0:
        return False
    try:
        return tensor.data_ptr() != 0
    except RuntimeError:  # subclasses that wrap other tensors have no memory of their own
        return False


def _unclear(members: tuple[Member, ...], how: str) -> ProblemError:
    """Make the error for parameters of which it is not clear how they move."""
    names = " and ".join(repr(member.name) for member in members)
    return ProblemError(
        f"{names} share memory {how}, so that their directions are not clear",
        hint="give each a tensor of its own, or make one a view of the whole of the other",
    )
