"""Table 2 as tables, a picture and sentences, made from searches."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lamp.experiments import Chosen, Search
from lamp.experiments.collect import digests
from lamp.pages import Bullets, Picture, Section, Table
from lamp.pages.blocks import Cell
from lamp.reproduce.paper import CATEGORIES, TABLE2
from lamp.reproduce.table2.cells import (
    WAYS,
    CellOf,
    cells_of,
    count,
    document,
    mean_difference,
    paper_of,
)
from lamp.reproduce.table2.figure import draw_table2
from lamp.reproduce.texts import align, short, signed
from lamp.reproduce.work import Reproduction


def tell(
    searches: Sequence[tuple[str, Search]], baselines: Mapping[str, Mapping[str, float]]
) -> Reproduction:
    """Make the tables, the figure and the sentences, whichever way the numbers come out.

    Args:
        searches: Name of a category and one of its searches, all seeds.
        baselines: AUROC of trivial detectors by category.

    Returns:
        Table 2.
    """
    cells = cells_of(searches)
    categories = list(dict.fromkeys(cell.category for cell in cells))
    figure = draw_table2(cells, baselines)
    return Reproduction(
        title="Table 2: MVTec AD, three losses and three optimizers",
        lede=_lede(cells, baselines),
        sections=[
            Section(
                "AUROC",
                [
                    *(_category_table(name, cells, baselines[name]) for name in categories),
                    Picture(figure, _CAPTION),
                    Bullets(_remarks(searches)),
                ],
            ),
            Section("The paper's table", [_paper_table(cells)]),
        ],
        figures={"table2": figure},
        results={
            "cells": [document(cell) for cell in cells],
            "chosen": [_chosen(name, found) for name, found in searches],
            "baselines": {name: dict(found) for name, found in baselines.items()},
            "lamp_better_equal_worse": {way: list(count(cells, way)) for way in WAYS},
            "mean_difference": {way: round(mean_difference(cells, way), 5) for way in WAYS},
        },
        text=_text(cells),
        provenance=digests([trial for _, found in searches for trial in found.trials]),
    )


_CAPTION = (
    "AUROC of each base loss (dark) and of LAMP (orange). Filled: hyper-parameters chosen on "
    "held-out normal images; hollow: the best on the test images, as the paper chooses. Dotted "
    "lines: trivial detectors. It shows detection at this budget, and nothing about landscapes."
)


def _category_table(name: str, cells: Sequence[CellOf], baselines: Mapping[str, float]) -> Table:
    """Tabulate one category: base and LAMP by way of choosing, beside the paper's."""
    rows: list[list[Cell]] = []
    for cell in cells:
        if cell.category != name:
            continue
        row: list[Cell] = [cell.base.upper(), _optimizer(cell.optimizer)]
        for way in WAYS:
            row += [cell.plain[way], cell.lamp[way]]
        paper = paper_of(cell)
        rows.append(row + (list(paper) if paper else [None, None]))
    trivial = ", ".join(f"{key} {short(value)}" for key, value in baselines.items())
    columns = [f"{word}: {which}" for word in WAYS.values() for which in ("base", "LAMP")]
    return Table(
        columns=["loss", "optimizer", *columns, "paper: base", "paper: LAMP"],
        rows=rows,
        caption=f"AUROC on {name}. Trivial detectors: {trivial}.",
    )


def _paper_table(cells: Sequence[CellOf]) -> Table:
    """Tabulate in the paper's layout, chosen as there; blank where there are no data."""
    columns = [f"{base.upper()}, {_optimizer(optimizer)}" for base, optimizer in TABLE2]
    others = [cell.category for cell in cells if cell.category not in CATEGORIES]
    rows: list[list[Cell]] = []
    for name in dict.fromkeys((*CATEGORIES, *others)):
        own = {(c.base, c.optimizer): c for c in cells if c.category == name}
        row: list[Cell] = [name.replace("_", " ")]
        for key in TABLE2:
            cell = own.get(key)
            row.append("" if cell is None else _arrow(cell.plain["oracle"], cell.lamp["oracle"]))
        best = ""
        if own:
            best = _arrow(
                max(c.plain["oracle"] for c in own.values()),
                max(c.lamp["oracle"] for c in own.values()),
            )
        rows.append([*row, best])
    return Table(
        columns=["category", *columns, "best"],
        rows=rows,
        caption=(
            "Base loss → LAMP, each the highest AUROC on the test images over all "
            "hyper-parameters, as in the paper: an oracle. Categories without data are blank."
        ),
    )


