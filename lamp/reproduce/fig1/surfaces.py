"""The models of Fig. 1, and their surfaces: two autoencoders, and one of them in other units."""

from dataclasses import dataclass

from torch import Tensor, nn

from lamp.checkpoint import load_checkpoint
from lamp.experiments import TaskSettings, Trial, TrialSettings
from lamp.experiments.lens import COMMON, OWN, BothLenses, worst_pixel_share
from lamp.experiments.trial import Files
from lamp.losses import Scaled
from lamp.losses.settings import LossSettings, make_loss
from lamp.models.settings import ModelSettings
from lamp.reproduce.contrast import Contrast, contrast
from lamp.reproduce.names import Budget
from lamp.reproduce.surfaces import compute_surfaces, seen_images
from lamp.reproduce.work import Work
from lamp.training import TrainingSettings
from landscape.measures import Summary, summarize
from landscape.problem import Problem
from landscape.settings import GridSettings
from landscape.surface import Surface

LOSSES = (LossSettings(name="l2"), LossSettings(name="l2-lamp"))

_CONTROL = "L2 times {factor:.2g}"


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
        return contrast([[(self.common[1], self.common[0])]], rest=True)


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
        load_checkpoint(Files(work.trials, trial.settings).checkpoint)[0]
        for trial in (first, second)
    ]
    problems = {
        trial.settings.key: _problem(model, BothLenses(make_loss(trial.settings.loss)), images)
        for trial, model in zip((first, second), models, strict=True)
    }
    plain, amplified = compute_surfaces(work, problems, plan.grid).values()
    factor = float(f"{amplified.center[OWN] / plain.center[OWN]:.2g}")
    scaled = Scaled(make_loss(first.settings.loss), factor)
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
