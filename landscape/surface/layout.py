"""What a surface file holds: the names, dimensions and types of its arrays."""

from collections.abc import Mapping
from dataclasses import dataclass

SCHEMA = "landscape-surface"
SCHEMA_VERSION = 2
GRID = ("plane", "beta", "alpha")
"""Dimensions of values: beta before alpha as in an image, so that nothing is ever transposed."""

_REAL, _WHOLE, _FLAG, _CHECKSUM = "<f8", "<i8", "|i1", "<u8"
_KINDS = ("", "_se", "_delta_se")
ESTIMATED = ("_estimate", "_estimate_error")
"""Ends of the names of arrays of estimates: measured and estimated numbers never mix."""
GROUPS = frozenset({"record", "directions"})
"""What is in a file beside arrays."""


@dataclass(frozen=True)
class Layout:
    """The arrays of one file.

    Args:
        metrics: Their names.
        shape: Number of planes, of coordinates beta and of coordinates alpha.
        estimates: Whether points that are not measured are estimated.
    """

    metrics: tuple[str, ...]
    shape: tuple[int, int, int]
    estimates: bool

    @property
    def sizes(self) -> Mapping[str, int]:
        """Number of entries along each dimension; a line has one direction, so one axis."""
        axes = 1 if self.shape[1] == 1 else 2
        return dict(zip(GRID, self.shape, strict=True)) | {"axis": axes, "other_axis": axes}

    @property
    def measured(self) -> list[str]:
        """Names of the arrays of measured numbers, in the order of their checksum."""
        return [f"{metric}{kind}" for metric in self.metrics for kind in _KINDS]

    @property
    def estimated(self) -> list[str]:
        """Names of the arrays of estimates, in the order of their checksum."""
        kinds = ESTIMATED if self.estimates else ()
        return [f"{metric}{kind}" for metric in self.metrics for kind in kinds]

    @property
    def arrays(self) -> dict[str, tuple[tuple[str, ...], str]]:
        """Dimensions and type of every array of the file."""
        arrays: dict[str, tuple[tuple[str, ...], str]] = {
            "plane": (("plane",), _WHOLE),
            "beta": (("beta",), _REAL),
            "alpha": (("alpha",), _REAL),
            "axis": (("axis",), _WHOLE),
            "other_axis": (("other_axis",), _WHOLE),
            "gram": (("plane", "axis", "other_axis"), _REAL),
            **dict.fromkeys([*self.measured, *self.estimated], (GRID, _REAL)),
            "checksum": (GRID, _CHECKSUM),
            "status": (GRID, _FLAG),
        }
        if self.estimates:
            arrays["refined"] = (("plane",), _FLAG)
            arrays["estimated_error"] = (("plane",), _REAL)
            arrays["estimate_checksum"] = (("plane",), _CHECKSUM)
        return arrays

    def shape_of(self, name: str) -> tuple[int, ...]:
        """Return the shape of an array.

        Args:
            name: One of `arrays`.

        Returns:
            Its shape.
        """
        return tuple(self.sizes[dimension] for dimension in self.arrays[name][0])


RESERVED = frozenset(Layout((), (1, 1, 1), estimates=True).arrays) | GROUPS
"""Names in a surface file that no metric can have."""

RESERVED_ENDS = ("_se", "_delta", *ESTIMATED)
"""Ends of names that no metric can have: `x_delta` would own `x_delta_se`, which belongs to `x`."""
