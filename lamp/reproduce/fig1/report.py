"""Fig. 1 of the paper: the loss of two autoencoders in 3-D, L2 beside L2-LAMP."""

from typing import Any

from lamp.experiments.lens import COMMON, OWN
from lamp.pages import Interactive, Picture, Prose, Section
from lamp.reproduce.contrast import (
    NOTABLE_SHARE,
    RAW,
    REST,
    SCALE_FREE,
    and_curvature,
    statistics_table,
    summary_to_dict,
    times,
    verdict,
)
from lamp.reproduce.fig1.surfaces import Found, Plan, fig1_plan, measure
from lamp.reproduce.surfaces import absolute_levels, accuracy_in_words
from lamp.reproduce.work import Reproduction, Work
from landscape.figures import draw_surfaces, explore_pair
from landscape.figures.style import PAGE

_THREE_WIDE = 1.5 * PAGE  # panels as large as those of two on a page


def reproduce(work: Work, plan: Plan | None = None) -> Reproduction:
    """Make Fig. 1: surfaces of an L2 and an L2-LAMP autoencoder over their contours.

    Args:
        work: Where and how.
        plan: What to train and to look at; by default that of the budget.

    Returns:
        The figure under the common lens and in own units, with statistics over all planes.
    """
    plan = plan or fig1_plan(work.budget)
    found = measure(work, plan)
    titles = found.titles
    both, all_three = list(found.surfaces[:2]), list(found.surfaces)
    absolute = absolute_levels(all_three, OWN)
    figures = {
        "fig1_common": draw_surfaces(both, titles=titles[:2], metric=COMMON),
        "fig1_own": draw_surfaces(
            all_three, titles=titles, metric=OWN, levels=absolute, width=_THREE_WIDE
        ),
    }
    return Reproduction(
        title="Fig. 1: loss surfaces of two autoencoders",
        lede=_lede(found),
        sections=[
            Section(
                "The same loss for both",
                [
                    Picture(figures["fig1_common"], _common_caption(plan)),
                    Interactive(
                        explore_pair(both, titles[:2], metric=COMMON),
                        "The same two surfaces. Drag to turn both, point to read.",
                    ),
                    *_common_tables(found),
                ],
            ),
            Section(
                "Each in units of its own",
                [Picture(figures["fig1_own"], _own_caption(found)), *_own_tables(found)],
            ),
            Section("What was run", [Prose(_what_was_run(plan, found))]),
        ],
        figures=figures,
        results=_results(plan, found),
        provenance={"images (SHA-256)": found.trials[0].data},
    )


def _lede(found: Found) -> str:
    """Say what was found, whichever way it came out."""
    one, (plain, amplified, control) = found.contrast, found.titles
    start = (
        f"Seen through the same plain L2 loss, the {amplified} model has {times(one.center)} the "
        f"loss of the {plain} model at the center"
        f"{and_curvature(one.curvature, one.why_no_curvature, 'its')}"
    )
    if one.why_no_radius:
        found_out = f"{start}; the radii where it doubles have no ratio: {one.why_no_radius}"
    else:
        assert one.rest is not None
        found_out = (
            f"{start}, and its loss doubles at {times(one.radius)} the radius"
            f"{_without_pixel(found)}: "
            f"{verdict(amplified, [one.radius, one.rest], one.curvature)}"
        )
    rises = [own["mean_excess"].value for own in found.own]
    return (
        f"{found_out}. In units of its own the loss of {amplified} rises by "
        f"{rises[1] / rises[0]:.2f} times what {plain} rises by around the center; {control}, "
        f"which is the {plain} model itself in other units, by {rises[2] / rises[0]:.2f} times."
    )


def _without_pixel(found: Found) -> str:
    """Tell the ratio of radii without the worst pixel, where that pixel matters."""
    first, second = found.worst_pixel
    one = found.contrast
    if abs(first - second) <= NOTABLE_SHARE or one.rest is None:
        return ""
    return (
        f" ({times(one.rest)} without the worst pixel of each image, which makes up {second:.0%} "
        f"of that loss against {first:.0%})"
    )


