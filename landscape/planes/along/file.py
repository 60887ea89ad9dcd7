"""Directions that a user has stored: one, or the two of a plane."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors
import torch
from safetensors.torch import load_file
from torch import Tensor

from landscape.arguments import checked
from landscape.errors import LandscapeError, describe
from landscape.planes.along.determined import beside_random, settle_determined
from landscape.planes.along.made import Ground, Made
from landscape.planes.names import plain_name
from landscape.planes.parameters import Parameters, fingerprint, norm
from landscape.planes.plane import Plane
from landscape.planes.space import directions_fingerprint
from landscape.settings import GridSettings
from landscape.surface.axes import Axis

_AXES = ("alpha/", "beta/")
_HINT = (
    "one direction has the names of the parameters, two have them after alpha/ and beta/, such as "
    "alpha/0.weight"
)


@checked
@dataclass(frozen=True)
class FromFile:
    """Directions of a file, `.safetensors` or `.npz`, by the names of parameters.

    They keep their length: at alpha = 1 the parameters are the center's and these numbers. One
    direction has a random one beside it, which is normalized as always.

    Args:
        path: The file. Two directions have names that begin with `alpha/` and `beta/`.
    """

    path: str | Path

    @classmethod
    def parse(cls, rest: str) -> "FromFile":
        """Read what stands after the colon: the file."""
        if not rest:
            raise LandscapeError("expected a file after file:, got none", hint="file:d.safetensors")
        return cls(Path.cwd() / rest)  # build() may change the folder

    @property
    def name(self) -> str:
        """What figures call it."""
        return Path(self.path).name

    @property
    def text(self) -> str:
        """What a file calls it."""
        return f"file:{self.name}"

    def settle(self, grid: GridSettings) -> GridSettings:
        """Ask for one plane where both directions are there, and for one line of a direction."""
        count = len(_directions(self.path))
        if count == 2 and grid.line:
            raise LandscapeError(
                f"expected one direction in {self.name} for a line, got two", hint=_HINT
            )
        single = grid.model_copy(update={"planes": 1})
        return single if count == 2 else settle_determined(grid)

    def make(self, ground: Ground) -> Made:
        """Fit the directions to the model."""
        found = [_fitted(self.path, one, ground) for one in _directions(self.path)]
        center = ground.space.center
        bits = {f"{a}{n}": v for a, d in zip(_AXES, found, strict=False) for n, v in d.items()}
        files = {self.name: fingerprint(bits)}
        unit = "1 is the stored direction"
        if len(found) == 1:
            recipe = f"{self.text} {files[self.name]}"
            return beside_random(found[0], self.name, ground, recipe=recipe, unit=unit, files=files)
        plane = Plane(center, (found[0], found[1]))
        if plane.is_parallel:
            raise LandscapeError(f"both directions in {self.name} are parallel: they span no plane")
        names = (f"{self.name} {axis.rstrip('/')}" for axis in _AXES)
        return Made(
            planes=[plane],
            axes=tuple(Axis(name=name, unit=unit, random=False) for name in names),
            normalize="given",
            fingerprint=directions_fingerprint([plane], ground.space),
            files=files,
        )


def _directions(path: str | Path) -> list[Mapping[str, Tensor]]:
    """Read a file, and take it apart into one or two directions."""
    held = _read(Path(path))
    first, second = (
        {name.removeprefix(axis): value for name, value in held.items() if name.startswith(axis)}
        for axis in _AXES
    )
    if len(first) + len(second) not in {0, len(held)} or (second and not first):
        raise LandscapeError(
            f"expected one direction or two in {Path(path).name}, got a mixture", hint=_HINT
        )
    return [first, second] if second else [first or held]


def _read(path: Path) -> dict[str, Tensor]:
    """Read tensors; nothing in a file is run."""
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "no file"
        raise LandscapeError(f"expected a file of directions, got {kind}: {path}")
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                return {name: torch.from_numpy(arrays[name]) for name in arrays.files}
        if path.suffix == ".safetensors":
            return load_file(path)
    except (
        *(OSError, ValueError, TypeError, RuntimeError, EOFError),
        *(zipfile.BadZipFile, safetensors.SafetensorError),
    ) as error:
        raise LandscapeError(f"cannot read {path}: {describe(error)}") from error
    raise LandscapeError(f"expected a file ending in .safetensors or .npz, got {path.name!r}")


def _fitted(path: str | Path, direction: Mapping[str, Tensor], ground: Ground) -> Parameters:
    """Give a direction the names of the model; refuse what does not fit."""
    said = Path(path).name
    names, center = ground.space.names, ground.space.center
    held = {plain_name(name): value for name, value in direction.items()}
    result: Parameters = {}
    for name, like in center.items():
        key = next((key for key in (plain_name(name), names[name]) if key in held), None)
        if key is None:
            raise LandscapeError(
                f"{said} has no direction of {names[name]!r}",
                hint=f"it has {', '.join(map(repr, list(held)[:3]))}; zeros leave a tensor where "
                "it is",
            )
        value = held.pop(key)
        if value.shape != like.shape:
            raise LandscapeError(
                f"{said}: expected {key!r} of shape {tuple(like.shape)}, got {tuple(value.shape)}"
            )
        dtype = torch.promote_types(like.dtype, torch.float32)
        result[name] = value.to(dtype) if like.is_floating_point() else torch.zeros_like(like)
        if not bool(result[name].isfinite().all()):
            raise LandscapeError(f"{said} has numbers in {key!r} that are not finite")
    if held:
        more = next(iter(held))
        raise LandscapeError(f"{said} has a direction of {more!r}, which does not move here")
    if not norm(result):
        raise LandscapeError(f"a direction in {said} is zero: nothing moves along it")
    return result
