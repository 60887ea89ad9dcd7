"""How much to run."""

from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import trained
from benchmarks.rounds import say

GRID = 51  # points a side, as in Li et al. (2018)


@dataclass(frozen=True)
class Plan:
    """How much to run.

    Args:
        folder: Where trained networks are written.
        root: Folder that holds MNIST; None takes scikit-learn's digits.
        rounds: How often everyone has a turn.
        small: Points a side of the two grids from which the cost of a point is taken.
        full: Run the grid of 51 x 51 points instead of reckoning it from small ones.
        samples: Samples to evaluate on, or None for each network's own number.
        worker_seconds: What one process takes for the grid of the workers, about.
        worker_rounds: Rounds of that grid.
        device: Where everyone evaluates.
    """

    folder: Path
    root: Path | None
    rounds: int
    small: tuple[int, int]
    full: bool
    samples: int | None
    worker_seconds: float
    worker_rounds: int
    device: str = "cpu"

    @property
    def steps(self) -> tuple[int, int]:
        """Points a side of the grids that are compared."""
        return (self.small[0], GRID) if self.full else self.small

    def file(self, network: str) -> Path:
        """Train a network, once, and return its file."""
        path = self.folder / f"{network}.pt"
        if not path.exists():
            say(f"  training the {network}")
            samples = self.samples or trained.SAMPLES[network]
            found = trained.train(network, root=self.root, samples=samples)
            trained.write(replace(found, device=self.device), path)
        return path
