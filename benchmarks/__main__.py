"""Speed and memory, measured side by side: `python -m benchmarks`, or `make bench`."""

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from benchmarks.memory import measure_memory
from benchmarks.plan import Plan
from benchmarks.rounds import ContestantError, say
from benchmarks.scaling import scale
from benchmarks.side_by_side import compare
from benchmarks.text import machine
from benchmarks.tolerance import compare_adaptive
from benchmarks.trained import SEED

Section = Literal["peers", "tolerance", "scaling", "memory"]
SECTIONS: tuple[Section, ...] = ("peers", "tolerance", "scaling", "memory")

app = App(name="python -m benchmarks", result_action="return_int_as_exit_code_else_zero")


@app.default
def bench(
    *,
    data_root: Path | None = None,
    only: Annotated[tuple[Section, ...], Parameter(consume_multiple=True)] = SECTIONS,
    rounds: int = 3,
    samples: int | None = None,
    quick: bool = False,
    full: bool = False,
    device: str = "cpu",
) -> int:
    """Measure speed and memory beside the peers, on this machine, in one run.

    Args:
        data_root: Folder that holds MNIST; without it scikit-learn's digits are used.
        only: Sections to run.
        rounds: How often everyone has a turn.
        samples: Samples to evaluate on; by default some hundreds, fitting each network.
        quick: One round of smaller grids: some minutes, and rough.
        full: Run the grids of 51 x 51 points: hours.
        device: Where everyone evaluates, such as `cuda`; the memory of workers is that of the CPU.

    Returns:
        1 if a section failed.
    """
    start = time.perf_counter()
    data = f"MNIST from {data_root}" if data_root else "scikit-learn's digits at 32 x 32"
    print(f"{machine(device)}\nseed {SEED}; {data}; times are wall time, ratios are of one round,")
    print("median (least - greatest) over rounds")
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(
            folder=Path(folder),
            root=data_root,
            rounds=1 if quick else rounds,
            small=(3, 7) if quick else (5, 11),
            full=full,
            samples=samples,
            worker_seconds=10 if quick else 65,
            worker_rounds=1,
            device=device,
        )
        sections: dict[Section, Callable[[], None]] = {
            "peers": partial(compare, plan),
            "tolerance": partial(compare_adaptive, plan),
            "scaling": partial(scale, plan),
            "memory": measure_memory,
        }
        for name in only:
            say(f"{name}:")
            try:
                sections[name]()
            except ContestantError as error:
                print(f"\n{name} FAILED: {error}\n{error.tail}")
                failed = True
            sys.stdout.flush()
    print(f"\n{(time.perf_counter() - start) / 60:.1f} minutes")
    return int(failed)


if __name__ == "__main__":
    app()
