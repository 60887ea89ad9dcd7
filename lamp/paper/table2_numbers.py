"""Table 2 as tables, pictures and sentences, whichever way the numbers come out."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lamp.experiments import Search
from lamp.pages import Bullets, Picture, Section, Table
from lamp.paper.arms import effects_listed, effects_table, effects_text
from lamp.paper.forest import draw_forest
from lamp.paper.printed import printed
from lamp.paper.words import effect_text, listed, short, signed
from lamp.paper.work import Report
from lamp.statistics import Arms, paired_effect

WAYS = {"last": "default", "held_out": "chosen on held-out normals", "oracle": "oracle"}
"""How a model is chosen; only the last looks at test images, as the paper's table does."""

_OPTIMIZERS = {"sgd": "SGD", "rmsprop": "RMSprop", "adam": "Adam"}
_BASE, _LITERAL = "base", "LAMP, literal"
_CHANCE = 0.5


def cells_of(searches: Sequence[Search]) -> pd.DataFrame:
    """Tabulate what searches chose, one row for each search and way of choosing.

    Returns:
        Columns `task`, `setting` (base loss and optimizer), `arm` (`base`, or LAMP and how it is
        read), `seed`, `way` (a key of `WAYS`), `auroc` (NaN if nothing could be chosen),
        `learning_rate`, `patches`, `kernel_size`, `seen` (images at the chosen mark).
    """
    rows = []
    for found in searches:
        start = found.default.settings
        for way in WAYS:
            chosen = getattr(found.choice, way)
            settings = chosen.trial.settings if chosen else start
            rows.append({
                "task": start.task.name,
                "setting": _setting(start.loss.base, start.training.optimizer),
                "arm": f"LAMP, {start.loss.reading}" if start.loss.amplified else _BASE,
                "seed": start.training.seed,
                "way": way,
                "auroc": chosen.auroc if chosen else math.nan,
                "learning_rate": settings.training.learning_rate,
                "patches": settings.model.patches,
                "kernel_size": settings.model.kernel_size,
                "seen": chosen.mark.samples if chosen else 0,
            })  # fmt: skip
    return pd.DataFrame(rows)


def tell(
    models: pd.DataFrame, cells: pd.DataFrame, baselines: pd.DataFrame, categories: pd.DataFrame
) -> Report:
    """Make the tables, the figures and the sentences from the numbers.

    Args:
        models: Of `plan`, all or some of them, with `low` and `high`: the interval over images.
        cells: As `cells_of` returns them.
        baselines: As `run_baselines` returns them.
        categories: As `describe` returns them.

    Returns:
        Table 2.
    """
    ends = models[models["end"]]
    is_control = ends["task"].str.endswith(" printed")
    full, control = Arms(models=ends[~is_control]), Arms(models=ends[is_control])
    ways = {
        way: Arms(models=own, arm="arm", reference=_BASE, condition="setting")
        for way, own in cells.groupby("way", sort=False)
    }
    counts = pd.DataFrame(_count(WAYS[way], arms.effects) for way, arms in ways.items())
    broken = set(categories.loc[categories["broken"], "task"])
    trivial = baselines[~baselines["oracle"] & ~baselines["task"].isin(broken)]
    figure = draw_forest(
        *_levels(ends, is_control, trivial), rows="name", colors="group",
        label="AUROC minus that of chance, .5",
    )  # fmt: skip
    chosen = ways["held_out"]
    searched = draw_forest(
        chosen.effects, chosen.differences, rows="setting", colors="arm",
        label="AUROC minus that of the base loss",
    )  # fmt: skip
    sections = [
        Section("At full width", [Picture(figure, _LEVELS), effects_table(full, _FULL)]),
        Section(
            "Every loss and optimizer",
            [
                _table(_settings(ways), _SETTINGS),
                _table(counts, _COUNTS),
                Picture(searched, _PAIRS),
            ],
        ),
        Section(
            "What the images tell",
            [_table(categories, _BRIGHT), _table(baselines, "Trivial detectors on these images.")],
        ),
        Section("The paper's table", [_table(_paper(), _PAPER)]),
        Section("How to read it", [Bullets(_remarks(ends, cells, sorted(broken)))]),
    ]
    if is_control.any():
        sections.insert(2, Section("Printed defects", [effects_table(control, _CONTROL)]))
    effects = [arms.effects.assign(way=way) for way, arms in ways.items()]
    return Report(
        title="Table 2: MVTec AD, three losses and three optimizers",
        lede=_lede(full, counts, trivial),
        sections=sections,
        figures={"table2": figure, "table2_searched": searched},
        tables={
            "table2": models,
            "table2_cells": cells,
            "table2_effects": pd.concat(effects, ignore_index=True),
            "table2_full": full.effects,
            "table2_counts": counts,
            **({"table2_control": control.effects} if is_control.any() else {}),
            "table2_baselines": baselines,
            "table2_categories": categories,
        },
        text=effects_text(chosen, ("loss", "base, optimizer")),
        provenance={"images (SHA-256)": ", ".join(sorted(set(models["data"])))[:200]},
    )