def _common_caption(plan: Plan) -> str:
    """Say what the first figure shows, and what it does not prove."""
    return (
        "Both models under plain L2, whatever they were trained with, on the same random plane "
        f"(the first of {plan.grid.planes}), in multiples of each model's own center. It shows "
        "whether one basin is narrower than the other relative to its depth. One plane of one "
        "training each proves nothing: the tables give all planes, and other seeds of training "
        "are not in them."
    )


def _own_caption(found: Found) -> str:
    """Say what the second figure shows, and what it does not prove."""
    plain, _, control = found.titles
    return (
        "The same planes, each under its own loss and all at the same absolute levels, as the "
        f"paper draws them. At the right is {control}: the very same model as at the left, "
        f"whose loss was multiplied by {found.factor:g} to begin where the amplified one does. "
        "It looks sharper, and nothing about it is: what a constant does to a picture is no "
        f"property of the landscape. Its scale-free statistics are those of {plain}."
    )


def _common_tables(found: Found) -> list[Any]:
    """Tabulate statistics under the common lens."""
    models = dict(zip(found.titles, found.common, strict=False))
    over = f"95 % intervals over {found.surfaces[0].planes} planes through one model each"
    return [
        statistics_table(
            models, SCALE_FREE, f"Scale-free sharpness under plain L2; {over}.", center="L2"
        ),
        statistics_table(
            models,
            RAW | REST,
            f"Raw sharpness under plain L2, comparable because the loss is one; {over}.",
            center="L2",
        ),
    ]


def _own_tables(found: Found) -> list[Any]:
    """Tabulate statistics in own units, with the control."""
    models = dict(zip(found.titles, found.own, strict=True))
    return [
        statistics_table(
            models,
            SCALE_FREE,
            "Scale-free sharpness of each loss of its own. Multiplying by a constant changes "
            "nothing; the logarithm and the maximum of LAMP do, so that the second row is of "
            "another function and not of another landscape alone.",
            center="own loss",
        ),
        statistics_table(
            models,
            RAW,
            "Raw sharpness of each loss of its own. Units differ: rows cannot be compared, as the "
            "last one shows.",
            center="own loss",
        ),
    ]


def _what_was_run(plan: Plan, found: Found) -> str:
    """Say in words what was done."""
    settings, grid = plan.trials[0], plan.grid
    measured = sum(int(surface.measured.sum()) for surface in found.surfaces)
    points = sum(surface.status.size for surface in found.surfaces)
    auroc = " and ".join(
        f"{trial.last.auroc:.3f} ({trial.settings.loss.title})" for trial in found.trials
    )
    return (
        f"Autoencoders of {settings.model.depth} + {settings.model.depth} layers, trained on "
        f"{settings.task.name} at batch size {settings.training.batch_size} with "
        f"{settings.training.optimizer.title()} at {settings.training.learning_rate:g}, "
        f"{settings.training.samples:,} images seen, from the same initial weights and in the "
        f"same order. AUROC {auroc}. All parameters move along filter-normalized random "
        f"directions, the same for both; {grid.planes} planes of {grid.steps} × {grid.steps} "
        f"points, {accuracy_in_words(grid)} ({measured:,} of {points:,} measured), on the first "
        f"{plan.images} training images."
    )


def _results(plan: Plan, found: Found) -> dict[str, Any]:
    """Collect all numbers."""
    return {
        "models": [
            {
                "loss": trial.settings.loss.title,
                "settings": trial.settings.model_dump(mode="json"),
                "auroc": trial.last.auroc,
                "worst_pixel_share_of_l2": share,
                "common_lens": summary_to_dict(common),
                "own_loss": summary_to_dict(own),
            }
            for trial, share, common, own in zip(
                found.trials, found.worst_pixel, found.common, found.own, strict=False
            )
        ],
        "control": {"factor": found.factor, "own_loss": summary_to_dict(found.own[2])},
        "contrast": found.contrast.to_dict(),
        "grid": plan.grid.model_dump(mode="json"),
    }
