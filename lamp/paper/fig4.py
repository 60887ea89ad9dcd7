"""Fig. 4 of the paper: inputs and reconstructions by L2 and LAMP, normal and defective."""

import math
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lamp.data import NORMAL
from lamp.experiments import TaskSettings, TrialSettings
from lamp.figures import Examples, draw_reconstructions
from lamp.figures.detections import SHOWN_SHARE
from lamp.models.settings import ModelSettings
from lamp.pages import Picture, Prose, Section, Table
from lamp.paper.defects import Category, check_there, measure
from lamp.paper.forest import draw_forest
from lamp.paper.mnist import AUTHOR, L2, LITERAL, mnist_trials
from lamp.paper.names import Budget
from lamp.paper.ratios import with_limits
from lamp.paper.words import effect_cell, ratio_cell, ratio_text, short
from lamp.paper.work import Report, Work
from lamp.training import TrainingSettings
from landscape.measures import Interval

LOSSES = (L2, LITERAL, AUTHOR)
SCREW, TILE = "mvtec/screw", "magnetic_tile"
"""The category that must be there, and the one that is shown if it is."""
_SHOWN_TITLES = {AUTHOR.title: "L2-LAMP,\nauthor's\ncode"}  # names of rows must be short


def plan(budget: Budget, root: Path | None) -> list[list[TrialSettings]]:
    """Plan the figure: screws, magnetic tiles if they are there, and defects printed on a digit.

    Args:
        budget: Images seen: 800, 4,000 or 60,000; of a digit ten times as many, at most 60,000.
        root: Folder of the data.

    Returns:
        For each category trials that are alike in all but the loss.
    """
    samples = {"minutes": 800, "hours": 4_000, "days": 60_000}[budget]
    names = [SCREW, *([TILE] if root is not None and (root / TILE).is_dir() else [])]
    planned = [
        trials_of(
            TaskSettings(data="folder", category=name, size=128, channels=1),
            ModelSettings(size=128, depth=6, width=8, kernel_size=5),
            TrainingSettings(batch_size=16, samples=samples),
        )
        for name in names
    ]
    few = min(10 * samples, 60_000)
    return [*planned, list(mnist_trials(LOSSES, (16,), digits=(3,), samples=few, printed=True))]


def trials_of(
    task: TaskSettings, model: ModelSettings, training: TrainingSettings
) -> list[TrialSettings]:
    """Make the trials of one category, the base loss first."""
    return [TrialSettings(task=task, loss=loss, model=model, training=training) for loss in LOSSES]


def reproduce(work: Work, planned: Sequence[Sequence[TrialSettings]] | None = None) -> Report:
    """Make Fig. 4: reconstructions of the first image of each kind, with errors over all images.

    Args:
        work: Where and how.
        planned: What to train; by default what the budget and the data allow.

    Raises:
        FileNotFoundError: If a category is missing; nothing has been trained then.
        FloatingPointError: If a training diverged.
    """
    planned = plan(work.budget, work.root) if planned is None else planned
    for trials in planned:
        check_there(trials[0].task, work.root)
    work.run([trial for trials in planned for trial in trials], "trainings")
    return tell(planned, [measure(work, trials) for trials in planned])


def tell(planned: Sequence[Sequence[TrialSettings]], categories: Sequence[Category]) -> Report:
    """Make pictures, tables and sentences of what was planned and what came of it."""
    models = pd.DataFrame(
        {
            "category": one.name,
            "loss": title,
            **errors.row(),
            "brightness_train": one.brightness.train,
            "brightness_test_normal": one.brightness.normal,
            "brightness_test_defective": one.brightness.anomalous,
        }
        for one in categories
        for title, errors in one.errors.items()
    )
    figures = {f"fig4_{one.name.replace(' ', '_')}": _draw(one) for one in categories}
    areas = _draw_areas(models)
    return Report(
        title="Fig. 4: reconstructions of normal and defective images",
        lede=" ".join(_sentence(one) for one in categories),
        sections=[
            *(
                Section(one.name.capitalize(), [Picture(figure, _CAPTION), _errors_table(one)])
                for one, figure in zip(categories, figures.values(), strict=True)
            ),
            Section("Detection", [Picture(areas, _AREAS)]),
            Section("What the paper claims", [Prose(_CLAIMS), _difference_table(categories)]),
            Section("What was run", [Prose(_what_was_run(planned))]),
        ],
        figures={**figures, "fig4_auroc": areas},
        tables={"fig4": models, "fig4_differences": _differences(categories)},
        provenance={f"{one.name} (SHA-256)": one.data for one in categories},
    )


def _draw(one: Category) -> Figure:
    """Draw the first image of each kind."""
    assert one.test.kinds is not None
    kinds = list(dict.fromkeys(one.test.kinds))
    shown = [one.test.kinds.index(kind) for kind in kinds]
    images = one.test.images.numpy()
    residuals = [(images - errors.reconstructions).mean(1) for errors in one.errors.values()]
    return draw_reconstructions(
        Examples(
            titles=["normal" if kind == NORMAL else kind.replace("_", " ") for kind in kinds],
            images=images[shown],
            reconstructions={
                _SHOWN_TITLES.get(title, title): errors.reconstructions[shown]
                for title, errors in one.errors.items()
            },
            masks=[one.mask(index) for index in shown],
        ),
        residual=float(np.quantile(np.abs(residuals), SHOWN_SHARE)),
    )


def _draw_areas(models: pd.DataFrame) -> Figure:
    """Draw the AUROC of every model with its interval, from chance on."""
    effects = models[["category", "loss"]].assign(
        value=models["auroc"] - 0.5, low=models["auroc_low"] - 0.5, high=models["auroc_high"] - 0.5
    )
    dots = effects.iloc[:0].assign(task="", difference=0.0)
    return draw_forest(effects, dots, rows="loss", colors="category", label="AUROC minus chance")


