"""Table 1 of the paper: MNIST, one digit normal, six batch sizes, L2 against L2-LAMP."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lamp.experiments import LensSettings, TaskSettings, TrialSettings
from lamp.pages import Bullets, Picture, Section, Table
from lamp.pages.blocks import Cell
from lamp.paper.arms import effects_text
from lamp.paper.forest import colors_of, draw_curves, draw_levels
from lamp.paper.mnist import LOSSES, SAMPLES, extent, mnist_trials
from lamp.paper.names import Budget
from lamp.paper.printed import printed
from lamp.paper.words import cell, effect_cell, effect_text, p_text, signed
from lamp.paper.work import Report, Work
from lamp.statistics import Arms
from landscape.figures import HouseFigure, house_style
from landscape.figures.style import INK, PAGE

BATCH_SIZES = (1024, 128, 32, 16, 4, 1)
PRIMARY = (128, 32, 16, 4)
"""Batch sizes of the primary tests: those at which trainings come to something, five seeds each."""


def plan(budget: Budget) -> list[TrialSettings]:
    """List the trainings, the most telling first.

    Args:
        budget: `minutes`: digits 0 to 2, batch sizes 128 and 32, one seed, 8,000 images seen.
            `hours`: all digits, five seeds, 20,000 images; at batch size 1 one seed. `days`: five
            seeds at batch size 1, too, and 120,000 images.

    Returns:
        Settings of all trainings.
    """
    if budget == "minutes":
        return list(mnist_trials(LOSSES, (128, 32), lens=LensSettings(), **extent(budget)[1]))
    samples = SAMPLES if budget == "hours" else 6 * SAMPLES
    ones = 1 if budget == "hours" else 5
    return [
        trial
        for seed in range(5)
        for size in BATCH_SIZES
        if size > 1 or seed < ones
        for trial in mnist_trials(
            LOSSES, (size,), (seed,), samples=samples, lens=LensSettings(running=size == 1024)
        )
    ]


def reproduce(work: Work) -> Report:
    """Train the models of Table 1 and judge them.

    Args:
        work: Where and how; its root holds MNIST.

    Returns:
        The table, with two further readings of LAMP and trivial baselines beside it.
    """
    planned = plan(work.budget)
    models = work.models("table1", planned)
    digits = sorted({trial.task.normal for trial in planned if trial.task.normal is not None})
    baselines = work.baselines([TaskSettings(data="mnist", normal=digit) for digit in digits])
    return tell(models, baselines)


def tell(models: pd.DataFrame, baselines: pd.DataFrame) -> Report:
    """Make the tables, the figure and the sentences from the numbers.

    Args:
        models: Of `plan`, all or some of them.
        baselines: Columns `task`, `detector`, `auroc`, `oracle`.

    Returns:
        Table 1.
    """
    ends = models[models["end"]]
    found = Arms(models=ends)
    running = Arms(models=ends, of="auroc_running")
    trivial = baselines.groupby(["detector", "oracle"], sort=False)["auroc"].mean()
    honest = {name: float(trivial[name, False]) for name, oracle in trivial.index if not oracle}
    primary = Arms(models=ends[ends["batch_size"].isin(PRIMARY)])
    figure = _draw(found, honest)
    return Report(
        title="Table 1: MNIST, one digit normal",
        lede=_lede(primary),
        sections=[
            Section(
                "AUROC",
                [_table(found), Picture(figure, _CAPTION), _pooled_table(primary)],
            ),
            Section("Without recalibrated BatchNorm", [_running_table(found, running)]),
            Section("Trivial detectors", [_baseline_table(trivial)]),
            Section("How to read it", [Bullets(_remarks(ends))]),
        ],
        figures={"table1": figure},
        tables={
            "table1": models,
            "table1_effects": found.effects,
            "table1_pooled": primary.pooled,
            "table1_baselines": baselines,
        },
        text=effects_text(found),
        provenance={"images (SHA-256)": ", ".join(sorted(set(models["data"])))[:200]},
    )


_CAPTION = (
    "Left: AUROC over batch sizes, mean of the digits and their seeds, and trivial detectors as "
    "lines; batch size 1024 lies below the axis (see the table). Right: AUROC minus that of L2 of "
    "the same digit and seed, mean and 95 % interval over digits; hollow: the paper's difference, "
    "which has no interval. It shows what was detected, and nothing about landscapes."
)


def _table(found: Arms) -> Table:
    """Tabulate AUROC and differences beside the paper's."""
    paper = printed("table1").set_index("batch_size")
    arms = list(dict.fromkeys(found.effects["loss"]))
    rows: list[list[Cell]] = []
    for size in found.conditions:
        row: list[Cell] = [str(size), cell(found.means.get(("L2", size)))]
        for arm in arms:
            effect = found.effect(arm, size)
            row.append(effect_cell(effect))
            row.append("" if effect is None else p_text(effect["p_holm"]))
        if size in paper.index:
            base, lamp = paper.loc[size, ["base", "lamp"]]
            row += [base, lamp, signed(lamp - base)]
        else:
            row += [None, None, ""]
        rows.append(row)
    return Table(
        columns=[
            "batch size",
            "L2",
            *(word for arm in arms for word in (f"{arm} minus L2", "p")),
            "paper: L2",
            "LAMP",
            "difference",
        ],
        rows=rows,
        caption=(
            "AUROC of the L2 score on the 10,000 test images, mean of the ten digits and their "
            "seeds. Differences are over pairs that share digit, seed, initial weights and order "
            "of images; 95 % t-intervals over digits, p by the same t-test, adjusted for all cells "
            "of the table (Holm)."
        ),
    )