_LEVELS = (
    "The line is chance. Categories: mean over seeds, dots are seeds, bars the 95 % interval over "
    "test images, mean of its ends over seeds. Printed defects: dots are digits, bars the 95 % "
    "t-interval over them. Trivial detectors have no bar. Nothing here was chosen."
)
_FULL = (
    "Adam, nothing chosen: AUROC of the L2 score at the end. Pairs share seed, initial weights and "
    "order of images; 95 % t-intervals over categories, or over seeds where there is but one."
)
_SETTINGS = (
    "AUROC, mean of categories and their seeds, without broken categories. Default: nothing is "
    "chosen. Held-out: the lowest error of held-out normal images. Oracle: the highest AUROC on "
    "the test images over all that was tried, as in the paper."
)
_COUNTS = "Settings in which LAMP as printed is better than its base loss, to three decimals."
_PAIRS = (
    "AUROC of LAMP minus that of its base loss with the same optimizer and seed, both chosen on "
    "held-out normals: mean and 95 % t-interval over categories, or over seeds of the only one."
)
_CONTROL = (
    "A positive control: MNIST, test images of the normal digit, half of them with a printed spot. "
    "What cannot find these finds nothing. 95 % t-intervals over digits."
)
_BRIGHT = (
    "Mean brightness. Where normal test images lie further from those trained on than anomalous "
    "ones do, a detector that works must call the wrong ones anomalous: broken, in no mean."
)
_PAPER = (
    "Means of 15 categories as printed: the highest AUROC on the test images, an oracle, without "
    "seeds or spread."
)


