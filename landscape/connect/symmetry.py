"""In which orders the units of a network may stand: found by following its forward pass.

Units of a hidden layer may be put into any order if all that reads them, or is added to them, is
put into the same (Hecht-Nielsen 1990). What stands beside each other in a residual network is one
group: everything that is added to its stream.
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from torch import Tensor, fx, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

from landscape.errors import LandscapeError, describe
from landscape.planes.names import WRAPPERS
from landscape.planes.sharing import own_parameters

_UNIT_BY_UNIT = {"activation", "dropout", "linear", "padding", "pooling", "upsampling"}
"""Files of torch.nn whose modules treat all units alike; what is excepted is handled before."""

_ALIKE = {
    *("relu", "relu_", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish"),
    *("tanh", "sigmoid", "hardtanh", "hardswish", "hardsigmoid", "softplus", "softsign"),
    *("softmax", "log_softmax", "logsigmoid", "dropout", "dropout1d", "dropout2d", "dropout3d"),
    *(f"{kind}_pool{n}d" for kind in ("max", "avg") for n in (1, 2, 3)),
    *(f"adaptive_{kind}_pool{n}d" for kind in ("max", "avg") for n in (1, 2, 3)),
    *("interpolate", "pad", "contiguous", "clone", "detach", "float", "double", "to", "identity"),
    *("exp", "abs", "sqrt", "square", "neg", "clamp", "sin", "cos"),
    *("add", "iadd", "add_", "sub", "isub", "mul", "imul", "mul_", "truediv", "div", "pow"),
}
"""Functions and methods that treat all units alike, or combine those of one place."""

_HINT = (
    "sequential, convolutional and residual networks are aligned: linear layers, convolutions "
    "without groups or depthwise, BatchNorm and other norms, activations, pooling, sums"
)


@dataclass(frozen=True)
class Touch:
    """A tensor that has the units of a group along an axis.

    Args:
        name: Of a parameter or buffer.
        axis: Which axis counts the units, each perhaps with several entries, one after the other.
        group: Index of the group.
    """

    name: str
    axis: int
    group: int


@dataclass(frozen=True)
class Symmetry:
    """The groups of units of a network.

    Args:
        sizes: Units in each group, in the order in which the forward pass makes them.
        touches: All tensors that have such units.
    """

    sizes: tuple[int, ...]
    touches: tuple[Touch, ...]


def find_symmetry(model: nn.Module) -> Symmetry:
    """Follow the forward pass of a network and find which units may change places.

    Args:
        model: Any module; it is left as found.

    Returns:
        Its groups; units that the data or the output names are in none.

    Raises:
        LandscapeError: Naming what cannot be followed.

    Example:
        >>> found = find_symmetry(nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1)))
        >>> found.sizes, [(t.name, t.axis) for t in found.touches]
        ((8,), [('0.weight', 0), ('0.bias', 0), ('2.weight', 1)])
    """
    prefix = ""
    while wrapper := _wrapper(model):
        prefix, model = f"{prefix}{wrapper}.", getattr(model, wrapper)
    follower = _Follower(model)
    absent = {
        name: None
        for name, parameter in inspect.signature(model.forward).parameters.items()
        if parameter.default is None
    }
    try:
        graph = fx.Tracer().trace(model, concrete_args=absent or None)
    except Exception as error:  # any: it runs the user's code with what are no tensors
        raise LandscapeError(
            f"cannot align {type(model).__name__}: its forward pass cannot be followed: "
            f"{describe(error)}",
            hint=_HINT,
        ) from error
    for node in graph.nodes:
        follower.follow(node)
    found = follower.symmetry()
    touches = tuple(replace(touch, name=prefix + touch.name) for touch in found.touches)
    return Symmetry(found.sizes, touches)


def _wrapper(model: nn.Module) -> str:
    """Name what a wrapper such as DataParallel has its module as; empty if it is none."""
    children = [name for name, _ in model.named_children()]
    return children[0] if len(children) == 1 and children[0] in WRAPPERS else ""


class _Follower:
    """Follows units from layer to layer; groups that turn out to be one are united."""

    def __init__(self, model: nn.Module) -> None:
        self._modules = dict(model.named_modules())
        self._own = own_parameters(model)
        self._tensors: Mapping[str, Tensor] = {**self._own, **dict(model.named_buffers())}
        self._kind = type(model).__name__
        self._parent: list[int] = [0]  # group 0: units that must stay where they are
        self._sizes: list[int] = [0]
        self._touches: list[Touch] = []
        self._units: dict[fx.Node, int] = {}
        self._called: dict[str, int] = {}

    def follow(self, node: fx.Node) -> None:
        """Find the units of one step of the forward pass."""
        groups = [self._units[n] for n in node.all_input_nodes if n in self._units]
        if node.op == "placeholder":
            self._units[node] = 0
        elif node.op == "output":
            self._unite([*groups, 0])
        elif node.op == "get_attr":
            if isinstance(node.target, str) and node.target in self._own:
                self._refuse(f"the parameter {node.target!r}, which is used by itself")
        elif groups and node.op == "call_module":
            self._units[node] = self._module(str(node.target), self._unite(groups))
        elif groups:
            found = self._function(node, groups)
            if found is not None:
                self._units[node] = found

    def symmetry(self) -> Symmetry:
        """Number the groups that may move."""
        roots = [self._root(touch.group) for touch in self._touches]
        groups = [g for g in dict.fromkeys(roots) if g != self._root(0) and self._sizes[g] > 1]
        order = {group: index for index, group in enumerate(sorted(groups))}
        return Symmetry(
            sizes=tuple(self._sizes[group] for group in order),
            touches=tuple(
                dict.fromkeys(
                    Touch(touch.name, touch.axis, order[root])
                    for touch, root in zip(self._touches, roots, strict=True)
                    if root in order
                )
            ),
        )

    def _module(self, path: str, group: int) -> int:
        """Return the units that a layer of torch makes of others."""
        module = self._modules[path]
        if isinstance(module, nn.Linear | _ConvNd):
            return self._weighted(path, module, group)
        if isinstance(module, nn.GroupNorm) and module.num_groups not in {1, module.num_channels}:
            self._refuse(f"{path!r}, GroupNorm with several channels in a group")
        if isinstance(module, nn.LayerNorm | nn.RMSNorm) and len(module.normalized_shape) > 1:
            self._refuse(f"{path!r}, {type(module).__name__} over several axes")
        if isinstance(module, _NormBase | nn.GroupNorm | nn.LayerNorm | nn.RMSNorm):
            return self._has_units(path, group)
        if isinstance(module, nn.PReLU):
            return self._has_units(path, group) if module.num_parameters > 1 else group
        if isinstance(module, nn.Flatten):
            if module.start_dim not in {1, 2} or module.end_dim != -1:
                self._refuse(f"{path!r}, Flatten from {module.start_dim} to {module.end_dim}")
            return group
        home = type(module).__module__.removeprefix("torch.nn.modules.")
        if home not in _UNIT_BY_UNIT or isinstance(
            module, nn.MultiheadAttention | nn.Bilinear | nn.GLU
        ):
            self._refuse(f"{path!r}, {type(module).__name__}")
        return group

    def _weighted(self, path: str, module: nn.Linear | _ConvNd, group: int) -> int:
        """Return the units of a linear layer or a convolution."""
        if f"{path}.weight" not in self._own:
            self._refuse(f"{path!r}, whose weight is tied to another or made of others")
        parts = 1 if isinstance(module, nn.Linear) else module.groups
        rows, columns = (1, 0) if isinstance(module, _ConvTransposeNd) else (0, 1)
        if parts > 1:
            if isinstance(module, nn.Linear) or not parts == module.in_channels == (
                module.out_channels
            ):
                self._refuse(f"{path!r}, {type(module).__name__} with {parts} groups of channels")
            return self._has_units(path, group, 0)  # each channel by itself
        if path not in self._called:
            self._called[path] = self._new(module.weight.shape[rows])
        made = self._called[path]
        self._touch(f"{path}.weight", rows, made)
        if module.bias is not None:
            self._touch(f"{path}.bias", 0, made)
        self._touch(f"{path}.weight", columns, group)
        return made

    def _has_units(self, path: str, group: int, axis: int = 0) -> int:
        """Note a layer whose tensors have one entry, or more, for each unit it reads."""
        for leaf in ("weight", "bias", "running_mean", "running_var"):
            if getattr(self._modules[path], leaf, None) is not None:
                self._touch(f"{path}.{leaf}", axis, group)
        return group

    def _function(self, node: fx.Node, groups: list[int]) -> int | None:
        """Return the units after a function or a method; None where it makes no tensor."""
        name = node.target if isinstance(node.target, str) else node.target.__name__
        if name in {"_assert_is_none", "size", "dim"} or (
            name == "getattr" and node.args[1] in {"shape", "device", "dtype", "ndim"}
        ):
            return None
        if name in _ALIKE:
            return self._unite(groups)
        arguments = node.args[1:]
        flat = {**dict(zip(("start_dim", "end_dim"), arguments, strict=False)), **node.kwargs}
        if name == "flatten" and flat.get("start_dim") in {1, 2} and flat.get("end_dim", -1) == -1:
            return groups[0]
        if name in {"view", "reshape"} and len(arguments) == 2 and arguments[1] == -1:
            return groups[0]
        if name != "mean" or {0, 1, None}.intersection(_axes(node)):
            self._refuse(f"{name!r}")
        return groups[0]

    def _touch(self, name: str, axis: int, group: int) -> None:
        """Note that a tensor has the units of a group along an axis."""
        if name not in self._tensors:
            self._refuse(f"{name!r}, which is tied to another or made of others")
        units, size = self._sizes[self._root(group)], self._tensors[name].shape[axis]
        if units and size % units:
            self._refuse(f"{name!r}: it reads {size} numbers of {units} units")
        self._touches.append(Touch(name, axis, group))

    def _new(self, size: int) -> int:
        """Make a group."""
        self._parent.append(len(self._parent))
        self._sizes.append(size)
        return len(self._parent) - 1

    def _unite(self, groups: list[int]) -> int:
        """Make one group of several: the first one."""
        roots = sorted({self._root(group) for group in groups})
        sizes = {self._sizes[root] for root in roots if root}
        if len(sizes) > 1:
            self._refuse(f"a sum of {' and '.join(map(str, sorted(sizes)))} units")
        for root in roots[1:]:
            self._parent[root] = roots[0]
        return roots[0]

    def _root(self, group: int) -> int:
        """Return the group of which another has become a part."""
        while self._parent[group] != group:
            group = self._parent[group]
        return group

    def _refuse(self, what: str) -> NoReturn:
        raise LandscapeError(
            f"cannot align {self._kind}: units cannot be followed through {what}", hint=_HINT
        )


def _axes(node: fx.Node) -> list[Any]:
    """Return over which axes a mean is taken."""
    axes = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim")
    return list(axes) if isinstance(axes, list | tuple) else [axes]
