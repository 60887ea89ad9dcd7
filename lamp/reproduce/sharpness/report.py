"""Whether LAMP sharpens the landscape, and whether sharpness explains detection: untested there."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from lamp.experiments import Trial
from lamp.experiments.collect import digests
from lamp.pages import Bullets, Picture, Prose, Section
from lamp.reproduce.effects import Cells, Comparison, compare
from lamp.reproduce.lens_numbers import QUANTITIES, largest_error, log_curvature, log_radius
from lamp.reproduce.mnist import DETACHED, L2, LAMP, batch_size
from lamp.reproduce.sharpness.figure import draw_sharpness
from lamp.reproduce.sharpness.link import Line, Number, correlation, explained
from lamp.reproduce.sharpness.tables import (
    NAMES,
    WHY,
    largest_table,
    line_table,
    link_table,
    mean_of,
    ratio_table,
)
from lamp.reproduce.table1.report import BATCH_SIZES, LOSSES
from lamp.reproduce.table1.trials import table1_trials
from lamp.reproduce.texts import align, listed, ratio_text, signed
from lamp.reproduce.work import Reproduction, Work


def reproduce(work: Work) -> Reproduction:
    """Compare the landscapes of the models of Table 1, and relate them to detection.

    Args:
        work: As for Table 1, whose trials are used.

    Returns:
        Ratios of sharpness, correlations and pairs.
    """
    return tell(work.run(table1_trials(work.budget), "Table 1"))


def tell(trials: Sequence[Trial]) -> Reproduction:
    """Make tables, figure and sentences from the numbers, whichever way they come out.

    Args:
        trials: Of Table 1, all or some of them.

    Returns:
        The answer.
    """
    cells: Cells = {
        (loss.title, size): [
            trial for trial in trials if trial.settings.loss == loss and batch_size(trial) == size
        ]
        for loss in LOSSES
        for size in BATCH_SIZES
    }
    compared = {key: compare(cells, of) for key, of in QUANTITIES.items()}
    links = {
        f"{name}, {scope}": correlation(trials, of, by_batch_size=within)
        for name, of in (("doubling radius", log_radius), ("curvature", log_curvature))
        for scope, within in (("over batch sizes", False), ("within batch sizes", True))
    }
    reference = [trial for trial in trials if trial.settings.loss == L2]
    lines = {
        loss.title: {
            key: explained([t for t in trials if t.settings.loss == loss], reference, of)[0]
            for key, of in (("radius", log_radius), ("curvature", log_curvature))
        }
        for loss in (LAMP, DETACHED)
    }
    figure = draw_sharpness(compared, trials)
    return Reproduction(
        title="Does LAMP sharpen the landscape, and does that explain detection?",
        lede=f"{_sharper(compared)} {_linked(links)} {_explains(lines)}",
        sections=[
            Section("Sharpness", [ratio_table(compared), Picture(figure, _CAPTION)]),
            Section("Sharpness and detection", [link_table(links), line_table(lines)]),
            Section("What differentiating the maximum does", [Prose(WHY), largest_table(cells)]),
            Section("How to read it", [Bullets(_remarks(trials))]),
        ],
        figures={"sharpness": figure},
        results={
            "log_ratios": {key: found.effects_to_dict() for key, found in compared.items()},
            "rank_correlation_with_auroc": {key: _rounded(found) for key, found in links.items()},
            "auroc_difference_by_sharpness_difference": {
                arm: {
                    key: {name: _rounded(getattr(line, name)) for name in ("at_equal", "slope")}
                    for key, line in found.items()
                    if line is not None
                }
                for arm, found in lines.items()
            },
            "largest_squared_error": {
                f"{arm}, {size}": round(mean_of(found, largest_error), 4)
                for (arm, size), found in cells.items()
                if found
            },
            "bounded_radii": sum(_bounded(trial) for trial in trials),
            "models": len(trials),
        },
        text=_text(compared),
        provenance=digests(trials),
    )


_CAPTION = (
    "Left: radius where plain L2 doubles, as a ratio to that of the L2 model of the same digit and "
    "seed; a dot is a digit, a bar the 95 % interval; below 1 is sharper. Middle: AUROC and radius "
    "of every model, both less the mean of its digit and batch size. Right: pairs of models, LAMP "
    "less L2: if sharpness explained detection, pairs would lie on a falling line through the "
    "origin. All under one lens, plain L2 on training images. The outermost hundredth of the "
    "points is beyond the limits of the middle and the right panel."
)


def _text(compared: Mapping[str, Comparison]) -> str:
    """Write the ratios for a terminal."""
    first = next(iter(compared.values()))
    rows = [["loss, batch size", *NAMES.values()]]
    for arm in first.arms[1:]:
        for size in first.conditions:
            found = [compared[key].effects.get((arm, size)) for key in NAMES]
            rows.append([f"{arm}, {size}", *map(ratio_text, found)])
    return align(rows)


def _sharper(compared: Mapping[str, Comparison]) -> str:
    """Say by which measure, and at which batch sizes, LAMP's landscape is sharper or flatter."""
    radius = _directions(compared["radius"], ("shorter", "longer"))
    curvature = _directions(compared["curvature"], ("smaller", "larger"))
    return (
        f"Seen through plain L2, the radius at which the loss of LAMP models doubles is, against "
        f"that of L2 models, {radius}; their curvature is {curvature}."
    )