def _levels(
    ends: pd.DataFrame, is_control: pd.Series, trivial: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return AUROC above chance with intervals, and the dots of each row, for a forest."""
    levels, dots = [], []
    for (task, loss), own in ends[~is_control].groupby(["task", "loss"], sort=False):
        row = {"name": loss, "group": task}
        mean = own[["auroc", "low", "high"]].astype(float).mean() - _CHANCE
        levels.append(row | {"value": mean["auroc"], "low": mean["low"], "high": mean["high"]})
        above = own.set_index("seed")["auroc"] - _CHANCE
        dots += [row | {"task": seed, "difference": value} for seed, value in above.items()]
    for loss, own in ends[is_control].groupby("loss", sort=False):
        row = {"name": loss, "group": "printed defects"}
        means = own.groupby("task")["auroc"].mean().dropna() - _CHANCE
        if means.empty:  # all diverged
            continue
        effect = paired_effect(means.to_numpy()[:, None])
        levels.append(row | {"value": effect.value, "low": effect.low, "high": effect.high})
        dots += [row | {"task": task, "difference": value} for task, value in means.items()]
    for _, each in trivial.iterrows():
        row = {"name": each["detector"], "group": f"{each['task']}, trivial"}
        levels.append(row | {"value": each["auroc"] - _CHANCE, "low": math.nan, "high": math.nan})
    return pd.DataFrame(levels), pd.DataFrame(dots)


def _count(way: str, effects: pd.DataFrame) -> dict[str, object]:
    """Count the settings in which LAMP as printed is better, equal to three decimals, and worse."""
    values = effects.loc[effects["arm"] == _LITERAL, "value"]
    signs = np.sign(values.round(3))
    numbers = {"better": (signs > 0).sum(), "equal": (signs == 0).sum(), "worse": (signs < 0).sum()}
    return {"chosen": way, **numbers, "mean difference": values.mean()}


def _settings(ways: Mapping[str, Arms]) -> pd.DataFrame:
    """Tabulate AUROC of all settings by way of choosing, and the difference of those held out."""
    means = pd.DataFrame({WAYS[way]: arms.means for way, arms in ways.items()})
    chosen = ways["held_out"]
    means["held-out minus base"] = [effect_text(chosen.effect(*key)) for key in means.index]
    return means.reset_index().sort_values("setting", kind="stable")


def _paper() -> pd.DataFrame:
    """Average the paper's numbers over categories, and count where LAMP is better there."""
    paper = printed("table2")
    paper = paper.assign(better=paper["lamp"] > paper["base"], worse=paper["lamp"] < paper["base"])
    how = {"base": "mean", "lamp": "mean", "better": "sum", "worse": "sum"}
    return paper.groupby(["loss", "optimizer"], sort=False, as_index=False).agg(how)


def _table(frame: pd.DataFrame, caption: str) -> Table:
    """Put a data frame on a page: whole numbers, flags and words as they are written."""
    rows = [
        [value if isinstance(value, float) else str(value) for value in row]
        for row in frame.astype(object).itertuples(index=False)
    ]
    return Table(columns=list(frame.columns), rows=rows, caption=caption)


def _lede(full: Arms, counts: pd.DataFrame, trivial: pd.DataFrame) -> str:
    """Say what full width, searches, and trivial detectors came to, beside the paper."""
    said = [
        f"{row['chosen']}: better in {row['better']}, equal in {row['equal']}, worse in "
        f"{row['worse']}, {signed(row['mean difference'])} on average"
        for _, row in counts.iterrows()
    ]
    simple = trivial.groupby("detector")["auroc"].mean()
    paper = _paper()
    better, worse = paper["better"].sum(), paper["worse"].sum()
    return (
        f"AUROC minus that of L2 at full width: {effects_listed(full.effects)}. The best of these "
        f"losses has {short(full.means.max())}, {simple.idxmax()} {short(simple.max())}. Over "
        f"losses and optimizers LAMP as printed is, {'; '.join(said)}. The paper's own table has "
        f"{better} better, {len(printed('table2')) - better - worse} equal and {worse} worse."
    )


def _remarks(ends: pd.DataFrame, cells: pd.DataFrame, broken: Sequence[str]) -> list[str]:
    """Say what must be known."""
    oracle = cells[(cells["way"] == "oracle") & cells["auroc"].notna()]
    lines = [
        (
            f"Seeds: {ends['seed'].nunique()} at full width, {cells['seed'].nunique()} of the "
            "searches. With one seed of one category a difference has no interval and says nothing."
        ),
        (
            "The oracle takes the best of all hyper-parameters and marks for each loss by itself: "
            "it rises with what is tried, for any loss, and cannot be had in practice. In "
            f"{(oracle['seen'] < cells['seen'].max()).sum()} of {len(oracle)} searches it chose a "
            "model before the end of its training."
        ),
    ]
    if broken:
        lines.append(
            f"Broken, and not trained on: {listed(broken)}. Normal test images are further from "
            "the training images in brightness than the anomalous ones."
        )
    missing = int(cells["auroc"].isna().sum() + ends["auroc"].isna().sum())
    return [*lines, f"{missing} results are missing: trainings diverged."] if missing else lines


def _setting(base: str, optimizer: str) -> str:
    """Write a base loss and an optimizer."""
    return f"{base.upper()}, {_OPTIMIZERS[optimizer]}"
