"""Whether a problem gives the same values whenever it is asked: before, while and after."""

import itertools
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from landscape.errors import LandscapeError, ProblemError, SettingsMismatchError
from landscape.objective.batchnorm import layers
from landscape.objective.determinism import explain_difference, nondeterministic_hint
from landscape.objective.evaluate import Objective
from landscape.objective.values import Sample
from landscape.planes.along import Made
from landscape.planes.plane import Plane
from landscape.request import Request
from landscape.surface.data import Array, Surface
from landscape.surface.identity import OTHER_PROCESSOR

logger = logging.getLogger("landscape")

_WITNESS = (1 / 100, -1 / 300)
"""The witness's place in units of the radius: on no axis and no diagonal, where directions could
cancel, and near the center, as a far point may end the process that evaluates it."""
Extent = tuple[tuple[float, float], tuple[float, float]]
"""Lowest and highest alpha, and beta."""

_NAN_HINT = (
    "check that the model is trained and fed as in training; a mean over nothing, such as of a "
    "sequence without a valid token, needs a weight of 0 ({'loss': ..., 'weight': ...})"
)
_INFINITE_HINT = "it overflows: use model.double(), or check that the model is trained"


def evaluate_center(objective: Objective, sizes: Sequence[int]) -> tuple[dict[str, Sample], float]:
    """Evaluate the center twice; refuse what is random or not finite; time one evaluation.

    Args:
        objective: At the center.
        sizes: Samples in each batch, to notice means of batches that are averaged by samples.

    Returns:
        Every metric's values, and seconds.

    Raises:
        ProblemError: If a metric is not finite or differs between two evaluations.
    """
    first = objective.evaluate()
    start = time.perf_counter()
    second = objective.evaluate()
    seconds = time.perf_counter() - start
    for name, sample in first.items():
        if not np.isfinite(sample.mean):
            raise ProblemError(
                f"{name} at the center is {sample.mean}{_place(sample, sizes)}",
                hint=_NAN_HINT if np.isnan(sample.mean) else _INFINITE_HINT,
            )
        by_samples = len(sizes) > 1 and np.array_equal(sample.weights, sizes)
        if by_samples and not sample.per_sample:
            logger.warning(
                "%s is one number for each of %d batches: they are averaged by samples; a mean "
                "over something else (tokens, weights) needs {'loss': ..., 'weight': ...}",
                name,
                sample.values.size,
            )
    _check_repeatable(objective, "at the center", first, second)
    return first, seconds


def _place(sample: Sample, sizes: Sequence[int]) -> str:
    """Say where the first value is that is not finite, counted from 1, in the caller's batches."""
    if sample.per_sample and len(sample.values) == sum(sizes):  # others may have been evaluated
        sample = replace(sample, lengths=tuple(sizes))
    found = sample.first_not_finite()
    if found is None:
        return ""  # finite values whose sum is not
    batch, entry = found
    return f", first in batch {batch + 1}" + (f", value {entry + 1}" if entry is not None else "")


def evaluate_witness(
    objective: Objective, center: Mapping[str, Sample], plane: Plane, extent: Extent
) -> dict[str, float]:
    """Evaluate a fixed point beside the center, which a file keeps to know its problem again.

    Args:
        objective: Left at the center.
        center: Values there.
        plane: The first one.
        extent: Ends of the grid along alpha, and along beta.

    Returns:
        Mean of every metric; nothing where the loss fails there.

    Raises:
        ProblemError: If values there are random, or are those of the center in all corners too.
    """
    reach = [max(map(abs, ends)) for ends in extent]
    alpha, beta = (end * share for end, share in zip(reach, _WITNESS, strict=True))
    objective.enter(plane)
    try:
        first, second = objective.at(alpha, beta), objective.at(alpha, beta)
        constant = same_values(center, first) and _same_in_corners(objective, center, extent)
    except ProblemError:  # a point that fails is a result
        return {}
    finally:
        objective.leave()
    _check_repeatable(objective, "away from the center", first, second)
    if constant:
        raise ProblemError(
            "the loss is the same at the center and in all corners of the grid",
            hint="loss(model, batch) must use the model that it is given, not one from outside; if "
            "it does and is constant there, take a larger radius; if rounding swallows the change "
            "(a large constant, tiny numbers), use model.double() or leave the constant out",
        )
    return {name: sample.mean for name, sample in first.items()}


def _check_repeatable(
    objective: Objective, where: str, first: Mapping[str, Sample], second: Mapping[str, Sample]
) -> None:
    """Refuse values that differ between two evaluations of one point.

    Sums that a GPU takes in another order each time differ by rounding, which is no fault.
    """
    differing = [n for n, s in first.items() if not same_values({n: s}, {n: second[n]})]
    if not differing:
        return
    operations = explain_difference(objective)
    means = {name: (first[name].mean, second[name].mean) for name in differing}
    if operations and all(
        np.isclose(*pair, rtol=OTHER_PROCESSOR, atol=0) for pair in means.values()
    ):
        return
    one, other = means[differing[0]]
    because = f"; {operations} does not add in the same order each time" if operations else ""
    raise ProblemError(
        f"{differing[0]} {where} differs between two evaluations: {one:.9g} and {other:.9g}"
        f"{because}",
        hint=nondeterministic_hint(objective.device),
    )


def _same_in_corners(objective: Objective, center: Mapping[str, Sample], extent: Extent) -> bool:
    """Tell whether the loss is the center's to the last bit in all corners of the grid, too.

    Beside the center alone that is no fault: a 0-1 error, a satisfied hinge and a saturated
    cross-entropy are constant there.
    """
    corners = itertools.product(*extent)
    return all(same_values(center, objective.at(alpha, beta)) for alpha, beta in corners)


