"""Table 1 as a table, a picture and sentences, made from trials."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from lamp.experiments import Trial, choose
from lamp.experiments.collect import auroc_at, digests
from lamp.pages import Bullets, Picture, Section, Table
from lamp.pages.blocks import Cell
from lamp.reproduce.effects import Cells, Comparison, Condition, compare
from lamp.reproduce.mnist import DETACHED, L2, LAMP, batch_size, steps
from lamp.reproduce.paper import TABLE1 as PAPER
from lamp.reproduce.table1.figure import draw_table1
from lamp.reproduce.texts import (
    align,
    cell,
    effect_cell,
    effect_text,
    listed,
    p_text,
    short,
    signed,
)
from lamp.reproduce.work import Reproduction

LOSSES = (L2, LAMP, DETACHED)
BATCH_SIZES = (1024, 128, 32, 16, 4, 1)


def tell(trials: Sequence[Trial], baselines: Sequence[Mapping[str, float]]) -> Reproduction:
    """Make the table, the figure and the sentences from the numbers, whichever way they come out.

    Args:
        trials: Of `table1_trials`, all or some of them.
        baselines: AUROC of the trivial detectors, one dictionary a digit.

    Returns:
        Table 1.
    """
    cells: Cells = {
        (loss.title, size): [
            trial for trial in trials if trial.settings.loss == loss and batch_size(trial) == size
        ]
        for loss in LOSSES
        for size in BATCH_SIZES
    }
    compared = compare(cells)
    trivial = {name: float(np.mean([each[name] for each in baselines])) for name in baselines[0]}
    printed = {
        loss.title: [_paper(loss.name, size) for size in compared.conditions] for loss in (L2, LAMP)
    }
    figure = draw_table1(compared, printed, trivial)
    return Reproduction(
        title="Table 1: MNIST, one digit normal",
        lede=_lede(compared),
        sections=[
            Section(
                "AUROC",
                [_table(compared), Picture(figure, _CAPTION), Bullets(_remarks(trials, trivial))],
            ),
            Section("Budget and choice", [_budget_table(cells), _choices(cells)]),
        ],
        figures={"table1": figure},
        results={
            **compared.to_dict(),
            "effects_at_half_the_budget": compare(cells, auroc_at(0)).effects_to_dict()["effects"],
            "steps": {str(size): _steps(trials, size) for size in compared.conditions},
            "baselines": trivial,
            "paper": {name: list(numbers) for name, numbers in PAPER.items()},
        },
        text=_text(compared),
        provenance=digests(trials),
    )


_CAPTION = (
    "Left: AUROC over batch sizes, mean of ten digits; filled: here, hollow: the paper, which "
    "gives no spread. Right: difference to L2 of the same digit and seed; a dot is a digit, mean "
    "of its seeds, a bar the 95 % interval of the mean. It shows what was detected, and nothing "
    "about landscapes."
)


def _steps(trials: Sequence[Trial], size: Condition) -> int:
    """Return the number of optimizer steps at a batch size."""
    return next(steps(trial) for trial in trials if batch_size(trial) == size)


def _paper(name: str, size: Condition) -> float:
    """Return the paper's number."""
    return PAPER[name][BATCH_SIZES.index(int(size))]


def _table(compared: Comparison) -> Table:
    """Tabulate AUROC and differences beside the paper's."""
    base, *others = compared.arms
    rows: list[list[Cell]] = []
    for size in compared.conditions:
        row: list[Cell] = [str(size), cell(compared.mean(base, size))]
        for arm in others:
            effect = compared.effects.get((arm, size))
            row += [cell(compared.mean(arm, size)), effect_cell(effect)]
            row += [p_text(compared.adjusted.get((arm, size), math.nan))]
        paper = [_paper("l2", size), _paper("l2-lamp", size)]
        rows.append([*row, *paper, signed(paper[1] - paper[0])])
    columns = ["batch size", base]
    for arm in others:
        columns += [arm, "difference", "p"]
    return Table(
        columns=[*columns, "paper: L2", "LAMP", "difference"],
        rows=rows,
        caption=(
            "AUROC of the L2 score on the 10,000 test images, mean of the ten digits and their "
            "seeds. Differences to L2 are over pairs that share digit, seed, initial weights and "
            "order of images: 95 % intervals and p by Student's t over the means of digits, "
            "p adjusted over losses and batch sizes together (Holm)."
        ),
    )


