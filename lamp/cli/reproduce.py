"""`lamp reproduce`: the paper's figures."""

from pathlib import Path
from typing import Literal

from landscape.cli.run import say


def reproduce(item: Literal["fig2"], *, out: Path) -> None:
    """Draw a figure of the paper from this implementation.

    Args:
        item: fig2: loss curves and gradients of L1 and L2 with and without LAMP.
        out: File to write: .pdf, .png or .svg.
    """
    from lamp.reproduce.fig2 import draw_loss_curves
    from landscape.figures import save_figure

    draw = {"fig2": draw_loss_curves}[item]
    save_figure(draw(), out)
    say(str(out))
