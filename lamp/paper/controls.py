"""What the paper lacks: other readings of its equations, and losses that share all but one part."""

import pandas as pd

from lamp.experiments import LensSettings, TrialSettings
from lamp.losses.settings import LossSettings
from lamp.pages import Bullets, Picture, Section
from lamp.paper.arms import OVER_DIGITS, effects_listed, effects_table, effects_text
from lamp.paper.forest import draw_forest
from lamp.paper.mnist import DETACHED, L2, LITERAL, LOSSES, extent, mnist_trials
from lamp.paper.names import Budget
from lamp.paper.work import Report, Work
from lamp.statistics import Arms

READINGS = tuple(
    LossSettings.named(f"l2-lamp:{reading}")
    for reading in ("none", "batch", "scalar", "author-signed")
)
PARTS = (
    LossSettings(name="l2-lamp", matched=True),
    LossSettings(name="l2-lamp", detach=True, order=1),
    LossSettings(name="bce"),
    LossSettings(name="l2-lamp", epsilon=0.3),
    LossSettings(name="l2-lamp", epsilon=0.01),
)
"""L2 with LAMP's step lengths; LAMP without its logarithm; what unscaled L1-LAMP becomes for black
and white images; and other epsilons."""

SGD_RATES = (0.03, 0.1, 0.3, 1.0, 3.0)
_SIZES = (128, 32, 16)
_SGD_SIZE = 128


def plan(budget: Budget) -> list[TrialSettings]:
    """List the trainings, seed by seed.

    Args:
        budget: As `extent` has it; `minutes` has one batch size, 128, of three.

    Returns:
        Those of Table 1 at the same batch sizes first, which are the references.
    """
    sizes = _SIZES[:1] if budget == "minutes" else _SIZES
    trials: list[TrialSettings] = []
    seeds, common = extent(budget)
    for seed in seeds:
        trials += mnist_trials(LOSSES, sizes, (seed,), lens=LensSettings(), **common)
        trials += mnist_trials(READINGS, sizes, (seed,), **common)
        trials += mnist_trials(PARTS, sizes[:1], (seed,), **common)
        for rate in SGD_RATES:
            trials += mnist_trials(
                (L2, LITERAL, DETACHED), (_SGD_SIZE,), (seed,), **common,
                optimizer="sgd", learning_rate=rate,
            )  # fmt: skip
    return trials


def reproduce(work: Work) -> Report:
    """Train the controls and compare each with L2 in pairs.

    Args:
        work: Where and how; its root holds MNIST.

    Returns:
        Readings by batch size, single parts of LAMP, and SGD by learning rate.
    """
    return tell(work.models("controls", plan(work.budget)))


def tell(models: pd.DataFrame) -> Report:
    """Make the tables, the figures and the sentences from the numbers.

    Args:
        models: Of `plan`, all or some of them.

    Returns:
        The controls.
    """
    ends = models[models["end"]]
    adam, sgd = ends[ends["optimizer"] == "adam"], ends[ends["optimizer"] == "sgd"]
    titles = {loss.title for loss in PARTS}
    readings = Arms(models=adam[~adam["loss"].isin(titles)])
    largest = adam["batch_size"].max()
    parts = Arms(models=adam[adam["batch_size"] == largest])
    rates = Arms(models=_finite_arms(sgd), condition="learning_rate")
    best = Arms(models=_at_best_rate(sgd), condition="optimizer")
    figure, parts_figure = (
        draw_forest(
            arms.effects, arms.differences, rows="loss", colors="batch_size",
            label="AUROC minus that of L2", limit=0.1,
        )
        for arms in (readings, parts)
    )  # fmt: skip
    return Report(
        title="Controls: which reading, and which part of LAMP, makes a difference",
        lede=_lede(readings),
        sections=[
            Section(
                "Readings of the equations",
                [Picture(figure, _CAPTION), effects_table(readings, f"Adam. {OVER_DIGITS}")],
            ),
            Section(
                "One part at a time",
                [
                    Picture(parts_figure, f"Batch size {largest}. {_CAPTION}"),
                    effects_table(parts, f"Adam, batch size {largest}. {OVER_DIGITS}"),
                    Bullets(_WHAT_FOR),
                ],
            ),
            Section(
                "Plain gradient descent",
                [
                    effects_table(rates, f"SGD, by learning rate. {OVER_DIGITS}", ("loss", "rate")),
                    effects_table(
                        best,
                        f"SGD, each loss at the rate that is best for it on average over digits: "
                        f"an oracle, which the test images chose. {OVER_DIGITS}",
                        ("loss", "optimizer"),
                    ),
                ],
            ),
        ],
        figures={"controls_readings": figure, "controls_parts": parts_figure},
        tables={
            "controls": models,
            "controls_readings": readings.effects,
            "controls_parts": parts.effects,
            "controls_sgd": rates.effects,
            "controls_sgd_best": best.effects,
        },
        text=effects_text(readings),
    )


_CAPTION = (
    "AUROC minus that of plain L2 of the same digit and seed. A dot is a digit, mean of its seeds; "
    "a bar is the 95 % interval over digits. What lies beyond the axis is written at its edge."
)
_WHAT_FOR = (
    (
        "L2, steps as long as LAMP's: at every step the gradient of L2, scaled to the length of "
        "LAMP's gradient there. What LAMP does beyond it lies in where its gradient points."
    ),
    "Error / maximum, no logarithm: the first term of the series of LAMP.",
    "BCE: binary cross-entropy, what unscaled L1-LAMP becomes for black and white images.",
)


def _finite_arms(sgd: pd.DataFrame) -> pd.DataFrame:
    """Leave out rates at which a loss diverged everywhere."""
    return sgd[sgd.groupby(["loss", "learning_rate"])["auroc"].transform("count") > 0]


def _at_best_rate(sgd: pd.DataFrame) -> pd.DataFrame:
    """Keep the trainings of each loss at the rate with the highest mean AUROC."""
    if sgd.empty:
        return sgd
    means = sgd.groupby(["loss", "learning_rate"])["auroc"].mean()
    best = means.dropna().groupby("loss").idxmax()
    kept = [
        (loss, rate) in set(best)
        for loss, rate in zip(sgd["loss"], sgd["learning_rate"], strict=True)
    ]
    return sgd[kept]


def _lede(readings: Arms) -> str:
    """Say what each reading comes to, over all batch sizes."""
    sizes = ", ".join(map(str, readings.conditions))
    return (
        f"Eq. 1 and 2 can be read in several ways. AUROC minus that of plain L2, over batch sizes "
        f"{sizes}: {effects_listed(readings.pooled)}."
    )
