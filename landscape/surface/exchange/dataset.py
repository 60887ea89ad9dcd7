"""Surfaces as datasets of xarray."""

from typing import TYPE_CHECKING, Any

from landscape.errors import LandscapeError
from landscape.surface.data import Surface

if TYPE_CHECKING:
    import xarray


def to_xarray(surface: Surface) -> "xarray.Dataset":
    """Return a surface as a dataset, named as in its file.

    Args:
        surface: The surface.

    Returns:
        Arrays by (plane, beta, alpha), the matrix `gram`, and as attributes the metadata with
        `center_<metric>`.

    Raises:
        LandscapeError: If the package xarray is not installed.
    """
    try:
        import xarray
    except ImportError as error:
        raise LandscapeError(
            "to_xarray needs the package xarray, which is not installed",
            hint="pip install xarray, or the extra: pip install 'lamp-landscape[xarray]'",
        ) from error
    points = ("plane", "beta", "alpha")
    axes = range(surface.gram.shape[1])
    arrays: dict[str, Any] = {name: (points, array) for name, array in surface.values.items()}
    arrays |= {"status": (points, surface.status)}
    arrays |= {"gram": (("plane", "axis", "other_axis"), surface.gram)}
    if surface.refined is not None:
        arrays |= {"estimated_error": (("plane",), surface.refined.error)}
        arrays |= {"refined": (("plane",), surface.refined.done)}
    center = {f"center_{name}": value for name, value in surface.center.items()}
    return xarray.Dataset(
        arrays,
        coords={
            "plane": range(surface.planes),
            "beta": surface.beta,
            "alpha": surface.alpha,
            "axis": axes,
            "other_axis": axes,
        },
        attrs={**surface.metadata, **center},
    )
