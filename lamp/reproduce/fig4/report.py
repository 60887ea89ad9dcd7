"""Fig. 4 of the paper: input, base reconstruction and LAMP reconstruction, normal and defective."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lamp.data import NORMAL, ImageSet
from lamp.figures import Examples, draw_reconstructions
from lamp.figures.detections import SHOWN_SHARE
from lamp.pages import Picture, Prose, Section, Table
from lamp.reproduce.contrast import estimate, interval_to_dict, ratio, times
from lamp.reproduce.fig4.models import Category, Pair, check_there, fig4_plan, measure
from lamp.reproduce.work import Reproduction, Work
from landscape.measures import Interval


def reproduce(work: Work, plan: Sequence[Pair] | None = None) -> Reproduction:
    """Make Fig. 4: reconstructions of the first image of each kind, with errors over all images.

    Args:
        work: Where and how.
        plan: What to train; by default what the budget and the data allow.

    Returns:
        A figure for each category, and how large errors are in normal images and in defects.

    Raises:
        FileNotFoundError: If a category is missing; nothing has been trained then.
    """
    plan = list(fig4_plan(work.budget, work.root) if plan is None else plan)
    for first, _ in plan:
        check_there(first.task, work.root)
    trials = work.run([trial for pair in plan for trial in pair], "trainings")
    categories = [measure(work, a, b) for a, b in zip(trials[::2], trials[1::2], strict=True)]
    figures = {f"fig4_{one.name.replace(' ', '_')}": _draw(one) for one in categories}
    return Reproduction(
        title="Fig. 4: reconstructions of normal and defective images",
        lede=" ".join(_sentence(one) for one in categories),
        sections=[
            *(
                Section(one.name.capitalize(), [Picture(figure, _CAPTION), _errors_table(one)])
                for one, figure in zip(categories, figures.values(), strict=True)
            ),
            Section("What the paper claims", [Prose(_CLAIMS), _difference_table(categories)]),
            Section("What was run", [Prose(_what_was_run(plan))]),
        ],
        figures=figures,
        results={"categories": [_numbers(one) for one in categories]},
        provenance={f"{one.name} (SHA-256)": one.trials[0].data for one in categories},
    )


def _draw(one: Category) -> Figure:
    """Draw the first image of each kind."""
    assert one.test.kinds is not None
    kinds = list(dict.fromkeys(one.test.kinds))
    shown = [one.test.kinds.index(kind) for kind in kinds]
    images = one.test.images.numpy()
    residuals = [(images - errors.reconstructions).mean(1) for errors in one.errors]
    return draw_reconstructions(
        Examples(
            titles=["normal" if kind == NORMAL else kind.replace("_", " ") for kind in kinds],
            images=images[shown],
            reconstructions={
                title: errors.reconstructions[shown]
                for title, errors in zip(one.titles, one.errors, strict=True)
            },
            masks=[_mask(one.test, index) for index in shown],
        ),
        residual=float(np.quantile(np.abs(residuals), SHOWN_SHARE)),
    )


def _mask(test: ImageSet, index: int) -> NDArray[np.bool_] | None:
    """Return the mask of an image, if it is known."""
    if test.masks is None or test.masked is None or not test.masked[index]:
        return None
    mask: NDArray[np.bool_] = test.masks[index].numpy()
    return mask


_CLAIMS = (
    "The paper's figure is to show that LAMP reconstructs normal images better, and turns defects "
    "into what is normal. The first would be a smaller error of normal test images. The second "
    "would be a larger error in defective pixels than the reconstruction has elsewhere in the same "
    "image: a model that paints the defect as it is has no more error there than around it. Both "
    "are measured below over all test images, in pairs; an interval that excludes 1 on the right "
    "side supports a claim for these two trainings. Others may differ."
)


def _sentence(one: Category) -> str:
    """Say what is seen of the paper's claims, whichever way it came out."""
    plain, amplified = one.titles
    difference = one.difference
    text = (
        f"{one.name.capitalize()}: {amplified} reconstructs normal test images with "
        f"{times(difference.normal)} the error of {plain}, {_claim(difference.normal, sign=-1)}"
    )
    if difference.standout is not None:
        text += (
            f"; defects stand out from their surroundings {times(difference.standout)} as much, "
            f"{_claim(difference.standout, sign=1)}"
        )
    first, second = (errors.auroc.value for errors in one.errors)
    return f"{text}. AUROC {second:.3f} against {first:.3f}, where 0.5 is chance."


