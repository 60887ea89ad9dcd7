"""The picture beside Table 2: base loss and LAMP in every setting of a category."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lamp.reproduce.table2.cells import CellOf, Way
from landscape.figures import HouseFigure, house_style
from landscape.figures.style import GREY, LINE_COLORS, PAGE, PAPER

_PLAIN, _LAMP = LINE_COLORS[:2]
_BESIDE = 3  # panels in a row
_WAYS: tuple[tuple[Way, float], ...] = (("held_out", -0.15), ("oracle", 0.15))


def draw_table2(cells: Sequence[CellOf], baselines: Mapping[str, Mapping[str, float]]) -> Figure:
    """Draw a panel for each category, a line for each base loss and optimizer.

    Args:
        cells: All settings.
        baselines: AUROC of trivial detectors by category.

    Returns:
        The figure.
    """
    names = list(dict.fromkeys(cell.category for cell in cells))
    columns = min(_BESIDE, len(names))
    rows = -(-len(names) // columns)
    with house_style():
        figure = HouseFigure(figsize=(PAGE, 2.3 * rows + 0.4), layout="constrained")
        panels = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
        for ax, name in zip(panels, names, strict=False):
            own = [cell for cell in cells if cell.category == name]
            _draw_category(ax, own, baselines[name])
            ax.set_title(name.replace("_", " "), loc="left")
        for ax in panels[len(names) :]:
            ax.set_axis_off()
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, frameon=False, loc="outside upper center", ncols=4)
    return figure


def _draw_category(ax: Axes, cells: Sequence[CellOf], baselines: Mapping[str, float]) -> None:
    """Draw the settings of one category."""
    for place, cell in enumerate(cells):
        for way, shift in _WAYS:
            ends = cell.plain[way], cell.lamp[way]
            ax.plot(ends, [place + shift] * 2, color=GREY, lw=0.8, zorder=1)
            for value, color, who in zip(ends, (_PLAIN, _LAMP), ("base", "LAMP"), strict=True):
                face = color if way == "held_out" else PAPER
                how = "chosen on held-out normals" if way == "held_out" else "oracle"
                label = f"{who}, {how}" if place == 0 else None
                ax.plot(value, place + shift, "o", ms=4, mec=color, mfc=face, label=label, zorder=2)
    for name, value in baselines.items():
        ax.axvline(value, color=GREY, lw=0.8, ls=(0, (1, 2)), zorder=0)
        ax.annotate(
            name, (value, 1), (2, -3), xycoords=("data", "axes fraction"), rotation=90,
            textcoords="offset points", va="top", fontsize=6, color=GREY,
        )  # fmt: skip
    ax.set_yticks(range(len(cells)), [f"{c.base.upper()}, {c.optimizer}" for c in cells])
    ax.set_ylim(len(cells) - 0.4, -0.6)
    ax.set_xlabel("AUROC")
    ax.spines[["top", "right"]].set_visible(False)
