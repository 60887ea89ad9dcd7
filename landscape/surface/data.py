"""A loss surface as data: arrays and provenance, numpy only."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from landscape.arguments import checked
from landscape.showing import PICTURES
from landscape.surface.axes import Axis, PointOfInterest, axes_from
from landscape.surface.kinds import MetricKind, metric_kind
from landscape.surface.refined import Refined
from landscape.surface.trajectory import Trajectory

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]


class Status(IntEnum):
    """State of one grid point. NaN and inf are values like any other: such a point is measured."""

    MISSING = 0
    MEASURED = 1
    FAILED = 2


@checked
@dataclass(frozen=True, kw_only=True, eq=False)
class Surface:
    """Values of an objective over the grids of one or several replicate planes.

    Args:
        alpha: Coordinates along the first direction, shape (A,), in units of that direction.
        beta: Coordinates along the second direction, shape (B,); `[0.]` for a line.
        values: Arrays of shape (plane, beta, alpha): every metric, and with it `<metric>_se`
            (standard error over samples) and `<metric>_delta_se` (standard error of the paired
            difference to the center). NaN where a point is missing. With a tolerance there is
            `<metric>_estimate`, which has the measured values too, and `<metric>_estimate_error`.
        status: `Status` of each point, int8, shape (plane, beta, alpha).
        gram: Inner products of the directions of each plane, shape (plane, axes, axes), in the
            parameters' own units; axes is 1 for a line.
        center: Value of each metric at alpha = beta = 0.
        metadata: Provenance: settings, versions, seeds, as written to the file's attributes.
        refined: How far the planes are; None where all points are to be measured.

    Raises:
        ValueError: If shapes disagree, there is no point, or the main metric `loss` is absent.

    Example:
        >>> import numpy as np
        >>> axis = np.linspace(-1, 1, 3)
        >>> bowl = (axis**2 + axis[:, None] ** 2)[None]
        >>> surface = Surface(alpha=axis, beta=axis, values={"loss": bowl},
        ...                   status=np.ones(bowl.shape, np.int8), gram=np.eye(2)[None],
        ...                   center={"loss": 0.0})
        >>> surface.metrics, surface.planes, surface.is_line
        (('loss',), 1, False)
    """

    alpha: Array
    beta: Array
    values: Mapping[str, Array]
    status: NDArray[np.int8]
    gram: Array
    center: Mapping[str, float]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    refined: Refined | None = None

    def __post_init__(self) -> None:
        shape = self.status.shape
        if len(shape) != 3 or shape[1:] != (self.beta.size, self.alpha.size):
            raise ValueError(
                f"expected arrays of shape (plane, beta, alpha) = (K, {self.beta.size}, "
                f"{self.alpha.size}), got status of shape {shape}"
            )
        if not self.status.size:
            raise ValueError(f"expected at least one point, got status of shape {shape}")
        if "loss" not in self.values:
            raise ValueError(f"expected a metric named 'loss', got {sorted(self.values)}")
        for name, array in self.values.items():
            if array.shape != shape:
                raise ValueError(f"expected {name!r} of shape {shape}, got {array.shape}")
        axes = 1 if self.is_line else 2
        if self.gram.shape != (shape[0], axes, axes):
            raise ValueError(
                f"expected gram of shape {(shape[0], axes, axes)}, got {self.gram.shape}"
            )
        for name in ("values", "center", "metadata"):
            object.__setattr__(self, name, dict(getattr(self, name)))

    def __repr__(self) -> str:
        done = int(self.measured.sum())
        rest = ", the rest estimated" if self.refined is not None else ""
        return (
            f"Surface({self.planes} planes of {self.beta.size} x {self.alpha.size} points, "
            f"{done} of {self.status.size} measured{rest}, metrics {', '.join(self.metrics)})"
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a new surface file, for `load`, without directions.

        Args:
            path: Ends in .h5, .hdf5 or .nc; there must be nothing yet.

        Raises:
            LandscapeError: If it ends in another way, is there, or cannot be written.
        """
        from landscape.surface.exchange.saving import save  # it needs this class

        save(self, Path(path))

    def to_xarray(self) -> "xarray.Dataset":
        """Return it as a dataset of xarray, an optional package, with the names of its file."""
        from landscape.surface.exchange.dataset import to_xarray

        return to_xarray(self)

    def _repr_png_(self) -> bytes | None:
        """Show itself in a notebook, as a picture."""
        return PICTURES["Surface"](self)

    @property
    def loss(self) -> Array:
        """The main metric, shape (plane, beta, alpha)."""
        return self.values["loss"]

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics, without their standard errors, `loss` first."""
        names = [name for name in self.values if name in self.center]
        return tuple(sorted(names, key=lambda name: (name != "loss", name)))

    @property
    def planes(self) -> int:
        """Number of replicate planes."""
        return int(self.status.shape[0])

    @property
    def is_line(self) -> bool:
        """Whether this is a line: a grid with one beta."""
        return self.beta.size == 1

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do: all points are measured, or the tolerance is met."""
        if self.refined is not None:
            return bool(self.refined.done.all())
        return bool(self.measured.all())

    @property
    def measured(self) -> NDArray[np.bool_]:
        """Where a value was measured, shape (plane, beta, alpha)."""
        measured: NDArray[np.bool_] = self.status == Status.MEASURED
        return measured

    @property
    def estimated(self) -> NDArray[np.bool_]:
        """Where the loss was not measured but estimated, shape (plane, beta, alpha)."""
        estimated: NDArray[np.bool_] = (self.status == Status.MISSING) & ~np.isnan(self.known())
        return estimated

    @property
    def config(self) -> dict[str, Any]:
        """The settings that decided about the values; empty where none are recorded."""
        return dict(self.metadata.get("config", {}))

    @property
    def tolerance(self) -> float | None:
        """Largest relative error of an estimate; None where all points were to be measured."""
        tolerance = self.config.get("tolerance")
        return None if tolerance is None else float(tolerance)

    @property
    def clip(self) -> float | None:
        """Multiple of the center's value up to which the tolerance holds; None without one."""
        clip = self.config.get("clip")
        return None if self.tolerance is None or clip is None else float(clip)

    @property
    def normalize(self) -> str:
        """How the directions were scaled, such as `filter`; empty where that is not recorded."""
        return str(self.config.get("normalize", self.metadata.get("normalize", "")))

    @property
    def seed(self) -> int | None:
        """Seed of the directions; None where it is not recorded."""
        seed = self.config.get("seed", self.metadata.get("seed"))
        return None if seed is None else int(seed)

    @property
    def axes(self) -> tuple[Axis, ...]:
        """What the directions are, alpha's first."""
        count = 1 if self.is_line else 2
        return axes_from(self.metadata.get("axes"), normalize=self.normalize, count=count)

    @property
    def is_random(self) -> bool:
        """Whether all directions were drawn, so that planes are replicates in all of them."""
        return all(axis.random for axis in self.axes)

    @property
    def points_of_interest(self) -> tuple[PointOfInterest, ...]:
        """Places with a name, such as the checkpoints that a plane goes through."""
        return tuple(
            PointOfInterest.from_dict(one) for one in self.metadata.get("points_of_interest", ())
        )

    @property
    def trajectory(self) -> Trajectory | None:
        """What is known of the paths of optimizers on the plane; None where there are none."""
        found = self.metadata.get("trajectory")
        return None if found is None else Trajectory.from_dict(found)

    def known(self, metric: str = "loss") -> Array:
        """Return the values that are known: measured ones, else estimates within the range.

        Args:
            metric: One of `metrics`.

        Returns:
            Shape (plane, beta, alpha); NaN where there is neither.

        Raises:
            ValueError: If there is no such metric.
        """
        measured, estimates = self._array(metric), self._estimates(metric, "")
        estimates = self.kind_of(metric).clipped(estimates, measured)
        values: Array = np.where(self.measured, measured, estimates)
        return values

    def error(self, metric: str = "loss") -> Array:
        """Return how far the known values may be off, in the metric's units.

        Args:
            metric: One of `metrics`.

        Returns:
            Shape (plane, beta, alpha): 0 where measured, the estimate's error where estimated, NaN
            where there is neither.

        Raises:
            ValueError: If there is no such metric.
        """
        self._array(metric)
        error: Array = np.where(self.measured, 0.0, self._estimates(metric, "_error"))
        return error

    def kind_of(self, metric: str = "loss") -> MetricKind:
        """Tell what kind of number a metric is.

        Args:
            metric: Its name.

        Returns:
            What the file declares (`metric_kinds`), else what the name says.
        """
        return metric_kind(metric, self.metadata.get("metric_kinds", {}))

    def higher_is_better(self, metric: str = "loss") -> bool:
        """Tell whether the best value of a metric is its largest, as of an accuracy.

        Args:
            metric: Its name.

        Returns:
            What the file declares (`metric_kinds`), else what the name says.
        """
        return self.kind_of(metric).higher_is_better

    def bounds(self, metric: str = "loss") -> tuple[float, float]:
        """Return the smallest and largest values that a metric can have.

        Args:
            metric: Its name.

        Returns:
            Both; infinite where nothing is known.
        """
        kind = self.kind_of(metric)
        return kind.low, kind.high

    def _array(self, metric: str) -> Array:
        """Return the values of a metric, not those of another array."""
        if metric not in self.metrics:
            raise ValueError(
                f"expected one of the metrics {', '.join(self.metrics)}, got {metric!r}"
            )
        return self.values[metric]

    def _estimates(self, metric: str, kind: str) -> Array:
        """Return the array of estimates or of their errors; NaN where there is none."""
        missing = np.full(self.status.shape, np.nan)
        return self.values.get(f"{metric}_estimate{kind}", missing)
