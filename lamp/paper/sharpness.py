"""What the paper assumes: that LAMP sharpens the landscape, and that sharper detects better."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from lamp.experiments import LensSettings, TrialSettings
from lamp.pages import Bullets, Picture, Prose, Section, Table
from lamp.pages.blocks import Cell
from lamp.paper import table1
from lamp.paper.mnist import L2, LOSSES, extent, mnist_trials
from lamp.paper.names import Budget
from lamp.paper.sharpness_figure import draw_sharpness
from lamp.paper.sharpness_numbers import (
    SAM_SIZE,
    at_equal_center,
    by_side,
    intervened,
    links,
    sharpness_and_gain,
)
from lamp.paper.words import align, effect_cell, effect_text, listed, p_text, ratio_text
from lamp.paper.work import Report, Work
from lamp.statistics import Arms, Effect

SAM_RADII = (-0.03, -0.01, 0.03, 0.1)
"""Distances at which L2 takes its gradients: below zero it is trained to be sharper."""

MARKS = 8
_MATCHED_SIZES = (128, 16)

NUMBERS = {
    "center": "center loss",
    "radius": "doubling radius",
    "radius_rest": "the same without worst pixel",
    "curvature": "curvature",
}
"""Numbers under the common lens that are compared as ratios, and their titles."""


def plan(budget: Budget) -> list[TrialSettings]:
    """List the trainings, seed by seed, but for those of Table 1.

    Args:
        budget: As `extent` has it.

    Returns:
        L2 trained to be flatter and sharper, and trainings looked at through the lens on the way.
    """
    sizes = _MATCHED_SIZES[:1] if budget == "minutes" else _MATCHED_SIZES
    trials: list[TrialSettings] = []
    seeds, common = extent(budget)
    for seed in seeds:
        for radius in SAM_RADII:
            trials += mnist_trials(
                (L2,), (SAM_SIZE,), (seed,), lens=LensSettings(), sam_radius=radius, **common
            )
        trials += mnist_trials(
            LOSSES[:3], sizes, (seed,), marks=MARKS, lens=LensSettings(every_mark=True), **common
        )
    return trials


def reproduce(work: Work) -> Report:
    """Compare the landscapes of the models of Table 1 and others, and relate them to detection.

    Args:
        work: As for Table 1, whose trials are used.

    Returns:
        Ratios of sharpness, slopes and correlations, and what training for sharpness does.
    """
    planned = {"table1": table1.plan(work.budget), "sharpness": plan(work.budget)}
    return tell(pd.concat([work.models(*each) for each in planned.items()], ignore_index=True))


def tell(models: pd.DataFrame) -> Report:
    """Make tables, figure and sentences from the numbers.

    Args:
        models: Of Table 1 and of `plan`, all or some of them; `experiment` tells them apart.

    Returns:
        The answer.
    """
    models = models.assign(
        **{name: models[name].where(~models["bounded"]) for name in ("radius", "radius_rest")}
    )
    main = models[(models["experiment"] == "table1") & models["end"]]
    ratios = {name: Arms(models=main, of=name, log=True) for name in NUMBERS}
    trained = Arms(models=intervened(models), arm="sam_radius", reference=0.0, condition="loss")
    follows = {
        name: replace(trained, of=name, log=name != "auroc")
        for name in ("radius", "curvature", "auroc")
    }
    sides = {
        name: replace(by_side(trained.models), of=name, log=name != "auroc")
        for name in ("radius", "curvature", "center", "auroc")
    }
    primary = {
        name: replace(arms, models=arms.models[arms.models["batch_size"].isin(table1.PRIMARY)])
        for name, arms in ratios.items()
    }
    same = at_equal_center(models)
    pairs = sharpness_and_gain(main)
    linked = links(main, pairs)
    figure = draw_sharpness(ratios["radius"], pairs, follows)
    return Report(
        title="Does LAMP sharpen the landscape, and does that explain detection?",
        lede=_lede(primary, same, sides, linked),
        sections=[
            Section(
                "Sharpness of LAMP's models", [_ratio_table(ratios), Picture(figure, _CAPTION)]
            ),
            Section("At the same loss", [_equal_table(same)]),
            Section("Trained to be flatter or sharper", [Prose(_WHY_SAM), _sam_table(follows)]),
            Section("What goes along with detection", [_link_table(linked)]),
            Section("How to read it", [Bullets(_remarks(main))]),
        ],
        figures={"sharpness": figure},
        tables={
            "sharpness": models[models["experiment"] == "sharpness"],
            "sharpness_ratios": _stacked({name: arms.effects for name, arms in ratios.items()}),
            "sharpness_pooled": _stacked({name: arms.pooled for name, arms in primary.items()}),
            "sharpness_intervention": _stacked({n: arms.effects for n, arms in follows.items()}),
            "sharpness_sides": _stacked({name: arms.pooled for name, arms in sides.items()}),
            **({} if same is None else {"sharpness_at_equal_center": same.effects}),
            "sharpness_links": pd.DataFrame(
                [{"link": name, **vars(found)} for name, found in linked.items()]
            ),
        },
        text=_text(ratios, follows),
    )


_CAPTION = (
    "Left: radius where plain L2 doubles, as a ratio to that of the L2 model of the same digit and "
    "seed, 95 % intervals over digits, where most digits have one; below 1 is sharper. Middle: "
    "pairs of models, LAMP minus L2: change of AUROC over change of radius, with the mean line of "
    "the digits; the outermost 1 % on each side is not shown. Right: plain L2, its gradients taken "
    "at a distance downhill (minus: sharper) or uphill (plus: flatter): what its radius and its "
    "AUROC do, 95 % intervals over digits."
)
_WHY_SAM = (
    "If sharpness caused detection, plain L2 that is trained to be sharper should detect better, "
    "and one that is trained to be flatter worse. Gradients are taken at a small distance uphill "
    "of the parameters (sharpness-aware minimization, Foret et al. 2021), which flattens, or "
    "downhill, which sharpens; nothing else differs."
)


def _beside(arms: dict[str, Arms], first: str) -> Iterator[tuple[Any, Any, dict[str, pd.Series]]]:
    """Yield arm, condition, and their effects on all numbers that have one, as one of them has."""
    known = arms[first].effects
    for where in zip(known[arms[first].arm], known[arms[first].condition], strict=True):
        found = {name: one.effect(*where) for name, one in arms.items()}
        yield *where, {name: effect for name, effect in found.items() if effect is not None}


def _ratio(effect: pd.Series | None) -> Cell:
    """Write the effect on a logarithm as a ratio."""
    return None if effect is None else ratio_text(effect)


def _ratio_table(ratios: dict[str, Arms]) -> Table:
    """Tabulate all ratios, one row for each loss and batch size."""
    return Table(
        columns=["loss", "batch size", *NUMBERS.values()],
        units=["", "", *("ratio" for _ in NUMBERS)],
        rows=[
            [loss, str(size), *(_ratio(effects.get(name)) for name in NUMBERS)]
            for loss, size, effects in _beside(ratios, "center")
        ],
        caption=(
            "All models seen through plain L2 on 128 of their training images, along the same "
            "random lines: ratios to L2 of the same digit and seed, geometric means with 95 % "
            "t-intervals over digits. A shorter radius is sharper relative to the center loss, a "
            "larger curvature sharper in absolute units."
        ),
    )


def _equal_table(same: Arms | None) -> Table:
    """Tabulate radii at equal center loss."""
    effects = [] if same is None else [row for _, row in same.effects.iterrows()]
    return Table(
        columns=["loss", "doubling radius", "p", "p (Holm)", "pairs"],
        units=["", "ratio", "", "", ""],
        rows=[
            [row["cell"], _ratio(row), p_text(row["p"]), p_text(row["p_holm"]), str(row["pairs"])]
            for row in effects
        ],
        caption=(
            "The radius of LAMP's models against that of L2 at the moment of its training when its "
            "center loss was the same: what is left of the ratio is not due to a higher loss."
        ),
    )


def _sam_table(follows: dict[str, Arms]) -> Table:
    """Tabulate what training for sharpness does to sharpness and to detection."""
    rows: list[list[Cell]] = []
    for distance, _, found in _beside(follows, "auroc"):
        ratios = [_ratio(found.get(name)) for name in ("radius", "curvature")]
        area = found["auroc"]
        tested = [p_text(area["p"]), p_text(area["p_holm"])]
        rows.append([f"{distance:g}", *ratios, effect_cell(area), *tested])
    return Table(
        columns=["distance", "doubling radius", "curvature", "AUROC minus L2", "p", "p (Holm)"],
        units=["", "ratio", "ratio", "", "", ""],
        rows=rows,
        caption=f"L2 at batch size {SAM_SIZE} against plain descent, pairs of digit and seed.",
    )


def _link_table(links: dict[str, Effect]) -> Table:
    """Tabulate slopes and correlations."""
    return Table(
        columns=["link", "value", "p"],
        rows=[[name, effect_cell(found), p_text(found.p)] for name, found in links.items()],
        caption=(
            "Fitted to each digit by itself; means with 95 % t-intervals over digits. Slopes are "
            "of the gain of AUROC over L2, for each unit of the logarithm of the ratio; a negative "
            "slope on the radius is of the sign that the paper expects: the sharper, the better."
        ),
    )


def _stacked(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Put effects on several numbers below each other."""
    return pd.concat([table.assign(number=name) for name, table in tables.items()])