def same_values(first: Mapping[str, Sample], second: Mapping[str, Sample]) -> bool:
    """Tell whether two evaluations gave the same values, bit for bit: NaN equals NaN."""
    bits = [{n: s.values.view(np.int64) for n, s in samples.items()} for samples in (first, second)]
    return first.keys() == second.keys() and all(
        np.array_equal(bits[0][name], bits[1][name]) for name in first
    )


def check_metrics(request: Request, center: Mapping[str, Sample]) -> None:
    """Refuse metrics that were named and are none.

    Args:
        request: What was asked for.
        center: Every metric there is.

    Raises:
        LandscapeError: Naming it, and those that there are.
    """
    promised = request.grid.tolerance_metrics if request.grid.tolerance is not None else ()
    for what, names in (("tolerance_metrics", promised), ("metrics", request.problem.metrics)):
        for name in names:
            if name not in center:
                raise LandscapeError(f"expected {what} among {', '.join(center)}, got {name!r}")


def check_directions(request: Request, made: Made, gram: Array) -> None:
    """Refuse planes of which a direction is zero; warn of what pictures and values may lack.

    Args:
        request: What was asked for.
        made: The planes.
        gram: Gram matrices of all planes, shape (plane, axes, axes).

    Raises:
        LandscapeError: If nothing would move.
    """
    if not np.diagonal(gram, axis1=1, axis2=2).all():
        raise LandscapeError(
            "a direction is zero: nothing moves along it",
            hint="a filter that is zero in the model stays zero under normalization: "
            "try normalize='unit' (--normalize unit), or a trained model",
        )
    if request.grid.steps % 2 == 0 and request.grid.window is None:
        logger.warning(
            "an even number of steps (%d) leaves the center between the points of the grid; an odd "
            "one has it",
            request.grid.steps,
        )
    if (
        made.normalize == "given"
        and request.grid.batchnorm == "frozen"
        and layers(request.problem.model)
    ):
        logger.warning(
            "BatchNorm keeps the running statistics of the center along the whole plane: at "
            "another checkpoint they are wrong; batchnorm='recalibrated' "
            "(--batchnorm recalibrated) takes them anew"
        )


def remeasure(
    objective: Objective, found: Surface, planes: Sequence[Plane], *, most: int = 3
) -> None:
    """Measure some stored points again before a file is continued or believed.

    They are the highest finite one, where what is added or clamped shows, and the median one of
    some planes. All have been measured before, so that none of them ends this process.

    Args:
        objective: Left at the center.
        found: What the file holds.
        planes: Its planes.
        most: How many of them; each is drawn once more.

    Raises:
        SettingsMismatchError: If a value is another now.
    """
    for index in np.flatnonzero(found.measured.any((1, 2)))[:most]:
        objective.enter(planes[int(index)])
        try:
            for row, column in _telling(found, int(index)):
                _compare(objective, found, (int(index), row, column))
        finally:
            objective.leave()


def _telling(found: Surface, plane: int) -> list[tuple[int, int]]:
    """Choose the points of one plane that are measured again."""
    places = np.argwhere(found.measured[plane])
    values = found.loss[plane][found.measured[plane]]
    finite = np.flatnonzero(np.isfinite(values))
    order = finite[np.argsort(values[finite], kind="stable")]
    if not order.size:
        order = np.arange(len(values))
    return [(int(r), int(c)) for r, c in places[[order[-1], order[len(order) // 2]]]]


def _compare(objective: Objective, found: Surface, point: tuple[int, int, int]) -> None:
    """Measure one stored point of the entered plane again."""
    plane, row, column = point
    alpha, beta = float(found.alpha[column]), float(found.beta[row])
    reason = ""
    try:
        now = {name: sample.mean for name, sample in objective.at(alpha, beta).items()}
    except ProblemError as error:
        now, reason = dict.fromkeys(found.metrics, np.nan), f" ({error})"
    for name, value in now.items():
        old = float(found.values[name][point])
        if not np.isclose(value, old, rtol=OTHER_PROCESSOR, atol=0, equal_nan=True):
            raise SettingsMismatchError(
                f"{name} at plane {plane}, alpha {alpha:.3g}, beta {beta:.3g} was {old:.9g} and is "
                f"{value:.9g}{reason} when it is measured again",
                hint="if the file is older, the code of model or loss has changed: choose another "
                "file, or replace this one with overwrite=True (--overwrite); else look for random "
                "numbers, or for state or data that evaluation changes",
            )


def check_drift(surface: Surface, after: Mapping[str, float]) -> None:
    """Refuse a surface whose center has not stayed what it was.

    With an odd number of steps the center is a point of every plane.

    Args:
        surface: As measured.
        after: Mean of every metric at the center, evaluated once more at the end.

    Raises:
        ProblemError: Naming the place and both values.
    """
    row, column = (np.flatnonzero(np.abs(side) == 0) for side in (surface.beta, surface.alpha))
    for name, center in surface.center.items():
        seen = {"once more at the end": after[name]}
        if row.size and column.size:
            for plane in np.flatnonzero(surface.measured[:, row[0], column[0]]):
                value = float(surface.values[name][plane, row[0], column[0]])
                seen[f"as a point of plane {plane}"] = value
        for when, value in seen.items():
            if not np.isclose(value, center, rtol=OTHER_PROCESSOR, atol=0):
                raise ProblemError(
                    f"{name} at the center was {center:.9g} at first and {value:.9g} {when}: "
                    "values depend on the order in which points are evaluated",
                    hint="look for state that evaluation changes: a buffer, a counter, a cache, or "
                    "a batch that is changed in place; the file's values are not to be trusted",
                )