def _text(cells: Sequence[CellOf]) -> str:
    """Write the table for a terminal."""
    rows = [["category", "loss", "optimizer", "held-out", "oracle", "paper"]]
    for cell in cells:
        paper = paper_of(cell)
        rows.append(
            [
                cell.category,
                cell.base.upper(),
                _optimizer(cell.optimizer),
                _arrow(cell.plain["held_out"], cell.lamp["held_out"]),
                _arrow(cell.plain["oracle"], cell.lamp["oracle"]),
                _arrow(*paper) if paper else "",
            ]
        )
    return align(rows)


def _lede(cells: Sequence[CellOf], baselines: Mapping[str, Mapping[str, float]]) -> str:
    """Say how often LAMP is better, and whether anything beats the trivial detectors."""
    better, equal, worse = count(cells, "held_out")
    oracle = count(cells, "oracle")
    beaten = []
    for name in dict.fromkeys(cell.category for cell in cells):
        own = [cell for cell in cells if cell.category == name]
        best = np.nanmax([max(c.plain["held_out"], c.lamp["held_out"]) for c in own])
        trivial = max(baselines[name], key=lambda key: baselines[name][key])
        word = "above" if best > baselines[name][trivial] else "below"
        beaten.append(
            f"on {name.replace('_', ' ')} the best of all so chosen models has {short(best)}, "
            f"{word} {trivial} with {short(baselines[name][trivial])}"
        )
    honest, best_known = (
        signed(mean_difference(cells, "held_out")),
        signed(mean_difference(cells, "oracle")),
    )
    return (
        f"With hyper-parameters chosen on held-out normal images LAMP is better in {better} of "
        f"{better + equal + worse} settings, equal in {equal}, worse in {worse}, on average by "
        f"{honest}; with the oracle, as in the paper, better in {oracle[0]} and worse in "
        f"{oracle[2]}, by {best_known}. The paper's own table has 63 better, 8 equal and 64 "
        f"worse. {_sentence('; '.join(beaten))}."
    )


def _earliest(searches: Sequence[tuple[str, Search]]) -> str:
    """Say how often the oracle chose a model that had hardly begun to train."""
    chosen = [found.choice.oracle for _, found in searches if found.choice.oracle is not None]
    first = min(
        mark.samples for _, found in searches for trial in found.trials for mark in trial.marks
    )
    count = sum(one.mark.samples == first for one in chosen)
    return (
        f"In {count} of {len(searches)} searches the oracle chose a model after only {first:,} "
        "images: it had hardly begun to reconstruct, and its error tells how bright an image is. "
        "An AUROC of brightness far from .5, on either side, tells where that decides."
    )


def _sentence(text: str) -> str:
    """Begin with a capital, and leave the rest."""
    return text[:1].upper() + text[1:]


def _remarks(searches: Sequence[tuple[str, Search]]) -> list[str]:
    """Say what must be known."""
    start = searches[0][1].start
    model, training = start.model, start.training
    counts = sorted({len(found.trials) for _, found in searches})
    seeds = len({found.start.training.seed for _, found in searches})
    diverged = sum(not trial.marks for _, found in searches for trial in found.trials)
    lines = [
        (
            f"Images of {model.size} x {model.size} pixels, {model.depth} + {model.depth} layers, "
            f"{model.width} channels in the first, batch size {training.batch_size}, "
            f"{training.samples:,} images seen, {seeds} seed{'s' * (seeds > 1)}."
        ),
        (
            f"Each cell is a search of {' or '.join(map(str, counts))} trainings: all combinations "
            "on a third of the budget, the best third by held-out normal images, and the default, "
            "on all of it."
        ),
        "With one seed a difference of single cells says nothing: there is no interval.",
        _earliest(searches),
        f"{diverged} trainings diverged.",
    ]
    return lines if seeds == 1 else [*lines[:2], *lines[3:]]


def _optimizer(name: str) -> str:
    """Write an optimizer as people do."""
    return {"sgd": "SGD", "rmsprop": "RMSprop", "adam": "Adam"}[name]


def _arrow(plain: float, lamp: float) -> str:
    """Write base and LAMP as the paper does."""
    return f"{short(plain)} → {short(lamp)}"


def _chosen(name: str, found: Search) -> dict[str, Any]:
    """Return what hyper-parameters were chosen, as plain JSON values."""
    start = found.start
    return {
        "category": name,
        "loss": start.loss.name,
        "optimizer": start.training.optimizer,
        "seed": start.training.seed,
        **{way: _words(getattr(found.choice, way)) for way in ("held_out", "oracle")},
    }


def _words(chosen: Chosen | None) -> str:
    """Write hyper-parameters in short."""
    if chosen is None:
        return "diverged"
    settings = chosen.trial.settings
    return (
        f"rate {settings.training.learning_rate:g}, patches {settings.model.patches}, kernel "
        f"{settings.model.kernel_size}, {chosen.mark.samples} images"
    )
