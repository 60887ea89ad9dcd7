"""Hold error-controlled grids against the truth: surfaces that were measured at every point.

    python -m benchmarks.calibration [--data-root DIR] [--cache DIR] [--only NAME] [--cached]

Full grids of networks are computed once and kept in the cache. Refinement is then replayed on them:
what it asks for depends on nothing but the values, so that this is what `tolerance=` does. The
constants of the method were chosen on the tuning half alone.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import landscape as ls
from benchmarks.cases import Case, closed_forms, mnist_networks, networks
from benchmarks.formulas import formulas
from benchmarks.held_out import held_out_networks
from landscape.points.refinement import Refinement

Array = NDArray[np.float64]

STEPS = 51
TOLERANCE, CLIP = 0.01, 10.0
COSTS = (0.001, 0.01, 0.1)
"""Seconds that a point may take."""
TOO_NARROW = {"spike-away"}
"""Closed forms with a feature below the stated resolution: a standard deviation of 0.045."""
CACHE = Path(__file__).parent / ".cache" / "surfaces"


@dataclass(frozen=True)
class Known:
    """A surface that is known at every point.

    Args:
        name: Of the surface.
        half: `tuning` or `held out`.
        is_network: Or a formula.
        values: Shape (beta, alpha).
        is_too_narrow: Whether it has a feature below the stated resolution.
    """

    name: str
    half: str
    is_network: bool
    values: Array
    is_too_narrow: bool = False


@dataclass(frozen=True)
class Outcome:
    """How refinement did on one surface.

    Args:
        known: The surface.
        share: Of the points that were measured.
        true: Largest relative error where the truth or the estimate is below the level; infinite
            if a finite value was taken for one that is not, or the reverse.
        estimated: The same as refinement believes it.
        inside: Share of estimates below the level whose true error is within the estimated one.
        below: Share of the grid below the level.
        seconds: Of choosing points and interpolating, without evaluations.
        slowdown: Largest ratio of the whole time to that of the full grid, over `COSTS`.
    """

    known: Known
    share: float
    true: float
    estimated: float
    inside: float
    below: float
    seconds: float
    slowdown: float

    @property
    def holds(self) -> bool:
        """Whether the promise was kept."""
        return self.true <= TOLERANCE

    def __str__(self) -> str:
        mark = "" if self.holds else "  ABOVE THE TOLERANCE"
        if not self.holds and self.known.is_too_narrow:
            mark += ", below the resolution"
        return (
            f"{self.known.half:<9} {self.known.name:<22} {self.share:7.2%} {self.true:9.2%} "
            f"{self.estimated:9.2%} {self.inside:7.1%} {self.below:6.0%} {self.seconds:7.2f} "
            f"{self.slowdown:8.2f}{mark}"
        )


def replay(truth: Array, seconds: float = np.inf) -> tuple[Refinement, float]:
    """Refine a surface that is known everywhere; return the end and the processor time it took."""
    side = np.linspace(-1, 1, truth.shape[1])
    state = Refinement(
        side,
        side,
        center={"loss": float(truth.flat[truth.size // 2])},
        tolerance=TOLERANCE,
        clip=CLIP,
        controlled=["loss"],
        seconds=seconds,
    )
    start = time.process_time()
    while state.wanted:
        state.learn({index: {"loss": float(truth.flat[index])} for index in state.wanted})
        state.estimates()  # as `compute` does, which stores them after each round
    return state, time.process_time() - start


def judge(known: Known) -> Outcome:
    """Refine a surface and hold it against the truth; try what it costs for slow and fast points.

    Args:
        known: The surface.

    Returns:
        Errors and share for points that cost much, and the worst of all costs.
    """
    truth = known.values
    state, seconds = replay(truth)
    ratios = []
    for cost in COSTS:
        # Where choosing is far from what it may cost, this cost changes nothing.
        same = seconds < 0.02 * cost * truth.size
        other, other_seconds = (state, seconds) if same else replay(truth, cost)
        ratios.append(other.measured / truth.size + other_seconds / (cost * truth.size))
    estimate, error = state.estimates()["loss"]
    unit, level = state.scale("loss").unit, state.scale("loss").level
    # What is not finite lies above any level: an estimate below it is wrong there, beyond measure.
    top = np.where(np.isfinite(truth), truth, np.inf)
    counted = np.fmin(top, estimate) <= level
    with np.errstate(invalid="ignore"):
        missed = np.abs(estimate - truth) / np.maximum(np.abs(truth), unit)
        inside = np.abs(estimate - truth) <= error
    missed[~np.isfinite(estimate) | ~np.isfinite(truth)] = np.inf
    guessed = counted & (error > 0)
    return Outcome(
        known=known,
        share=state.measured / truth.size,
        true=float(missed[counted].max()),
        estimated=state.estimated_error,
        inside=float(inside[guessed].mean()) if guessed.any() else 1.0,
        below=float(counted.mean()),
        seconds=seconds,
        slowdown=max(ratios),
    )


def full_grid(case: Case, cache: Path, *, cached: bool) -> Array | None:
    """Compute a network's surface at every point, or take it from the cache."""
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"{case.name}.npz"
    if not path.exists():
        if cached:
            return None
        settings = {"planes": 1, "steps": STEPS, "workers": 1, **case.settings}
        surface = ls.compute(case.build(), **settings)
        np.savez(path, loss=surface.loss[0])
    values: Array = np.load(path)["loss"]
    return values


