"""Run one contestant in a process of its own: `python -m benchmarks.run_one NAME FILE STEPS...`.

Prints one line of JSON. A contestant whose package is not installed is reported, not an error.
"""

import contextlib
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from benchmarks.contestants.outcome import Run
from benchmarks.trained import Trained, read

PEERS = Path(__file__).parent / ".cache" / "peers"
"""Where `make bench` installs the peers, apart from the project's own environment."""
_WARM_UP = 3  # points a side


def main(contestant: str, file: str, *steps: str) -> int:
    """Warm up, then evaluate grids of several sizes.

    Args:
        contestant: Module in `benchmarks.contestants`.
        file: A trained network.
        *steps: Points a side, one number for each grid.

    Returns:
        1 if the contestant failed.
    """
    torch.set_num_threads(1)
    torch.manual_seed(0)
    with contextlib.redirect_stdout(sys.stderr):  # peers print
        try:
            prepare = load(contestant)
        except ImportError as error:
            result: dict[str, Any] = {"absent": str(error)}
        else:
            result = evaluate(prepare, Path(file), [int(number) for number in steps])
    sys.stdout.write(json.dumps(result) + "\n")
    return int("failed" in result)


def evaluate(prepare: Callable[[Trained], Run], file: Path, steps: list[int]) -> dict[str, Any]:
    """Evaluate grids of several sizes, after a warm-up.

    Args:
        prepare: Of a contestant.
        file: A trained network.
        steps: Points a side of each grid.

    Returns:
        Wall and processor time of each, values and notes of the last; or what went wrong.
    """
    outcomes, cpu = [], []
    try:
        run = prepare(read(file))
        run(_WARM_UP)
        for number in steps:
            before = cpu_seconds()
            outcomes.append(run(number))
            cpu.append(cpu_seconds() - before)
    except Exception as error:
        traceback.print_exc()
        return {"failed": f"{type(error).__name__}: {error}"}
    return {
        "seconds": [outcome.seconds for outcome in outcomes],
        "cpu": cpu,
        "values": outcomes[-1].values.tolist(),
        "notes": outcomes[-1].notes,
    }


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
    waited_for = os.times()
    return time.process_time() + waited_for.children_user + waited_for.children_system


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
