"""Run one contestant in a process of its own: `python -m benchmarks.run_one NAME FILE STEPS...`.

Prints one line of JSON. A contestant whose package is not installed is reported, not an error.
"""

import contextlib
import importlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks.contestants.outcome import Run
from benchmarks.trained import Trained, read

PEERS = Path(__file__).parent / ".cache" / "peers"
"""Where `make bench` installs the peers, apart from the project's own environment."""
_WARM_UP = 3  # points a side


def main(contestant: str, file: str, *steps: str) -> None:
    """Warm up, then evaluate grids of several sizes.

    Args:
        contestant: Module in `benchmarks.contestants`.
        file: A trained network.
        *steps: Points a side, one number for each grid.
    """
    torch.set_num_threads(1)
    torch.manual_seed(0)
    with contextlib.redirect_stdout(sys.stderr):  # peers print
        try:
            prepare = load(contestant)
        except ImportError as error:
            result: dict[str, object] = {"absent": str(error)}
        else:
            run: Run = prepare(read(Path(file)))
            run(_WARM_UP)
            outcomes, cpu = [], []
            for number in steps:
                before = cpu_seconds()
                outcomes.append(run(int(number)))
                cpu.append(cpu_seconds() - before)
            result = {
                "seconds": [outcome.seconds for outcome in outcomes],
                "cpu": cpu,
                "values": outcomes[-1].values.tolist(),
                "notes": outcomes[-1].notes,
            }
    sys.stdout.write(json.dumps(result) + "\n")


def load(contestant: str) -> Callable[[Trained], Run]:
    """Import a contestant.

    Args:
        contestant: Module in `benchmarks.contestants`.

    Returns:
        Its `prepare`.

    Raises:
        ImportError: If what it needs is not installed.
    """
    if str(PEERS) not in sys.path:
        sys.path.append(str(PEERS))  # last: whatever the environment has comes first
    prepare: Callable[[Trained], Run]
    prepare = importlib.import_module(f"benchmarks.contestants.{contestant}").prepare
    return prepare


def cpu_seconds() -> float:
    """Return the processor time of this process and of those that it has waited for."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    main(*sys.argv[1:])