def _text(ratios: dict[str, Arms], follows: dict[str, Arms]) -> str:
    """Write the ratios, and what training for sharpness does, for a terminal."""
    rows = [["loss, batch size", *NUMBERS.values()]]
    for loss, size, found in _beside(ratios, "center"):
        rows.append([f"{loss}, {size}", *(ratio_text(found.get(name)) for name in NUMBERS)])
    sam = [["SAM at", "doubling radius", "AUROC minus L2"]]
    for distance, _, found in _beside(follows, "auroc"):
        radius, area = ratio_text(found.get("radius")), effect_text(found["auroc"])
        sam.append([f"{distance:g}", radius, area])
    return f"{align(rows)}\n\n{align(sam)}"


def _lede(
    primary: dict[str, Arms],
    same: Arms | None,
    sides: dict[str, Arms],
    links: dict[str, Effect],
) -> str:
    """Say what sharpness does under LAMP, what it goes along with, and what follows from it."""
    radius, curvature = (primary[name].pooled.set_index("loss") for name in ("radius", "curvature"))
    sizes = ", ".join(map(str, primary["radius"].conditions))
    parts = [
        f"{loss} has a doubling radius {ratio_text(radius.loc[loss])} and a curvature "
        f"{ratio_text(curvature.loc[loss])} that of L2"
        for loss in radius.index
        if loss in curvature.index
    ]
    equal = [] if same is None else [row for _, row in same.effects.iterrows()]
    slopes = [
        f"{name.partition(':')[0]} {effect_text(found)}"
        for name, found in links.items()
        if "slope of AUROC on log radius" in name
    ]
    moved = {name: arms.pooled.set_index("side") for name, arms in sides.items()}
    sam = [
        f"{side}, it has a radius {ratio_text(moved['radius'].loc[side])} that of plain descent, "
        f"and AUROC differs by {effect_text(found)}, p {p_text(found['p_holm'])}"
        for side, found in moved["auroc"].iterrows()
        if side in moved["radius"].index
    ]
    gain = "AUROC's gain over L2, for each unit of the logarithm of the ratio of radii, changes by"
    told = {
        f"Under one lens, over batch sizes {sizes}: {{}}.": "; ".join(parts),
        "The radius, against that of L2 when its loss was as high: {}.": "; ".join(
            f"{row['cell']} {ratio_text(row)}" for row in equal
        ),
        gain + " {}.": listed(slopes) if slopes else "",
        "L2 trained to be {}.": "; ".join(sam),
    }
    return " ".join(text.format(words) for text, words in told.items() if words)


def _remarks(main: pd.DataFrame) -> list[str]:
    """Say what must be known."""
    failed = int(main["center"].isna().sum())
    remarks = [
        (
            "Sharpness is taken along 5 random filter-normalized directions, the same for all "
            "models, to 1.5 filter norms, on 128 training images, with recalibrated BatchNorm."
        ),
        (
            f"In {main['bounded'].sum()} of {len(main)} models the loss does not double within the "
            "lines along some direction: their radii are known to be larger only, and are left out."
        ),
        (
            "Curvature is compared where it is positive in both models of a pair: where training "
            "has hardly begun, plain L2 need not have a minimum there."
        ),
        (
            "What goes along is no proof of cause: batch size, loss and luck of the seed move "
            "both. Training for sharpness changes it by intervention, though not it alone."
        ),
    ]
    return remarks + ([f"{failed} trainings diverged and are left out."] if failed else [])
