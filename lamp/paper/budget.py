"""What the paper lacks: how long is trained, on which the sign of a difference may depend."""

import pandas as pd
from matplotlib.figure import Figure

from lamp.experiments import TrialSettings
from lamp.pages import Picture, Section
from lamp.paper.arms import OVER_DIGITS, effects_listed, effects_table, effects_text
from lamp.paper.forest import colors_of, draw_curves, draw_levels
from lamp.paper.mnist import LOSSES, extent, mnist_trials
from lamp.paper.names import Budget
from lamp.paper.work import Report, Work
from lamp.statistics import Arms
from landscape.figures import HouseFigure, house_style
from landscape.figures.style import PAGE

LONG, LONGEST = 120_000, 600_000
"""Images seen: about twenty and a hundred passes over one digit."""

_MARKS, _MARKS_OF_LONGEST = 6, 10
_TITLES = ("loss", "images seen")


def plan(budget: Budget) -> list[TrialSettings]:
    """List the trainings, seed by seed.

    Args:
        budget: `minutes`: digits 0 to 2, batch size 128, 8,000 images seen. `hours`: all digits at
            128 and 1024, 120,000 images, and at 1024 also 600,000; one seed. `days`: three seeds.

    Returns:
        Settings of all trainings, each judged at equal parts of its budget.
    """
    if budget == "minutes":
        return list(mnist_trials(LOSSES, (128,), marks=4, **extent(budget)[1]))
    trials: list[TrialSettings] = []
    for seed in range(1 if budget == "hours" else 3):
        trials += mnist_trials(LOSSES, (128, 1024), (seed,), samples=LONG, marks=_MARKS)
        trials += mnist_trials(
            LOSSES[:3], (1024,), (seed,), samples=LONGEST, marks=_MARKS_OF_LONGEST
        )
    return trials


def reproduce(work: Work) -> Report:
    """Train for long, and judge on the way.

    Args:
        work: Where and how; its root holds MNIST.

    Returns:
        AUROC by images seen, for each batch size and loss.
    """
    return tell(work.models("budget", plan(work.budget)))


def tell(models: pd.DataFrame) -> Report:
    """Make the tables, the figure and the sentences from the numbers.

    Args:
        models: Of `plan`, all or some of them.

    Returns:
        The curves.
    """
    groups = {
        f"batch size {size}, {samples:,} images": Arms(models=own, condition="seen")
        for (size, samples), own in models.groupby(["batch_size", "samples"], sort=True)
    }
    figure = _draw(groups)
    return Report(
        title="The budget: AUROC while training goes on",
        lede=_lede(groups),
        sections=[
            Section("Curves", [Picture(figure, _CAPTION)]),
            *(
                Section(name.capitalize(), [effects_table(arms, OVER_DIGITS, _TITLES)])
                for name, arms in groups.items()
            ),
        ],
        figures={"budget": figure},
        tables={
            "budget": models,
            "budget_effects": pd.concat(
                [arms.effects.assign(training=name) for name, arms in groups.items()],
                ignore_index=True,
            ),
        },
        text="\n\n".join(f"{name}\n{effects_text(arms, _TITLES)}" for name, arms in groups.items()),
    )


_CAPTION = (
    "Above: AUROC over images seen, mean of the digits. Below: AUROC minus that of L2 of the same "
    "digit and seed after as many images, 95 % intervals over digits."
)


def _draw(groups: dict[str, Arms]) -> Figure:
    """Draw one column for each kind of training: levels above differences."""
    with house_style():
        figure = HouseFigure(figsize=(PAGE, 4.4), layout="constrained")
        axes = figure.subplots(2, len(groups), squeeze=False, sharex="col")
        for (above, below), (name, arms) in zip(axes.T, groups.items(), strict=True):
            colors, seen = colors_of(arms), sorted(arms.conditions)
            draw_levels(above, arms.means, x=seen, colors=colors, label="AUROC")
            above.set_title(name.replace(", ", "\n"), loc="left")
            draw_curves(
                below, arms.effects, arm="loss", x="seen", label="minus that of L2", colors=colors
            )
            ticked = range(len(seen))[:: -1 if len(seen) <= _MARKS else -2]
            below.set_xticks(ticked, [f"{seen[place] / 1000:.0f}" for place in ticked])
            below.set_xlabel("images seen, thousands")
        handles = axes[0, 0].get_legend_handles_labels()
        figure.legend(*handles, frameon=False, loc="outside upper center", ncols=4)
    return figure


def _lede(groups: dict[str, Arms]) -> str:
    """Say what is left of each difference at the end of each training."""
    sentences = []
    for name, arms in groups.items():
        own = arms.effects[arms.effects["seen"] == max(arms.conditions)]
        if not own.empty:
            sentences.append(f"At the end of {name}: {effects_listed(own)}.")
    return f"AUROC minus that of plain L2 depends on how long is trained. {' '.join(sentences)}"
