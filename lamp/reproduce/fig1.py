"""Fig. 1 of the paper: the loss of two autoencoders in 3-D, L2 beside L2-LAMP."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from lamp.checkpoint import load_checkpoint
from lamp.losses import Scaled
from lamp.losses.settings import LossSettings, make_loss
from lamp.models.settings import ModelSettings
from lamp.reproduce.names import Budget
from lamp.reproduce.sharpness import (
    NOTABLE_SHARE,
    RAW,
    REST,
    SCALE_FREE,
    Contrast,
    contrast,
    statistics_table,
    times,
    verdict,
)
from lamp.reproduce.surfaces import absolute_levels, compute_surfaces, seen_images
from lamp.reproduce.work import Reproduction, Work
from lamp.training import TrainingSettings
from lamp.trials import TaskSettings, Trial, TrialSettings
from lamp.trials.lens import COMMON, OWN, BothLenses, worst_pixel_share
from lamp.trials.trial import Files
from landscape.figures import (
    Interactive,
    Picture,
    Prose,
    Section,
    draw_surfaces,
    explore_pair,
)
from landscape.figures.style import PAGE
from landscape.measures import Summary, summarize
from landscape.objective import Problem
from landscape.settings import GridSettings
from landscape.surface import Surface

LOSSES = (LossSettings(name="l2"), LossSettings(name="l2-lamp"))

_CONTROL = "L2 times {factor:.2g}"
_THREE_WIDE = 1.5 * PAGE  # panels as large as those of two on a page


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is trained, and how it is looked at.

    Args:
        trials: Two, alike in all but the loss: the base loss, and its amplified version.
        grid: Planes through the trained parameters, all of which move.
        images: Training images that the surfaces are taken over.
    """

    trials: tuple[TrialSettings, TrialSettings]
    grid: GridSettings
    images: int = 128


def fig1_plan(
    budget: Budget,
    *,
    task: TaskSettings | None = None,
    model: ModelSettings | None = None,
) -> Plan:
    """Plan the figure: MNIST, digit 3, batch 128.

    Args:
        budget: Images seen in training: 8,000, 20,000 or 120,000; five planes, for `paper` ten.
        task: Other images.
        model: Another autoencoder.

    Returns:
        The plan.
    """
    samples = {"minutes": 8_000, "hours": 20_000, "paper": 120_000}[budget]
    plain, amplified = (
        TrialSettings(
            task=task or TaskSettings(normal=3),
            loss=loss,
            model=model or ModelSettings(size=32),
            training=TrainingSettings(batch_size=128, samples=samples),
        )
        for loss in LOSSES
    )
    return Plan(
        trials=(plain, amplified),
        grid=GridSettings(
            planes=10 if budget == "paper" else 5, tolerance=0.01, tolerance_metrics=(COMMON, OWN)
        ),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What was measured.

    Args:
        trials: What came of the trainings, the base loss first.
        surfaces: Of both, and of the control: the base model under a multiple of its loss.
        factor: That multiple: the control begins at the value of the amplified loss.
        common: Statistics of both under plain L2.
        own: Statistics of all three under the losses of their own.
        worst_pixel: Share of L2 at the center that the worst pixel of each image makes up.
    """

    trials: tuple[Trial, Trial]
    surfaces: tuple[Surface, Surface, Surface]
    factor: float
    common: tuple[Summary, Summary]
    own: tuple[Summary, Summary, Summary]
    worst_pixel: tuple[float, float]

    @property
    def titles(self) -> list[str]:
        """Names of the three in tables and figures."""
        titles = [trial.settings.loss.title for trial in self.trials]
        return [*titles, _CONTROL.format(factor=self.factor)]

    @property
    def contrast(self) -> Contrast:
        """The amplified model against the other, under plain L2."""
        return contrast([[(self.common[1], self.common[0])]])


def measure(work: Work, plan: Plan) -> Found:
    """Train both models and measure their surfaces.

    Args:
        work: Where and how.
        plan: What.

    Returns:
        The measurements.

    Raises:
        FloatingPointError: If a training diverged.
        FileNotFoundError: If data are missing.
    """
    first, second = work.run(plan.trials, "trainings")
    for trial in (first, second):
        if trial.failure:
            raise FloatingPointError(f"{trial.settings.key}: {trial.failure}")
    images = seen_images(first, work.root, plan.images)
    models = [
        load_checkpoint(Files(work.folder / "trials", trial.settings).checkpoint)[0]
        for trial in (first, second)
    ]
    problems = {
        trial.settings.key: _problem(model, BothLenses(make_loss(trial.settings.loss)), images)
        for trial, model in zip((first, second), models, strict=True)
    }
    plain, amplified = compute_surfaces(work, problems, plan.grid).values()
    factor = float(f"{amplified.center[OWN] / plain.center[OWN]:.2g}")
    scaled = Scaled(make_loss(first.settings.loss), factor)  # type: ignore[arg-type]
    name = f"{first.settings.key}_times{factor:g}"
    control = {name: _problem(models[0], BothLenses(scaled), images)}
    surfaces = (plain, amplified, compute_surfaces(work, control, plan.grid, title="control")[name])
    shares = [worst_pixel_share(model, images) for model in models]
    common = [
        summarize(surface, metric=COMMON, rise=surface.center[COMMON] * (1 - share))
        for surface, share in zip(surfaces[:2], shares, strict=True)
    ]
    own = [summarize(surface, metric=OWN) for surface in surfaces]
    return Found(
        trials=(first, second),
        surfaces=surfaces,
        factor=factor,
        common=(common[0], common[1]),
        own=(own[0], own[1], own[2]),
        worst_pixel=(shares[0], shares[1]),
    )


def _problem(model: nn.Module, lenses: BothLenses, images: Tensor) -> Problem:
    """Make the problem of an autoencoder all of whose parameters move."""
    return Problem(model, lenses, [images])


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
        f"loss of the {plain} model at the center and {times(one.curvature)} its curvature"
    )
    if one.bounded:
        found_out = f"{start}; the radius where it doubles leaves the grid of some plane"
    else:
        assert one.rest is not None
        found_out = (
            f"{start}, and its loss doubles at {times(one.radius)} the radius"
            f"{_without_pixel(found)}: "
            f"{verdict(amplified, [one.radius, one.rest], one.curvature)}"
        )
    rises = [own["mean_excess"].value for own in found.own]
    return (
        f"{found_out}. In units of its own the loss of {amplified} rises by {rises[1] / rises[0]:.2f} "
        f"times what {plain} rises by around the center; {control}, which is the {plain} model "
        f"itself in other units, by {rises[2] / rises[0]:.2f} times."
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
        f"points, {measured:,} of {points:,} measured and the rest estimated to "
        f"{grid.tolerance:g} of their value, on the first {plan.images} training images."
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
                "common_lens": common.to_dict(),
                "own_loss": own.to_dict(),
            }
            for trial, share, common, own in zip(
                found.trials, found.worst_pixel, found.common, found.own, strict=False
            )
        ],
        "control": {"factor": found.factor, "own_loss": found.own[2].to_dict()},
        "contrast": found.contrast.to_dict(),
        "grid": plan.grid.model_dump(mode="json"),
    }
