"""Hold error-controlled grids against the truth: surfaces that were measured at every point.

    python -m benchmarks.calibration [--data-root DIR] [--cache DIR] [--only NAME]

Full grids of networks are computed once and kept in the cache. Refinement is then replayed on them:
what it asks for depends on nothing but the values, so that this is what `tolerance=` does.
"""

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import landscape as ls
from benchmarks.cases import Case, closed_forms, mnist_networks, networks
from landscape.points.refinement import Refinement

Array = NDArray[np.float64]

STEPS = 51
TOLERANCE, CLIP = 0.01, 10.0
CACHE = Path(__file__).parent / ".cache" / "surfaces"


@dataclass(frozen=True)
class Outcome:
    """How refinement did on one surface.

    Args:
        name: Of the surface.
        share: Of the points that were measured.
        true: Largest relative error up to the level; infinite if a finite value was taken for one
            that is not.
        estimated: The same as refinement believes it.
        inside: Share of estimates up to the level whose true error is within the estimated one.
        owed: Share of the grid up to the level.
        seconds: Of choosing points and interpolating, without evaluations.
    """

    name: str
    share: float
    true: float
    estimated: float
    inside: float
    owed: float
    seconds: float

    def __str__(self) -> str:
        mark = "" if self.true <= TOLERANCE else "  ABOVE THE TOLERANCE"
        return (
            f"{self.name:<24} {self.share:7.2%} {self.true:10.2%} {self.estimated:10.2%} "
            f"{self.inside:7.1%} {self.owed:6.0%} {self.seconds:6.1f}{mark}"
        )


def replay(name: str, coordinates: Array, truth: Array) -> Outcome:
    """Refine a surface that is known everywhere, shape (beta, alpha), or (1, alpha) for a line."""
    beta = coordinates if len(truth) > 1 else np.zeros(1)
    center = float(truth[len(truth) // 2, truth.shape[1] // 2])
    state = Refinement(
        coordinates,
        beta,
        center={"loss": center},
        tolerance=TOLERANCE,
        clip=CLIP,
        controlled=["loss"],
    )
    start = time.perf_counter()
    while state.wanted:
        state.learn({index: {"loss": float(truth.flat[index])} for index in state.wanted})
    seconds = time.perf_counter() - start
    estimate, error = state.estimates()["loss"]
    unit, level = state.scale("loss").unit, state.scale("loss").level
    owed = np.isfinite(truth) & (truth <= level)
    size = np.maximum(np.abs(truth), unit)
    with np.errstate(invalid="ignore"):
        missed = np.abs(estimate - truth)
    true = np.where(np.isfinite(estimate[owed]), missed[owed] / size[owed], np.inf)
    guessed = owed & (error > 0)
    return Outcome(
        name=name,
        share=state.measured / truth.size,
        true=float(true.max()),
        estimated=state.estimated_error,
        inside=float((missed <= error)[guessed].mean()) if guessed.any() else 1.0,
        owed=float(owed.mean()),
        seconds=seconds,
    )


def full_grid(case: Case, cache: Path) -> tuple[Array, Array]:
    """Compute a network's surface at every point, or take it from the cache."""
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"{case.name}.h5"
    if path.exists() and (surface := ls.load(path)).is_complete:
        return surface.alpha, surface.loss[0]
    settings = {"planes": 1, "steps": STEPS, **case.settings}
    surface = ls.compute(case.build(), path=path, store_directions=False, **settings)
    return surface.alpha, surface.loss[0]


def outcomes(cases: list[Case], cache: Path, only: str) -> Iterator[Outcome]:
    """Replay networks, then closed forms."""
    for case in cases:
        if only in case.name:
            yield replay(case.name, *full_grid(case, cache))
    axis = np.linspace(-1, 1, STEPS)
    for name, formula in closed_forms().items():
        if only in name:
            with np.errstate(all="ignore"):
                yield replay(name, axis, np.asarray(formula(axis[None, :], axis[:, None])))


def main() -> None:
    """Print one line a surface and a summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-root", type=Path, help="folder that holds MNIST")
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--only", default="", help="part of a name")
    options = parser.parse_args()
    cases = list(networks())
    if options.data_root is not None:
        cases += list(mnist_networks(options.data_root))
    print(f"tolerance {TOLERANCE:.0%} up to {CLIP:g} times the center, {STEPS} x {STEPS} points")
    print(f"{'surface':<24} {'points':>7} {'true':>10} {'estimated':>10} inside   owed seconds")
    found = []
    for outcome in outcomes(cases, options.cache, options.only):
        found.append(outcome)
        print(outcome, flush=True)
    names = {case.name for case in cases}
    for title, part in (
        ("networks", [one for one in found if one.name in names]),
        ("closed forms", [one for one in found if one.name not in names]),
        ("all", found),
    ):
        if part:
            held = sum(one.true <= TOLERANCE for one in part)
            worst = max(one.true for one in part) / TOLERANCE
            share = math.exp(np.mean(np.log([one.share for one in part])))
            print(
                f"{title}: within the tolerance on {held} of {len(part)} ({held / len(part):.1%}), "
                f"largest error {worst:.3g} x the tolerance, points {share:.1%} (geometric mean)"
            )


if __name__ == "__main__":
    main()
