"""What is known of the paths of optimizers on a plane, beside their checkpoints."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Trajectory:
    """The principal components of the checkpoints of one path, or of several.

    Args:
        explained: Share of the squared distances of all checkpoints to the center that lies along
            each of both directions.
        walk: The same of a random walk of as many steps in as many dimensions; None where there is
            no such number: for several paths, and for one that does not end at the center.
        last: Distance from the center to the last checkpoint of each path.
    """

    explained: tuple[float, float]
    walk: tuple[float, float] | None = None
    last: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> "Trajectory":
        """Read what `to_dict` wrote.

        Raises:
            ValueError: If it is something else.
        """

        def pair(values: Any) -> tuple[float, float]:
            first, second = map(float, values)
            return first, second

        walk = found["walk"]
        return cls(
            explained=pair(found["explained"]),
            walk=None if walk is None else pair(walk),
            last={str(path): float(distance) for path, distance in dict(found["last"]).items()},
        )
