"""Fig. 1 of the paper: the loss of autoencoders in 3-D, L2 beside L2-LAMP."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from matplotlib.figure import Figure

from lamp.experiments import LensSettings, TrialSettings
from lamp.experiments.lens import COMMON, OWN
from lamp.experiments.surfaces import model_problem, seen_images, trained_model
from lamp.pages import Interactive, Picture, Prose, Section
from lamp.paper.landscapes import IMAGES, Models, Seen, autoencoders, look_at, multiple, names_of
from lamp.paper.levels import absolute_levels, grid_in_words
from lamp.paper.mnist import AUTHOR, L2, LITERAL, SAMPLES, mnist_trials
from lamp.paper.names import Budget
from lamp.paper.ratios import RAW, REST, SCALE_FREE
from lamp.paper.work import Report, Work
from landscape.figures import Levels, draw_surfaces, explore
from landscape.figures.style import PAGE
from landscape.settings import GridSettings

_WIDTH = 1.5 * PAGE  # three panels as large as those of two on a page


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is trained, and how it is looked at.

    Args:
        trials: Alike in all but the loss: the base loss, and its amplified versions.
        grid: Planes through the trained parameters, all of which move.
    """

    trials: Sequence[TrialSettings]
    grid: GridSettings


def plan(budget: Budget) -> Plan:
    """Plan the figure: MNIST, digit 3, batch 128, as trained for Table 1.

    Args:
        budget: Images seen in training: 8,000, 20,000 or 120,000; five planes, for `days` ten.
    """
    samples = {"minutes": 8_000, "hours": SAMPLES, "days": 6 * SAMPLES}[budget]
    losses = (L2, LITERAL, AUTHOR)
    trials = mnist_trials(losses, (128,), digits=(3,), samples=samples, lens=LensSettings())
    grid = GridSettings(
        planes=10 if budget == "days" else 5,
        radius=1.5,  # within 1, the loss of some model does not double
        tolerance=0.01,
        tolerance_metrics=(COMMON, OWN),
    )
    return Plan(trials=tuple(trials), grid=grid)


def reproduce(work: Work, planned: Plan | None = None) -> Report:
    """Make Fig. 1: surfaces of an L2 and two L2-LAMP autoencoders, as planned for the budget."""
    planned = planned or plan(work.budget)
    found = autoencoders(work, planned.trials, planned.grid)
    return tell(planned, found, _control(work, planned, found))


def _control(work: Work, planned: Plan, found: Models) -> Seen:
    """Look at the base model in units in which it begins where the amplified loss does."""
    (first,) = work.run(planned.trials[:1])
    plain, amplified, *_ = found.models
    own = multiple(first.settings.loss, amplified.surface.center[OWN] / plain.surface.center[OWN])
    model, images = trained_model(first, work.trials), seen_images(first, work.root, IMAGES)
    name = f"{first.settings.key}_times{own.factor:g}"
    facts = names_of(first.settings, own) | {"quality": plain.quality}
    known = {name: (model_problem(model, images, own), facts)}
    (control,) = look_at(work, known, planned.grid, "control")
    title = f"{plain.loss} times {own.factor:g}"
    return replace(control, loss=title, worst_pixel=plain.worst_pixel)


def tell(planned: Plan, found: Models, control: Seen) -> Report:
    """Make pictures, tables and sentences of models, and of the first of them in other units."""
    models = found.plus([control])
    pair = [model.surface for model in found.models[:2]]
    levels = absolute_levels([*pair, control.surface], OWN)
    figures = {
        "fig1_common": _draw(found.models, COMMON),
        "fig1_own": _draw([*found.models[:2], control], OWN, levels),
    }
    over = f"95 % intervals over {planned.grid.planes} planes through one model each"
    shares = ", ".join(f"{model.worst_pixel:.0%} ({model.loss})" for model in found.models)
    raw = (
        f"Raw sharpness under plain L2, comparable because the loss is one; {over}. The worst "
        f"pixel of each image makes up {shares} of it. Curvatures that are compared in the text "
        "are per squared filter norm."
    )
    return Report(
        title="Fig. 1: loss surfaces of autoencoders",
        lede=_lede(found, control),
        sections=[
            Section(
                "The same loss for all",
                [
                    Picture(figures["fig1_common"], _common_caption(planned)),
                    Interactive(
                        explore(pair, found.losses[:2]),
                        "The first two surfaces. Drag to turn both, point to read, draw a line.",
                    ),
                    found.statistics(SCALE_FREE, f"Scale-free sharpness under plain L2; {over}."),
                    found.statistics(RAW | REST, raw),
                ],
            ),
            Section(
                "Each in units of its own",
                [
                    Picture(figures["fig1_own"], _own_caption(found, control)),
                    models.statistics(SCALE_FREE, _SCALE_FREE_CAPTION, own=True),
                    models.statistics(RAW, _RAW_CAPTION, own=True),
                ],
            ),
            Section("What was run", [Prose(_what_was_run(planned, found))]),
        ],
        figures=figures,
        tables={"fig1": models.table("autoencoder"), "fig1_ratios": models.ratios_table("all")},
        provenance={"images (SHA-256)": found.data},
    )