def _claim(log: Interval, *, sign: int) -> str:
    """Say whether a log ratio has the sign that the paper claims."""
    if math.isnan(log.low) or not log.excludes_zero:
        return "so that no difference can be claimed"
    return "as the paper claims" if sign * log.value > 0 else "the contrary of the paper's claim"


_CAPTION = (
    "The first test image of each kind in the order of their file names, not chosen by eye. All "
    f"residuals in one colour range, which holds {SHOWN_SHARE:.1%} of the pixels of all test "
    "images of both models. It shows these images; what holds on average is in the table."
)


def _errors_table(one: Category) -> Table:
    """Tabulate errors and AUROC of both models."""
    rows = [
        [
            title,
            errors.normal,
            errors.anomalous,
            errors.inside,
            errors.outside,
            estimate(Interval(errors.auroc.value, errors.auroc.low, errors.auroc.high, 0)),
        ]
        for title, errors in zip(one.titles, one.errors, strict=True)
    ]
    return Table(
        columns=[
            "loss",
            "normal images",
            "defective images",
            "in defects",
            "around defects",
            "AUROC",
        ],
        units=["", "L2", "L2", "L2", "L2", ""],
        rows=rows,
        caption=(
            "Mean squared reconstruction error of test images: of normal and of defective ones, "
            "and of the latter inside and outside the masks. AUROC of the image scores, with the "
            "95 % interval over test images."
        ),
    )


def _difference_table(categories: Sequence[Category]) -> Table:
    """Tabulate the paired differences behind the claims."""
    return Table(
        columns=["category", "error, normal images", "standing out of defects", "AUROC"],
        units=["", "ratio", "ratio", "difference"],
        rows=[
            [
                one.name,
                ratio(one.difference.normal),
                ratio(one.difference.standout) if one.difference.standout is not None else None,
                estimate(one.difference.auroc),
            ]
            for one in categories
        ],
        caption=(
            "L2-LAMP against L2: geometric mean over images of the ratio of errors; of the ratio "
            "of errors in and around defects; difference of AUROC. 95 % intervals over test "
            "images, one training each: other seeds are not in them. The paper claims a ratio "
            "below 1 in the first column, and above 1 in the second."
        ),
    )


def _what_was_run(plan: Sequence[Pair]) -> str:
    """Say in words what was done."""
    one = plan[0][0]
    return (
        f"Images of {one.task.size} × {one.task.size} pixels. Autoencoders of {one.model.depth} + "
        f"{one.model.depth} layers, {one.model.width} channels in the first, "
        f"{one.model.kernel_size}×{one.model.kernel_size} kernels, "
        f"{one.training.optimizer.title()} at {one.training.learning_rate:g}, batch size "
        f"{one.training.batch_size}, {one.training.samples:,} images seen; both losses from the "
        f"same initial weights and in the same order. {one.held_out:.0%} of the training images "
        "are held out."
    )


def _numbers(one: Category) -> dict[str, Any]:
    """Collect all numbers of a category."""
    difference = one.difference
    return {
        "category": one.name,
        "models": [
            {
                "loss": title,
                "settings": trial.settings.model_dump(mode="json"),
                "held_out": trial.last.held_out,
                **errors.to_dict(),
            }
            for title, trial, errors in zip(one.titles, one.trials, one.errors, strict=True)
        ],
        "log_ratio_of_normal_error": interval_to_dict(difference.normal),
        "log_ratio_of_standing_out": difference.standout and interval_to_dict(difference.standout),
        "auroc_difference": interval_to_dict(difference.auroc),
    }