def _budget_table(cells: Cells) -> Table:
    """Tabulate differences at half of the budget and at its end."""
    half, end = compare(cells, auroc_at(0)), compare(cells)
    rows: list[list[Cell]] = [
        [arm, str(size), effect_cell(half.effects.get((arm, size))), effect_cell(effect)]
        for (arm, size), effect in end.effects.items()
    ]
    return Table(
        columns=["loss", "batch size", "at half of the budget", "at its end"],
        rows=rows,
        caption=(
            "AUROC less that of L2, as above, and when half of the images had been seen: where the "
            "two differ, the answer depends on the budget."
        ),
    )


def _choices(cells: Cells) -> Table:
    """Tabulate what is reached at the end, at the mark chosen on held-out normals, at the best."""
    rows: list[list[Cell]] = []
    for (arm, size), found in cells.items():
        chosen = [choose([trial], trial) for trial in found if trial.marks]
        if chosen:
            each = [
                float(np.mean([one.auroc for one in way if one is not None]))
                for way in zip(*((c.last, c.held_out, c.oracle) for c in chosen), strict=True)
            ]
            rows.append([arm, str(size), *each])
    return Table(
        columns=["loss", "batch size", "at the end", "held-out normals", "oracle"],
        rows=rows,
        caption=(
            "Each training is judged at half of its budget and at its end. Held-out normals: at "
            "the mark where images of the normal class that were not trained on are reconstructed "
            "best. Oracle: at the mark with the highest AUROC on the test images, which cannot be "
            "had in practice."
        ),
    )


def _text(compared: Comparison) -> str:
    """Write the table for a terminal."""
    base, *others = compared.arms
    rows = [["batch", base, *(word for arm in others for word in (arm, "difference")), "paper"]]
    for size in compared.conditions:
        row = [str(size), short(compared.mean(base, size))]
        for arm in others:
            effect = compared.effects.get((arm, size))
            row += [short(compared.mean(arm, size)), effect_text(effect)]
        row.append(f"{short(_paper('l2', size))} -> {short(_paper('l2-lamp', size))}")
        rows.append(row)
    return align(rows)


def _lede(compared: Comparison) -> str:
    """Say where it agrees with the paper and where not."""
    arm = compared.arms[1]
    keys = [(arm, size) for size in compared.conditions if (arm, size) in compared.effects]
    better = [size for _, size in keys if compared.effects[arm, size].low > 0]
    worse = [size for _, size in keys if compared.effects[arm, size].high < 0]
    open_ = [size for _, size in keys if size not in better and size not in worse]
    parts = [
        f"{what} at batch size{'s' * (len(sizes) > 1)} {listed(sizes)}"
        for what, sizes in (("better", better), ("worse", worse), ("not distinguishable", open_))
        if sizes
    ]
    total = len(compared.conditions)
    return (
        f"The paper has LAMP better at all six batch sizes. Here its literal form is "
        f"{', '.join(parts)} ({len(better)} of {total} agree with the paper beyond their "
        "intervals)."
    )


def _remarks(trials: Sequence[Trial], trivial: Mapping[str, float]) -> list[str]:
    """Say what must be known to read the table."""
    first = trials[0].settings
    seeds = {
        size: len({t.settings.training.seed for t in trials if batch_size(t) == size})
        for size in BATCH_SIZES
        if any(batch_size(t) == size for t in trials)
    }
    failed = sum(not trial.marks for trial in trials)
    remarks = [
        f"Every training sees {first.training.samples:,} images, whatever its batch size: "
        + ", ".join(f"{_steps(trials, size):,} steps at {size}" for size in seeds)
        + ". Batch sizes are matched in samples, not in steps.",
        "Seeds: "
        + ", ".join(f"{count} at batch size {size}" for size, count in seeds.items())
        + ". The paper tells neither seeds nor budget.",
        "Trivial detectors on the same images: "
        + ", ".join(f"{name} {short(value)}" for name, value in trivial.items())
        + " (PCA with as many components as the autoencoder has latent numbers, 512).",
        (
            f"Adam at {first.training.learning_rate:g}, channels from 16 to 128, kernels of 3: "
            "the paper gives none of these."
        ),
    ]
    return remarks + ([f"{failed} trainings diverged and are left out."] if failed else [])