def _directions(compared: Comparison, words: tuple[str, str]) -> str:
    """Write where LAMP's quantity is below that of L2, above it, or cannot be told apart."""
    found: dict[str, list[object]] = {words[0]: [], words[1]: [], "not distinguishable": []}
    for size in compared.conditions:
        effect = compared.effects.get((LAMP.title, size))
        if effect is None:
            continue
        below, above = effect.high < 0, effect.low > 0
        found[words[0] if below else words[1] if above else "not distinguishable"].append(size)
    return ", ".join(
        f"{word} at batch size{'s' * (len(sizes) > 1)} {listed(sizes)}"
        for word, sizes in found.items()
        if sizes
    )


def _linked(links: Mapping[str, Number]) -> str:
    """Say whether sharper models detect better."""
    radius = links["doubling radius, within batch sizes"]
    curvature = links["curvature, within batch sizes"]
    return (
        f"Among models of one digit and batch size, AUROC and doubling radius have a rank "
        f"correlation of {_words(radius)}, AUROC and curvature one of {_words(curvature)}."
    )


def _explains(lines: Mapping[str, Mapping[str, Line | None]]) -> str:
    """Say what is left of the effect at equal sharpness."""
    line = lines[LAMP.title].get("radius")
    if line is None:
        return ""
    return (
        f"At equal radius LAMP's AUROC differs from that of L2 by {signed(line.at_equal.value)} "
        f"[{signed(line.at_equal.low)}, {signed(line.at_equal.high)}]."
    )


def _remarks(trials: Sequence[Trial]) -> list[str]:
    """Say what must be known."""
    lens = next(trial.settings.lens for trial in trials if trial.settings.lens is not None)
    return [
        (
            f"Sharpness is taken along {lens.planes} random filter-normalized directions, the same "
            f"for all models, to {lens.radius:g} filter norms, on {lens.samples} training images."
        ),
        (
            f"In {sum(map(_bounded, trials))} of {len(trials)} models the loss does not double "
            "within the lines along some direction: their radii are known to be larger only, and "
            "they are left out of everything that needs a radius."
        ),
        (
            "Curvature is compared where it is positive in both models of a pair: where training "
            "has hardly begun, plain L2 need not have a minimum there."
        ),
        (
            "Correlation over models is no proof of cause: batch size, loss and luck of the seed "
            "move both. The pairs remove batch size, digit and initial weights."
        ),
    ]


def _bounded(trial: Trial) -> bool:
    """Tell whether a radius is only a lower bound."""
    return trial.sharpness is not None and trial.sharpness.bounded


def _words(found: Number) -> str:
    """Write a correlation."""
    numbers = [
        f"{number:+.2f}".replace("-", "−") for number in (found.value, found.low, found.high)
    ]
    return f"{numbers[0]} ({numbers[1]} to {numbers[2]})"


def _rounded(found: Number) -> dict[str, float | int]:
    """Return plain JSON values."""
    return {key: round(value, 5) for key, value in asdict(found).items()}
