"""The controls as a table, a picture and sentences, made from the numbers."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from lamp.experiments import Trial
from lamp.experiments.collect import digests, matrix
from lamp.pages import Bullets, Picture, Section, Table
from lamp.pages.blocks import Cell
from lamp.reproduce.effects import Cells, Comparison, compare
from lamp.reproduce.lens_numbers import QUANTITIES, worst_pixel
from lamp.reproduce.mnist import DETACHED, L2, LAMP, steps
from lamp.reproduce.texts import (
    align,
    cell,
    effect_cell,
    effect_text,
    p_text,
    ratio_cell,
    short,
)
from lamp.reproduce.work import Reproduction
from landscape.figures import HouseFigure, house_style
from landscape.figures.style import GREY, LINE_COLORS, PAGE


def tell(
    adam: Sequence[Trial],
    sgd: Sequence[Trial],
    matched: Sequence[Trial],
    *,
    gain: float,
) -> Reproduction:
    """Make the tables, the figure and the sentences, whichever way the numbers come out.

    Args:
        adam: Under Adam, all arms.
        sgd: Under SGD: L2, LAMP, L2 with LAMP's step lengths, c * L2.
        matched: Of batch size 16, with as many steps as the others have.
        gain: The c.

    Returns:
        The controls.
    """
    groups = {"Adam": adam, "SGD": sgd, "batch size 16, matched steps": matched}
    cells: dict[str, Cells] = {
        name: {
            (loss.title, "all"): [trial for trial in trials if trial.settings.loss == loss]
            for loss in dict.fromkeys(trial.settings.loss for trial in trials)
        }
        for name, trials in groups.items()
        if trials
    }
    compared = {name: compare(found) for name, found in cells.items()}
    figure = _draw(compared)
    return Reproduction(
        title="Controls: what of LAMP helps",
        lede=_lede(compared, gain),
        sections=[
            Section("Detection", [_table(compared), Picture(figure, _CAPTION)]),
            Section("Landscapes", [_lens_table(cells)]),
            Section("How to read it", [Bullets(_remarks(adam, matched, gain))]),
        ],
        figures={"controls": figure},
        results={
            "c": gain,
            "auroc": {name: found.to_dict() for name, found in compared.items()},
            "log_ratios": {
                key: {name: compare(found, of).effects_to_dict() for name, found in cells.items()}
                for key, of in QUANTITIES.items()
            },
            "worst_pixel_share": {
                name: {
                    arm: round(float(np.nanmean(matrix(trials, worst_pixel))), 4)
                    for (arm, _), trials in found.items()
                }
                for name, found in cells.items()
            },
        },
        text=_text(compared),
        provenance=digests(adam),
    )


_CAPTION = (
    "AUROC less that of plain L2 of the same digit and seed, batch size 128 unless said "
    "otherwise. A dot is a digit, mean of its seeds; a bar is the 95 % interval of the mean."
)


def _table(compared: dict[str, Comparison]) -> Table:
    """Tabulate AUROC and differences of all arms."""
    rows: list[list[Cell]] = []
    for name, found in compared.items():
        for arm in found.arms:
            effect = found.effects.get((arm, "all"))
            rows.append(
                [
                    name,
                    arm,
                    cell(found.mean(arm, "all")),
                    effect_cell(effect),
                    p_text(found.adjusted[arm, "all"]) if effect else "",
                    f"{effect.higher} of {effect.pairs}" if effect else "",
                ]
            )
    return Table(
        columns=["training", "loss", "AUROC", "difference to L2", "p", "higher in pairs"],
        rows=rows,
        caption=(
            "AUROC of the L2 score on the MNIST test images, mean of the digits and their seeds. "
            "Differences are over pairs of digit and seed: 95 % intervals and p by Student's t "
            "over the means of digits, p adjusted over the losses of one training (Holm)."
        ),
    )


def _lens_table(cells: dict[str, Cells]) -> Table:
    """Tabulate ratios to L2 under the common lens."""
    rows: list[list[Cell]] = []
    for name, found in cells.items():
        effects = {key: compare(found, of).effects for key, of in QUANTITIES.items()}
        for (arm, _), trials in found.items():
            ratios = [ratio_cell(effects[key].get((arm, "all"))) for key in QUANTITIES]
            share = float(np.nanmean(matrix(trials, worst_pixel)))
            rows.append([name, arm, *ratios, cell(100 * share)])
    return Table(
        columns=[
            "training",
            "loss",
            "center loss",
            "doubling radius",
            "without worst pixel",
            "curvature",
            "worst pixel's share",
        ],
        units=["", "", "ratio", "ratio", "ratio", "ratio", "%"],
        rows=rows,
        caption=(
            "The same models seen through plain L2 on 128 of their training images, along five "
            "filter-normalized lines that all share; ratios to L2 with 95 % intervals. A smaller "
            "radius and a larger curvature are sharper; the first is relative to the loss at the "
            "center, the second is not."
        ),
    )


def _text(compared: dict[str, Comparison]) -> str:
    """Write the table for a terminal."""
    rows = [["training, loss", "AUROC", "difference to L2", "p"]]
    for name, found in compared.items():
        for arm in found.arms:
            effect = found.effects.get((arm, "all"))
            rows.append(
                [
                    f"{name}: {arm}",
                    short(found.mean(arm, "all")),
                    effect_text(effect) if effect else "",
                    p_text(found.adjusted[arm, "all"]) if effect else "",
                ]
            )
    return align(rows)


def _draw(compared: dict[str, Comparison]) -> Figure:
    """Draw the differences of all arms, one line each."""
    lines = [
        (name, arm, found)
        for name, found in compared.items()
        for arm in found.arms[1:]
        if (arm, "all") in found.effects
    ]
    colors = dict(zip(compared, LINE_COLORS[1:], strict=False))
    with house_style():
        figure = HouseFigure(figsize=(PAGE, 0.24 * len(lines) + 0.9), layout="constrained")
        ax = figure.add_subplot()
        ax.axvline(0, color=GREY, lw=0.8, zorder=0)
        for place, (name, arm, found) in enumerate(lines):
            effect = found.effects[arm, "all"]
            dots = np.nanmean(found.differences[arm, "all"], axis=1)
            color = colors[name]
            ax.scatter(dots, np.full(len(dots), place), s=8, alpha=0.45, lw=0, color=color)
            ax.hlines(place, effect.low, effect.high, color=color, lw=2)
            ax.vlines(effect.value, place - 0.3, place + 0.3, color=color, lw=2)
        ax.set_yticks(range(len(lines)), [f"{name}: {arm}" for name, arm, _ in lines])
        ax.set_ylim(len(lines) - 0.4, -0.6)
        ax.set_xlabel("AUROC less that of L2")
        ax.set_xscale("symlog", linthresh=0.05)
        ticks = [-0.5, -0.2, -0.05, -0.02, 0, 0.02, 0.05, 0.2]
        ax.set_xticks(ticks, [f"{tick:+g}".replace("-", "−") if tick else "0" for tick in ticks])
        ax.minorticks_off()
        ax.spines[["top", "right"]].set_visible(False)
    return figure


def _lede(compared: dict[str, Comparison], gain: float) -> str:
    """Say in a sentence for each training what the controls leave of the effect."""
    arms = (
        LAMP.title,
        DETACHED.title,
        LAMP.model_copy(update={"matched": True}).title,
        L2.model_copy(update={"factor": gain}).title,
    )
    sentences = []
    for name, found in compared.items():
        parts = [
            f"{arm} {effect_text(found.effects[arm, 'all'])}"
            for arm in arms
            if (arm, "all") in found.effects
        ]
        sentences.append(f"{name}: {'; '.join(parts)}.")
    return f"AUROC less that of L2. {' '.join(sentences)}"


def _remarks(adam: Sequence[Trial], matched: Sequence[Trial], gain: float) -> list[str]:
    """Say what each control is for."""
    remarks = [
        (
            "L2, steps as long as LAMP's: at every step the gradient of L2, scaled to the length "
            "of LAMP's gradient there. What LAMP does beyond it lies in where its gradient points."
        ),
        (
            f"L2 times {gain:g}: by so much LAMP's gradients are longer on average. Under Adam a "
            "constant changes nothing; under SGD it is a learning rate."
        ),
        (
            "Error / maximum, no logarithm: the first term of the series of LAMP. Binary "
            "cross-entropy: what unscaled L1-LAMP becomes for black and white images."
        ),
        f"All see {adam[0].settings.training.samples:,} images in {steps(adam[0]):,} steps.",
    ]
    if matched:
        remarks.append(
            f"Matched steps: batch size 16 with {steps(matched[0]):,} steps, and so with "
            f"{matched[0].settings.training.samples:,} images."
        )
    remarks.append(
        "Where the loss does not double within the lines, a radius is only known to be larger and "
        "its pair is left out: " + ", ".join(_left_out(adam)) + "."
    )
    return remarks


def _left_out(trials: Sequence[Trial]) -> list[str]:
    """Count trials whose radius is a bound, by loss."""
    counts: dict[str, list[bool]] = {}
    for trial in trials:
        if trial.sharpness is not None:
            counts.setdefault(trial.settings.loss.title, []).append(trial.sharpness.bounded)
    found = [f"{sum(each)} of {len(each)} ({arm})" for arm, each in counts.items() if any(each)]
    return found or ["none"]
