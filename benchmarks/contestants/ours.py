"""`landscape.compute` to a file, end to end."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import landscape as ls
from benchmarks.contestants.outcome import Outcome, Run
from benchmarks.trained import SEED, Trained


def prepare(trained: Trained) -> Run:
    """Compute with one process.

    Args:
        trained: The network and its data.

    Returns:
        Evaluates a grid.
    """
    return computing(trained, lambda: {"workers": 1})


def computing(trained: Trained, settings: Callable[[], dict[str, Any]]) -> Run:
    """Make a run of `landscape.compute` with some settings.

    Args:
        trained: The network and its data.
        settings: Gives arguments of `landscape.compute`; not timed.

    Returns:
        Evaluates a grid.
    """
    # From the CPU, as users have it: the way to the device is part of the time.
    in_memory = replace(trained, device="cpu")
    problem = ls.Problem(trained.model, trained.loss, in_memory.batches())

    def run(steps: int) -> Outcome:
        chosen = settings()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "surface.h5"
            start = time.perf_counter()
            surface = ls.compute(
                problem,
                planes=1,
                steps=steps,
                seed=SEED,
                path=path,
                device=trained.device,
                **chosen,
            )
            seconds = time.perf_counter() - start
        notes: dict[str, str | float] = {"share of points": float(surface.measured.mean())}
        return Outcome(seconds, surface.loss[0], notes)

    return run