def surfaces(options: argparse.Namespace) -> Iterator[Known]:
    """Yield all surfaces: networks, then closed forms, then formulas with random parameters."""
    tuning = list(networks())
    if options.data_root is not None:
        tuning += list(mnist_networks(options.data_root))
    for half, cases in (("tuning", tuning), ("held out", list(held_out_networks()))):
        for case in cases:
            values = full_grid(case, options.cache, cached=options.cached)
            if values is not None and options.only in case.name:
                yield Known(case.name, half, True, values)
    side = np.linspace(-1, 1, STEPS)
    a, b = side[None, :], side[:, None]
    with np.errstate(all="ignore"):
        for name, value in closed_forms().items():
            if options.only in name:
                values = np.asarray(value(a, b), float)
                yield Known(name, "tuning", False, values, name in TOO_NARROW)
        for half, seed in (("tuning", 0), ("held out", 1)):
            for formula in formulas(seed):
                if options.only in formula.name:
                    values = np.asarray(formula.value(a, b), float)
                    yield Known(formula.name, half, False, values, formula.is_too_narrow)


def ratio(count: int, total: int) -> str:
    """Say how many of how many, with the 95 % interval of Wilson (1927)."""
    if not total:
        return "none of none"
    z = 1.96
    share, scale = count / total, 1 + z**2 / total
    middle = (share + z**2 / (2 * total)) / scale
    half = z / scale * np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    low, high = middle - half, middle + half
    return f"{count} of {total} ({share:.1%}; interval {low:.1%} to {high:.1%})"


def summarize(title: str, found: Sequence[Outcome]) -> str:
    """Say in a paragraph how well the promise was kept."""
    seen = [one for one in found if not one.known.is_too_narrow]
    share = np.array([one.share for one in found])
    far = [one.known.name for one in seen if one.true > 3 * TOLERANCE]
    held, seen_held = (sum(one.holds for one in part) for part in (found, seen))
    return (
        f"{title}: {len(found)} surfaces ({sum(o.known.is_network for o in found)} of networks)\n"
        f"  within the tolerance: {ratio(held, len(found))}\n"
        f"  without features below the resolution: {ratio(seen_held, len(seen))}, "
        f"{len(far)} of them beyond 3 x ({', '.join(far) or 'none'})\n"
        f"  share of points: median {np.median(share):.1%}, quartiles "
        f"{np.quantile(share, 0.25):.1%} and {np.quantile(share, 0.75):.1%}\n"
        f"  slowest against the full grid: {max(o.slowdown for o in found):.2f} x"
    )


def main() -> None:
    """Print one line a surface and a summary of each half."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-root", type=Path, help="folder that holds MNIST")
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--cached", action="store_true", help="leave out networks not in the cache")
    parser.add_argument("--only", default="", help="part of a name")
    options = parser.parse_args()
    print(f"tolerance {TOLERANCE:.0%} up to {CLIP:g} times the center, {STEPS} x {STEPS} points")
    print(
        f"{'half':<9} {'name':<22} {'points':>7} {'true':>9} {'estimated':>9} {'inside':>7} "
        f"{'below':>6} {'seconds':>7} {'slowdown':>8}"
    )
    found = []
    for known in surfaces(options):
        found.append(judge(known))
        print(found[-1], flush=True)
    for half in ("tuning", "held out"):
        part = [one for one in found if one.known.half == half]
        if part:
            print(summarize(half, part))
            nets = [one for one in part if one.known.is_network]
            if nets:
                print(summarize(f"{half}, networks alone", nets))
    print(summarize("all", found))


if __name__ == "__main__":
    main()
