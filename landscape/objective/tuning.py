"""How an objective computes: choices that change its speed, and its values by rounding only."""

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Literal

import torch

from landscape.errors import ProblemError
from landscape.settings import Precision

Layout = Literal["contiguous", "channels_last"]


def _default_dtype() -> str:
    """Name torch's default dtype."""
    return str(torch.get_default_dtype()).removeprefix("torch.")


@dataclass(frozen=True)
class Tuning:
    """How to compute; the default is what the caller's code says.

    A surface is computed with one tuning, which its file keeps: the same sums in the same order
    are the same bits, in every process and after an interruption.

    Args:
        layout: Memory layout of 4-D parameters and data.
        batch_size: Samples in each batch; None keeps the caller's batches.
        fold: Layers, and for each the frozen BatchNorm that is folded into it, by name.
        hooks: Run the hooks of the user's model; False where values do not depend on them.
        recorded: Launch the pass over the data as a CUDA graph; see `Recording`.
        precision: Arithmetic of products and convolutions.
        default_dtype: Of new tensors; by default torch's own, where the tuning is made.
        deviation: Largest relative difference of a metric's mean to that of the default tuning, at
            the center and at a point away from it; None where there is no such number.

    Example:
        >>> Tuning.from_json(Tuning(batch_size=64).to_json())
        Tuning(layout='contiguous', batch_size=64, fold=(), hooks=True, recorded=False, \
precision='float32', default_dtype='float32', deviation=(0.0, 0.0))
    """

    layout: Layout = "contiguous"
    batch_size: int | None = None
    fold: tuple[tuple[str, str], ...] = ()
    hooks: bool = True
    recorded: bool = False
    precision: Precision = "float32"
    default_dtype: str = field(default_factory=_default_dtype)
    deviation: tuple[float | None, float | None] = (0.0, 0.0)

    def to_json(self) -> str:
        """Write as one line."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Tuning":
        """Read what `to_json` wrote.

        Raises:
            ProblemError: If it is no tuning of this version.
        """
        try:
            values = json.loads(text)
            center, moved = values["deviation"]
            pairs = tuple((layer, norm) for layer, norm in values["fold"])
            return cls(**{**values, "fold": pairs, "deviation": (center, moved)})
        except (TypeError, ValueError, KeyError) as error:
            raise ProblemError(
                f"expected a tuning written by this version, got {text}",
                hint="compute the surface anew, with overwrite=True (--overwrite)",
            ) from error
