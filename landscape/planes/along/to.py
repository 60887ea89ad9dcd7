"""The line to a checkpoint, and the plane through the center and two checkpoints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from landscape.arguments import checked
from landscape.errors import LandscapeError
from landscape.planes.along.made import End, Ground, Made
from landscape.planes.checkpoints import as_checkpoint, fit_checkpoint
from landscape.planes.names import short_names
from landscape.planes.parameters import Parameters, norm
from landscape.planes.plane import Plane
from landscape.planes.sharing import own_parameters
from landscape.planes.space import directions_fingerprint
from landscape.settings import GridSettings
from landscape.surface.axes import Axis, PointOfInterest

Source = str | Path | Mapping[str, Tensor] | nn.Module

_FORM = "to:b.pt (a line), or to:b.pt,c.pt (a plane)"


@checked
@dataclass(frozen=True, eq=False)
class To:
    """From the center to one or two checkpoints, whose coordinates are (1, 0) and (0, 1).

    Directions keep their length and their angle: at 1 the parameters are those of the checkpoint,
    but for rounding. Buffers stay those of the center (`batchnorm="frozen"`), so that the loss on
    the plane is that of the checkpoint only where there are none that matter; so it is where some
    parameters do not move, which keep the checkpoint at a distance from the plane. With
    `batchnorm="recalibrated"` BatchNorm's are taken anew at every point.

    Args:
        ends: One or two: files, state dicts or models.
        labels: Their names; by default those of the files.

    Raises:
        LandscapeError: If there are not one or two ends, or not as many labels.
    """

    ends: Source | Sequence[Source]
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.sources) not in {1, 2}:
            raise LandscapeError(f"expected one or two checkpoints, got {len(self.sources)}")
        if self.labels and len(self.labels) != len(self.sources):
            raise LandscapeError(
                f"expected a label for each checkpoint, got {len(self.labels)} for "
                f"{len(self.sources)}"
            )

    @property
    def sources(self) -> tuple[Source, ...]:
        """One or two."""
        # A Sequential is a sequence of modules, and a text one of letters.
        if isinstance(self.ends, list | tuple):
            return tuple(self.ends)
        return (cast(Source, self.ends),)

    @classmethod
    def parse(cls, rest: str) -> "To":
        """Read what stands after the colon: files with a comma between them."""
        files = tuple(word.strip() for word in rest.split(",")) if rest else ()
        if len(files) not in {1, 2} or not all(files):
            raise LandscapeError(f"expected one or two checkpoints, got {rest!r}", hint=_FORM)
        return cls(tuple(Path.cwd() / file for file in files))  # build() may change the folder

    @property
    def text(self) -> str:
        """What a file calls it."""
        return f"to:{','.join(self.names)}"

    @property
    def names(self) -> tuple[str, ...]:
        """What the ends are called; with folders above where names of files do not differ."""
        return self.labels or short_names(
            [
                Path(end if isinstance(end, str | Path) else f"end {index}")
                for index, end in enumerate(self.sources, 1)
            ]
        )

    def settle(self, grid: GridSettings) -> GridSettings:
        """Ask for one plane or line with both 0 and 1 on the grid."""
        line = len(self.sources) == 1
        if grid.line and not line:
            raise LandscapeError(
                "expected one checkpoint for a line, got two", hint="leave line out, or one of them"
            )
        if grid.window is None and grid.radius != 1:
            raise LandscapeError(
                f"radius {grid.radius} has no part in {self.text}: the grid goes from end to end",
                hint="give a window, such as -0.5,1.5",
            )
        window = grid.window or span_between(grid.steps)
        return grid.model_copy(update={"line": line, "planes": 1, "window": window})

    def make(self, ground: Ground) -> Made:
        """Read the checkpoints and lay the plane through them."""
        model, center = ground.space.model, ground.space.center
        fitted = [
            fit_checkpoint(as_checkpoint(end, name), model)
            for end, name in zip(self.sources, self.names, strict=True)
        ]
        directions = tuple(difference(end.parameters, center) for end in fitted)
        plane = Plane(center, directions)
        _check_spread(self.names, plane)
        own = own_parameters(model)
        still = {name: value for name, value in own.items() if name not in center}
        places = (
            PointOfInterest(
                label=name,
                alpha=float(not index),
                beta=float(index),
                distance=norm(difference(end.parameters, still)),
            )
            for index, (name, end) in enumerate(zip(self.names, fitted, strict=True))
        )
        return Made(
            planes=[plane],
            axes=tuple(
                Axis(name=f"toward {n}", unit=f"1 is {n}", random=False) for n in self.names
            ),
            normalize="given",
            fingerprint=directions_fingerprint([plane], ground.space),
            ends=tuple(map(End, fitted, places)),
            files={n: end.fingerprint for n, end in zip(self.names, fitted, strict=True)},
        )


def span_between(steps: int, margin: float = 0.25) -> tuple[float, float]:
    """Find ends around 0 and 1 such that both lie on the grid.

    Args:
        steps: Points of the grid, at least 3.
        margin: About how much is to be left at either side, as far as the points allow.

    Returns:
        Lowest and highest coordinate, at equal distances from 0 and 1.

    Example:
        >>> span_between(51), span_between(5), span_between(3)
        ((-0.28125, 1.28125), (-0.5, 1.5), (0.0, 1.0))
    """
    intervals = steps - 1
    inside = max(1, round(intervals / (1 + 2 * margin)))
    odd = (intervals - inside) % 2  # both margins are to be equal
    inside += odd if inside == 1 else -odd
    outside = (intervals - inside) // 2
    return -outside / inside, 1 + outside / inside


def difference(end: Mapping[str, Tensor], center: Mapping[str, Tensor]) -> Parameters:
    """Subtract the center from another point.

    Args:
        end: The point.
        center: Names and dtypes.

    Returns:
        In CPU memory, in float32 at least: what half precision would lose is kept. Zero where
        tensors are not floating-point, which do not move.
    """
    result = {}
    for name, value in center.items():
        if not value.is_floating_point():
            result[name] = torch.zeros_like(value, device="cpu")
            continue
        dtype = torch.promote_types(value.dtype, torch.float32)
        result[name] = end[name].cpu().to(dtype) - value.detach().cpu().to(dtype)
    return result


def _check_spread(names: tuple[str, ...], plane: Plane) -> None:
    """Refuse ends at the center, and two on one line with it."""
    for name, square in zip(names, np.diag(plane.gram), strict=True):
        if square == 0:
            raise LandscapeError(
                f"{name} holds the parameters of the center: there is no way to go",
                hint="give another checkpoint than the one that build() loads",
            )
    if plane.is_parallel:
        raise LandscapeError(
            f"{names[0]} and {names[1]} lie on one line with the center: they span no plane",
            hint=f"to:{names[0]} draws the line",
        )