def _draw(models: Sequence[Seen], metric: str, levels: Levels | None = None) -> Figure:
    """Draw the first plane of each model."""
    return draw_surfaces(
        [model.surface for model in models],
        titles=[model.loss for model in models],
        metric=metric,
        levels=levels,
        width=_WIDTH,
    ).figure


def _lede(found: Models, control: Seen) -> str:
    """Say what was found, whichever way it came out."""
    plain, amplified, *_ = found.losses
    rises = [one.own["mean_excess"].value for one in (*found.models[:2], control)]
    disk = control.own["mean_excess"].settings["epsilon"]
    return (
        f"Seen through the same plain L2 loss, {found.sharpness()}. One training of each: "
        f"intervals are over planes. In units of its own the loss of {amplified} rises by "
        f"{rises[1] / rises[0]:.2f} times what {plain} rises by within {disk:g} filter norms; "
        f"{control.loss}, which is the {plain} model itself in other units, by "
        f"{rises[2] / rises[0]:.2f} times."
    )


def _common_caption(planned: Plan) -> str:
    """Say what the first figure shows, and what it does not prove."""
    return (
        "All models under plain L2, whatever they were trained with, on the same random plane "
        f"(the first of {planned.grid.planes}), in multiples of each model's own center. It shows "
        "whether one basin is narrower than another relative to its depth. One plane of one "
        "training each proves nothing: the tables give all planes, and other seeds of training "
        "are not in them."
    )


def _own_caption(found: Models, control: Seen) -> str:
    """Say what the second figure shows, and what it does not prove."""
    plain = found.losses[0]
    return (
        "The same planes, each under its own loss and all at the same absolute levels, as the "
        "paper draws them; the bold contour is where a loss is twice that of its center. At the "
        f"right is {control.loss}: the very same model as at the left, "
        "whose loss was multiplied to begin where the amplified one does. It looks sharper, and "
        "nothing about it is: what a constant does to a picture is no property of the landscape. "
        f"Its scale-free statistics are those of {plain}."
    )


_SCALE_FREE_CAPTION = (
    "Scale-free sharpness of each loss of its own. Multiplying by a constant changes nothing; the "
    "logarithm and the maximum of LAMP do, so that the rows of LAMP are of other functions and not "
    "of other landscapes alone."
)
_RAW_CAPTION = (
    "Raw sharpness of each loss of its own. Units differ: rows cannot be compared, as the last one "
    "shows."
)


def _what_was_run(planned: Plan, found: Models) -> str:
    """Say in words what was done."""
    settings, grid = planned.trials[0], planned.grid
    measured = sum(int(model.surface.measured.sum()) for model in found.models)
    points = sum(model.surface.status.size for model in found.models)
    auroc = ", ".join(f"{model.quality:.3f} ({model.loss})" for model in found.models)
    return (
        f"Autoencoders of {settings.model.depth} + {settings.model.depth} layers, trained on "
        f"{settings.task.name} at batch size {settings.training.batch_size} with "
        f"{settings.training.optimizer.title()} at {settings.training.learning_rate:g}, "
        f"{settings.training.samples:,} images seen, from the same initial weights and in the "
        f"same order. AUROC {auroc}. All parameters move along filter-normalized random "
        f"directions, the same for all; {grid_in_words(grid)} ({measured:,} of {points:,} "
        f"measured), on the first {IMAGES} training images."
    )
