"""The cells of Table 2: a base loss and its amplified version, chosen in three ways."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from lamp.experiments import Chosen, Search
from lamp.reproduce.paper import CATEGORIES, TABLE2

Way = Literal["last", "held_out", "oracle"]
WAYS: dict[Way, str] = {
    "last": "default, at the end",
    "held_out": "chosen on held-out normals",
    "oracle": "oracle",
}
"""How a model is chosen; only the last looks at test images, as the paper's table does."""


@dataclass(frozen=True, kw_only=True)
class CellOf:
    """One cell of the table: a base loss and its amplified version.

    Args:
        category: Its row.
        base: Base loss.
        optimizer: Its column, with the base loss.
        plain: AUROC of the base loss by way of choosing, mean over seeds; NaN if all diverged.
        lamp: That of LAMP.
    """

    category: str
    base: str
    optimizer: str
    plain: Mapping[Way, float]
    lamp: Mapping[Way, float]

    def difference(self, way: Way) -> float:
        """Return AUROC of LAMP less that of the base loss."""
        return self.lamp[way] - self.plain[way]


def cells_of(searches: Sequence[tuple[str, Search]]) -> list[CellOf]:
    """Put base and amplified searches of each cell together, seeds averaged."""
    found: dict[tuple[str, str, str, bool], list[Search]] = {}
    for name, one in searches:
        loss, optimizer = one.start.loss, one.start.training.optimizer
        found.setdefault((name, loss.base, optimizer, loss.amplified), []).append(one)
    return [
        CellOf(
            category=name,
            base=base,
            optimizer=optimizer,
            plain=_areas(own),
            lamp=_areas(found[name, base, optimizer, True]),
        )
        for (name, base, optimizer, amplified), own in found.items()
        if not amplified and (name, base, optimizer, True) in found
    ]


def _areas(searches: Sequence[Search]) -> dict[Way, float]:
    """Return the AUROC by way of choosing, mean over seeds."""
    return {
        way: float(np.mean([_area(getattr(one.choice, way)) for one in searches])) for way in WAYS
    }


def _area(chosen: Chosen | None) -> float:
    """Return an AUROC, NaN if nothing could be chosen."""
    return math.nan if chosen is None or chosen.auroc is None else chosen.auroc


def count(cells: Sequence[CellOf], way: Way) -> tuple[int, int, int]:
    """Count the cells in which LAMP is better, equal (to three decimals) and worse."""
    differences = [round(cell.difference(way), 3) for cell in cells]
    return (
        sum(each > 0 for each in differences),
        sum(each == 0 for each in differences),
        sum(each < 0 for each in differences),
    )


def mean_difference(cells: Sequence[CellOf], way: Way) -> float:
    """Return the mean difference over cells."""
    return float(np.nanmean([cell.difference(way) for cell in cells]))


def paper_of(cell: CellOf) -> tuple[float, float] | None:
    """Return the paper's numbers of a cell, where it has the category."""
    if cell.category not in CATEGORIES:
        return None
    return TABLE2[cell.base, cell.optimizer][CATEGORIES.index(cell.category)]


def document(cell: CellOf) -> dict[str, Any]:
    """Return plain JSON values."""
    return {
        "category": cell.category,
        "base": cell.base,
        "optimizer": cell.optimizer,
        **{
            way: [None if math.isnan(v[way]) else round(v[way], 4) for v in (cell.plain, cell.lamp)]
            for way in WAYS
        },
        "paper": list(paper_of(cell) or ()),
    }