def _pooled_table(primary: Arms) -> Table:
    """Tabulate the primary tests."""
    rows: list[list[Cell]] = [
        [
            str(row["loss"]),
            effect_cell(row),
            p_text(row["p"]),
            p_text(row["p_holm"]),
            f"{row['higher']} of {row['pairs']}",
        ]
        for _, row in primary.pooled.iterrows()
    ]
    sizes = ", ".join(map(str, primary.conditions))
    return Table(
        columns=["loss", "AUROC minus that of L2", "p", "p (Holm)", "higher in pairs"],
        rows=rows,
        caption=(
            f"The primary tests, declared in the protocol: the mean over batch sizes {sizes}, "
            "t over digits, one test for each reading of LAMP."
        ),
    )


def _running_table(found: Arms, running: Arms) -> Table:
    """Tabulate what the same models are worth with the statistics that ran along."""
    rows: list[list[Cell]] = []
    for key, value in found.means.items():
        effect = running.effect(*key)
        rows.append([*map(str, key), cell(value), cell(running.means[key]), effect_cell(effect)])
    return Table(
        columns=["loss", "batch size", "recalibrated", "running", "running minus L2"],
        rows=rows,
        caption=(
            "The same weights. Running statistics of BatchNorm follow about the last ten steps: "
            "after few steps they are those of a network that is gone. All other tables take them "
            "anew over training images at the end."
        ),
    )


def _baseline_table(trivial: pd.Series) -> Table:
    """Tabulate detectors that learn nothing deep."""
    rows: list[list[Cell]] = [
        [f"{name}{', chosen on the test images' * oracle}", value]
        for (name, oracle), value in trivial.items()
    ]
    return Table(
        columns=["detector", "AUROC"],
        rows=rows,
        caption="Trivial detectors on the same images, mean of the digits.",
    )


def _draw(found: Arms, trivial: dict[str, float]) -> Figure:
    """Draw AUROC over batch sizes, and differences with the paper's beside them."""
    sizes, colors = found.conditions, colors_of(found)
    with house_style():
        figure = HouseFigure(figsize=(PAGE, 2.9), layout="constrained")
        left, right = figure.subplots(1, 2)
        shown = [size for size in sizes if size != BATCH_SIZES[0]] or sizes
        lines = {name: trivial[name] for name in _DRAWN if name in trivial}
        draw_levels(left, found.means, x=shown, colors=colors, lines=lines)
        small = found.effects[found.effects["batch_size"].isin(shown)]
        draw_curves(
            right, small, arm="loss", x="batch_size", label="AUROC minus that of L2", colors=colors
        )
        paper = printed("table1").set_index("batch_size").reindex(shown)
        at = np.arange(len(shown)) + 0.3
        right.plot(
            at,
            paper["lamp"] - paper["base"],
            "o",
            ms=3.5,
            mfc="none",
            color=INK,
            label="paper",
        )
        for ax in (left, right):
            ax.set_xlabel("training batch size")
        handles, labels = right.get_legend_handles_labels()
        base, name = left.get_legend_handles_labels()
        figure.legend(
            [base[0], *handles], [name[0], *labels], frameon=False, loc="outside upper center",
            ncols=len(handles) + 1,
        )  # fmt: skip
    return figure


_DRAWN = ("PCA", "nearest image")  # the others stand in their table


def _lede(primary: Arms) -> str:
    """Say how each reading does over the batch sizes of the primary tests."""
    parts = [
        f"{row['loss']} {effect_text(row)} (p {p_text(row['p_holm'])})"
        for _, row in primary.pooled.iterrows()
    ]
    sizes = ", ".join(map(str, primary.conditions))
    return (
        f"The paper has LAMP better at all six batch sizes, by .001 to .054. Here, over batch "
        f"sizes {sizes}, AUROC minus that of L2 is: {'; '.join(parts)}."
    )


def _remarks(models: pd.DataFrame) -> list[str]:
    """Say what must be known to read the table."""
    counts = models.groupby("batch_size", sort=False)["seed"].nunique()
    samples = int(models["samples"].iloc[0])
    failed = int(models["auroc"].isna().sum())
    remarks = [
        f"Every training sees {samples:,} images, whatever its batch size: "
        + ", ".join(f"{-(-samples // size):,} steps at {size}" for size in counts.index)
        + ". Batch sizes are matched in samples, not in steps.",
        "Seeds: "
        + ", ".join(f"{count} at batch size {size}" for size, count in counts.items())
        + ". The paper tells neither seeds nor budget.",
        (
            "Nothing is tuned: Adam at 0.001, 16 to 128 channels, kernels of 3. The paper tunes "
            "batch size, patches, rate and kernel for each loss and gives none of the values."
        ),
    ]
    return remarks + ([f"{failed} trainings diverged and are left out."] if failed else [])