def _differences(categories: Sequence[Category]) -> pd.DataFrame:
    """Return the differences to the base loss, one row for each other model."""
    rows: list[dict[str, object]] = []
    for one in categories:
        for title, found in one.differences.items():
            rows.append({"category": one.name, "loss": title, "reference": next(iter(one.errors))})
            for name, number in found.items():
                rows[-1] |= with_limits(name, number)
    return pd.DataFrame(rows)


def _sentence(one: Category) -> str:
    """Say what is seen of the paper's claims, whichever way it came out."""
    base, *_ = one.errors
    claims = []
    for title, found in one.differences.items():
        error, standing = found["log_normal"], found["log_standing_out"]
        claims.append(
            f"{title} reconstructs normal test images with {ratio_text(error)} the error of "
            f"{base}, {_claim(error, sign=-1)}"
        )
        if not math.isnan(standing.value):
            claims[-1] += (
                f", and defects stand out {ratio_text(standing)} as much, "
                f"{_claim(standing, sign=1)}"
            )
    areas = ", ".join(
        f"{short(errors.auroc.value)} ({title}, {_beside_chance(errors.auroc)})"
        for title, errors in one.errors.items()
    )
    text = f"{one.name.capitalize()}: {'; '.join(claims)}. AUROC {areas}."
    if not one.brightness.broken:
        return text
    train, normal, defective = map(short, astuple(one.brightness)[:3])
    return (
        f"{text} Its normal test images are outliers: their mean brightness is {normal}, that of "
        f"the training images {train}, of defective ones {defective}, so that nothing is to be "
        "learnt here of how well a loss detects."
    )


def _claim(log: Interval, *, sign: int) -> str:
    """Say whether a difference is as the paper claims."""
    if not log.excludes_zero:
        return "so that no difference can be claimed"
    return "as the paper claims" if sign * log.value > 0 else "the contrary of the paper's claim"


def _beside_chance(area: Interval) -> str:
    """Say on which side of chance an interval lies."""
    if area.low > 0.5:
        return "better than chance"
    return "worse than chance" if area.high < 0.5 else "no better than chance"


_CAPTION = (
    "The first test image of each kind in the order of their file names, not chosen by eye. All "
    f"residuals in one colour range, which holds {SHOWN_SHARE:.1%} of the pixels of all test "
    "images of all models. It shows these images; what holds on average is in the table."
)
_AREAS = (
    "AUROC of the L2 scores of the test images minus .5, which is chance, with 95 % intervals over "
    "test images; one training each. Printed defects are a positive control: squares with light "
    "and dark exchanged, which any detector that works must find."
)
_CLAIMS = (
    "The paper's figure is to show that LAMP reconstructs normal images better, and turns defects "
    "into what is normal. The first would be a smaller error of normal test images. The second "
    "would be a larger error in defective pixels than the reconstruction has elsewhere in the same "
    "image. Both are measured below over all test images, in pairs; an interval that excludes 1 on "
    "the right side supports a claim for these trainings. Others may differ."
)


_ERRORS = {
    "normal images": "normal",
    "defective images": "anomalous",
    "in defects": "inside",
    "around defects": "outside",
}


def _errors_table(one: Category) -> Table:
    """Tabulate errors and AUROC of all models."""
    train, normal, defective = map(short, astuple(one.brightness)[:3])
    return Table(
        columns=["loss", *_ERRORS, "AUROC"],
        units=["", *("L2" for _ in _ERRORS), "chance: 0.5"],
        rows=[
            [
                title,
                *(getattr(errors, part) for part in _ERRORS.values()),
                effect_cell(errors.auroc),
            ]
            for title, errors in one.errors.items()
        ],
        caption=(
            "Mean squared reconstruction error of test images: of normal and of defective ones, "
            "and of the latter inside and outside the masks. AUROC of the image scores, with the "
            f"95 % interval over test images. Mean brightness: {train} of the normal images that "
            f"were trained on, {normal} of those tested, {defective} of defective ones."
        ),
    )


def _difference_table(categories: Sequence[Category]) -> Table:
    """Tabulate the paired differences behind the claims."""
    return Table(
        columns=["category", "loss", "error, normal images", "standing out of defects", "AUROC"],
        units=["", "", "ratio", "ratio", "difference"],
        rows=[
            [
                one.name, title, ratio_cell(found["log_normal"]),
                ratio_cell(found["log_standing_out"]), effect_cell(found["auroc"]),
            ]
            for one in categories
            for title, found in one.differences.items()
        ],
        caption=(
            f"Against {L2.title}: geometric mean over images of the ratio of errors; of the ratio "
            "of errors in and around defects; difference of AUROC. 95 % intervals over test "
            "images, one training each: other seeds are not in them. The paper claims a ratio "
            "below 1 in the first column, and above 1 in the second."
        ),
    )  # fmt: skip


def _what_was_run(planned: Sequence[Sequence[TrialSettings]]) -> str:
    """Say in words what was done."""
    return "\n\n".join(
        f"{one.task.name}: images of {one.task.size} × {one.task.size} pixels, autoencoders of "
        f"{one.model.depth} + {one.model.depth} layers and {one.model.width} channels in the "
        f"first, {one.training.optimizer.title()} at {one.training.learning_rate:g}, batch size "
        f"{one.training.batch_size}, {one.training.samples:,} images seen; all losses from the "
        f"same initial weights and in the same order, {one.held_out:.0%} of the images held out."
        for one in (trials[0] for trials in planned)
    )
