"""What the paper lacks: the width of the bottleneck, beside which the loss may not matter."""

import pandas as pd
from matplotlib.figure import Figure

from lamp.experiments import LensSettings, TrialSettings
from lamp.models.settings import ModelSettings
from lamp.pages import Picture, Section
from lamp.paper.arms import OVER_DIGITS, effects_listed, effects_table, effects_text
from lamp.paper.forest import colors_of, draw_curves, draw_levels
from lamp.paper.mnist import LOSSES, extent, mnist_trials
from lamp.paper.names import Budget
from lamp.paper.words import effect_text
from lamp.paper.work import Report, Work
from lamp.statistics import Arms
from landscape.figures import HouseFigure, house_style
from landscape.figures.style import PAGE

CHANNELS = (4, 8, 16, 32)
"""Of the bottleneck, 2 x 2 pixels each; the paper's network as built here has 128, 512 numbers."""

BATCH_SIZE = 32


def plan(budget: Budget) -> list[TrialSettings]:
    """List the trainings, seed by seed.

    Args:
        budget: As `extent` has it.

    Returns:
        Those of Table 1 at batch size 32, and the same with narrower bottlenecks.
    """
    losses = LOSSES[:3]
    trials: list[TrialSettings] = []
    seeds, common = extent(budget)
    for seed in seeds:
        trials += mnist_trials(losses, (BATCH_SIZE,), (seed,), lens=LensSettings(), **common)
        for channels in CHANNELS:
            model = ModelSettings(size=32, latent_channels=channels)
            trials += mnist_trials(losses, (BATCH_SIZE,), (seed,), model=model, **common)
    return trials


def reproduce(work: Work) -> Report:
    """Train autoencoders with bottlenecks of several widths.

    Args:
        work: Where and how; its root holds MNIST.

    Returns:
        AUROC by width and loss.
    """
    return tell(work.models("bottleneck", plan(work.budget)))


def tell(models: pd.DataFrame) -> Report:
    """Make the tables, the figure and the sentences from the numbers.

    Args:
        models: Of `plan`, all or some of them.

    Returns:
        What the width of the bottleneck does, and what the loss does at each width.
    """
    models = models.sort_values("latent", kind="stable")
    ends = models[models["end"]]
    losses = Arms(models=ends, condition="latent")
    widest = int(ends["latent"].max())
    widths = Arms(models=ends, arm="latent", reference=widest, condition="loss")
    figure = _draw(losses)
    return Report(
        title="The width of the bottleneck",
        lede=_lede(losses, widths, widest),
        sections=[
            Section("AUROC", [Picture(figure, _CAPTION)]),
            Section(
                "The loss at each width",
                [effects_table(losses, _EFFECTS, ("loss", "latent numbers"))],
            ),
            Section(
                "The width for each loss",
                [effects_table(widths, _EFFECTS, ("latent numbers", "loss"))],
            ),
        ],
        figures={"bottleneck": figure},
        tables={
            "bottleneck": models,
            "bottleneck_losses": losses.effects,
            "bottleneck_widths": widths.effects,
        },
        text=effects_text(losses, ("loss", "latent numbers")),
    )


_CAPTION = (
    "Left: AUROC by the numbers in the bottleneck; an image has 784 pixels. Right: AUROC minus "
    "that of L2 of the same width, digit and seed, 95 % intervals over digits."
)
_EFFECTS = f"Batch size {BATCH_SIZE}. {OVER_DIGITS}"


def _draw(losses: Arms) -> Figure:
    """Draw levels and differences over the width."""
    colors = colors_of(losses)
    with house_style():
        figure = HouseFigure(figsize=(PAGE, 2.7), layout="constrained")
        left, right = figure.subplots(1, 2)
        draw_levels(left, losses.means, x=losses.conditions, colors=colors)
        draw_curves(
            right, losses.effects, arm="loss", x="latent", label="AUROC minus that of L2",
            colors=colors,
        )  # fmt: skip
        for ax in (left, right):
            ax.set_xlabel("numbers in the bottleneck")
        figure.legend(
            *left.get_legend_handles_labels(), frameon=False, loc="outside upper center", ncols=3
        )
    return figure


def _lede(losses: Arms, widths: Arms, widest: int) -> str:
    """Say what the width is worth for L2, and what the losses are worth at the best width."""
    own = widths.effects[widths.effects["loss"] == "L2"]
    if own.empty:
        return "There is one width only."
    best = own.loc[own["value"].idxmax()]
    at_best = losses.effects[losses.effects["latent"] == best["latent"]]
    return (
        f"With {best['latent']} numbers in the bottleneck in place of {widest}, plain L2 detects "
        f"better by {effect_text(best)}. At that width, AUROC minus that of L2 is: "
        f"{effects_listed(at_best)}."
    )
