"""Where each layer type keeps its filters, the weights of one output channel or unit."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import _WeightNorm

# Layers whose `weight` has one row per filter. Grouped and depthwise convolutions too: their
# weight (out, in / groups, ...) holds for each output channel only the inputs of its own group.
ROWS = (nn.Linear, nn.Bilinear, nn.Embedding, nn.EmbeddingBag, _ConvNd)
NORMALIZATION = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)
# Rows are units, gates and heads stacked: (4 * hidden, in), (3 * embed, embed).
STACKED = (nn.RNNBase, nn.RNNCellBase, nn.MultiheadAttention)


@dataclass(frozen=True, kw_only=True)
class FilterLayout:
    """Where one parameter's filters are.

    Args:
        layer: Type of the module that owns the parameter, as a name.
        dim: Dimension that counts the filters; None where the whole tensor is one filter.
        groups: Groups of a transposed convolution, whose weight (in, out / groups, ...) has the
            filters of group g in the g-th block of rows.
        zeroed: Whether directions leave this parameter where it is.
        assumed: Whether the layer type is unknown and `dim` a guess.
        mask: For a pruned parameter 1 where an entry counts and 0 where it is cut off: there
            directions are zero, and norms leave it out. None keeps all.
    """

    layer: str
    dim: int | None = None
    groups: int = 1
    zeroed: bool = False
    assumed: bool = False
    mask: Tensor | None = field(default=None, repr=False, compare=False)

    def blocks(self, value: Tensor) -> Tensor:
        """View a tensor as (groups, rows, filters, entries): dims 1 and 3 make up a filter.

        Args:
            value: A tensor of the parameter's shape.

        Returns:
            The same entries in the same order, with four dimensions.

        Example:
            >>> import torch
            >>> layout = FilterLayout(layer="ConvTranspose2d", dim=1, groups=2)
            >>> tuple(layout.blocks(torch.zeros(6, 5, 3, 3)).shape)
            (2, 3, 5, 9)
        """
        if self.dim is None:
            return value.reshape(1, 1, 1, value.numel())
        rows = value.shape[: self.dim].numel() // self.groups
        filters = value.shape[self.dim]
        return value.reshape(self.groups, rows, filters, value.shape[self.dim + 1 :].numel())

    def count(self, value: Tensor) -> int:
        """Count the filters that a direction moves.

        Args:
            value: A tensor of the parameter's shape.

        Returns:
            Number of filters; 0 where zeroed.

        Example:
            >>> import torch
            >>> FilterLayout(layer="Linear", dim=0).count(torch.zeros(4, 3))
            4
        """
        if self.zeroed:
            return 0
        return 1 if self.dim is None else self.groups * value.shape[self.dim]


def filter_layouts(model: nn.Module, *, move_vectors: bool = False) -> dict[str, FilterLayout]:
    """Find out where the filters of each parameter are.

    Linear, convolutional, embedding, recurrent and attention layers: one filter per row (dim 0).
    Transposed convolutions: dim 1, group by group. GPT-2's `Conv1D`, whose weight is (in, out):
    dim 1. A pruned parameter: as the layer's own, without what its mask cuts off. A
    weight-normalised layer: its direction tensor as the layer's weight, its magnitudes as a vector.
    Parameters with two or more dimensions of any other module: dim 0, marked `assumed`; so are
    other parametrizations and exported modules.

    Args:
        model: Any module; it is left as found.
        move_vectors: Whether directions also move biases, tensors with fewer than two dimensions
            and the parameters of normalization layers, each as one filter. Default: they are
            zeroed, as in Li et al.'s figures (`ignore=biasbn`).

    Returns:
        A layout for each name in `model.named_parameters()`. To treat one otherwise, replace its
        entry.

    Example:
        >>> layouts = filter_layouts(nn.ConvTranspose2d(4, 6, 3, groups=2))
        >>> layouts["weight"].dim, layouts["weight"].groups, layouts["bias"].zeroed
        (1, 2, True)
    """
    modules: Mapping[str, nn.Module] = dict(model.named_modules())
    layouts = {}
    for name, value in model.named_parameters():
        path, _, leaf = name.rpartition(".")
        layout = _layout(modules, path, leaf, value)
        if layout.zeroed and move_vectors and value.is_floating_point():
            layout = FilterLayout(layer=layout.layer, mask=layout.mask)
        layouts[name] = layout
    return layouts


def assumed_names(layouts: Mapping[str, FilterLayout]) -> list[str]:
    """Return the names of parameters whose filters are a guess.

    Args:
        layouts: From `filter_layouts(model)`.

    Returns:
        Names in the order of the layouts, for a warning.

    Example:
        >>> model = nn.Bilinear(2, 2, 3)
        >>> model.table = nn.Parameter(model.weight[0].detach())
        >>> assumed_names(filter_layouts(model))
        ['table']
    """
    return [name for name, layout in layouts.items() if layout.assumed]


def _layout(modules: Mapping[str, nn.Module], path: str, leaf: str, value: Tensor) -> FilterLayout:
    """Find the layout of one parameter from its owner's type, its name there and its shape."""
    owner = modules[path]
    if isinstance(owner, parametrize.ParametrizationList):
        return _parametrized(modules, path, leaf, value)
    layer = _kind(owner)
    whole = leaf.removesuffix("_orig")
    mask = owner._buffers.get(f"{whole}_mask")
    if mask is not None and whole != leaf and mask.shape == value.shape:
        return replace(_layout(modules, path, whole, value), mask=mask)
    if value.ndim < 2 or not value.is_floating_point() or isinstance(owner, NORMALIZATION):
        return FilterLayout(layer=layer, zeroed=True)
    if leaf == "weight_g" and hasattr(owner, "weight_v"):
        return FilterLayout(layer=layer, zeroed=True)  # magnitudes of the older weight_norm
    if isinstance(owner, STACKED):
        # Here bias_k and bias_v of attention have three dimensions.
        bias = "bias" in leaf
        return FilterLayout(layer=layer, dim=None if bias else 0, zeroed=bias)
    # weight_v and weight_orig: the older weight_norm and spectral_norm.
    if leaf in {"weight", "weight_v", "weight_orig"}:
        if isinstance(owner, _ConvTransposeNd):
            return FilterLayout(layer=layer, dim=1, groups=owner.groups)
        if isinstance(owner, ROWS):
            return FilterLayout(layer=layer, dim=0)
        if layer == "Conv1D" and hasattr(owner, "nf"):  # transformers.pytorch_utils
            return FilterLayout(layer=layer, dim=1)
    return FilterLayout(layer=layer, dim=0, assumed=True)


def _parametrized(
    modules: Mapping[str, nn.Module], path: str, leaf: str, value: Tensor
) -> FilterLayout:
    """Find the layout of `<layer>.parametrizations.<name>.<leaf>` from that of `<layer>.<name>`."""
    head, _, name = path.rpartition(".")
    owner_path = head.removesuffix("parametrizations").removesuffix(".")
    kinds = [type(module) for module in modules[path].children()]
    labels = "+".join(kind.__name__.lstrip("_") for kind in kinds)
    layer = f"{_kind(modules[owner_path])} with {labels}"
    if kinds == [_WeightNorm] and leaf == "original0":
        return FilterLayout(layer=layer, zeroed=True)  # magnitudes
    layout = _layout(modules, owner_path, name, value)
    known = layout.zeroed or kinds == [_WeightNorm]
    return replace(layout, layer=layer, assumed=layout.assumed or not known)


def _kind(module: nn.Module) -> str:
    """Name a module's type as its author wrote it: parametrization makes a subclass."""
    return parametrize.type_before_parametrizations(module).__name__
