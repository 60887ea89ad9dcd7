"""The models of Fig. 3, and their surfaces: classifiers, and autoencoders whose encoder moves."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from lamp.checkpoint import load_checkpoint
from lamp.experiments import TaskSettings, TrialSettings
from lamp.experiments.collect import final_auroc
from lamp.experiments.lens import COMMON, OWN
from lamp.experiments.trial import Files
from lamp.losses import PerSampleLoss, Scaled
from lamp.losses.settings import LossSettings, make_loss
from lamp.models import Autoencoder
from lamp.models.settings import ModelSettings
from lamp.reproduce.contrast import Contrast, contrast
from lamp.reproduce.fig3.classifiers import (
    ClassifierLenses,
    ClassifierSettings,
    Trained,
    load_labelled,
    one_hot,
    train_classifiers,
)
from lamp.reproduce.fig3.encoders import encoder_problem
from lamp.reproduce.names import Budget
from lamp.reproduce.surfaces import compute_surfaces, seen_images
from lamp.reproduce.work import Work
from lamp.training import TrainingSettings
from landscape.measures import Summary, summarize
from landscape.problem import Problem
from landscape.settings import GridSettings
from landscape.surface import Surface

PLAIN = LossSettings(name="l2")
LAMP = LossSettings(name="l2-lamp")
UNSCALED = LossSettings(name="l2-lamp", scale="none")
"""LAMP between softmax and one-hot labels: `Classifier` tells why its errors are not scaled."""

FACTOR = -math.log(UNSCALED.epsilon)
"""Of the control: unscaled LAMP where the error is 1, so that both losses end at one height."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is trained, and how it is looked at.

    Args:
        classifiers: Base and amplified loss, batch sizes, seeds.
        autoencoders: The same for the other reading: autoencoders whose encoder alone moves.
        grid: Planes through the parameters of a classifier.
        encoder_grid: Planes through those of an encoder.
        images: Training images that surfaces are taken over.
    """

    classifiers: tuple[ClassifierSettings, ...]
    autoencoders: tuple[TrialSettings, ...]
    grid: GridSettings
    encoder_grid: GridSettings
    images: int = 128


def fig3_plan(budget: Budget) -> Plan:
    """Plan the figure: MNIST, batch sizes 128, 16 and 4, five planes.

    Args:
        budget: `minutes`: batch sizes 128 and 16, one seed, 8,000 images seen in training.
            `hours`: three seeds, 20,000 images. `paper`: five seeds, 600,000 images, of which the
            autoencoders of one digit see 120,000. Autoencoders have one seed.

    Returns:
        The plan.
    """
    sizes = (128, 16) if budget == "minutes" else (128, 16, 4)
    seeds = {"minutes": 1, "hours": 3, "paper": 5}[budget]
    samples, fewer = {
        "minutes": (8_000, 8_000),
        "hours": (20_000, 20_000),
        "paper": (600_000, 120_000),
    }[budget]
    both = (COMMON, OWN)
    return Plan(
        classifiers=tuple(
            ClassifierSettings(
                loss=loss,
                training=TrainingSettings(batch_size=size, samples=samples, seed=seed),
            )
            for seed in range(seeds)
            for size in sizes
            for loss in (PLAIN, UNSCALED)
        ),
        autoencoders=tuple(
            TrialSettings(
                task=TaskSettings(normal=3),
                loss=loss,
                model=ModelSettings(size=32),
                training=TrainingSettings(batch_size=size, samples=fewer),
            )
            for size in sizes
            for loss in (PLAIN, LAMP)
        ),
        # Up to that of a guess, which is about thirty times the loss of a good classifier. Classes
        # that flip make it rough: 0.01 would take a fifth of the points.
        grid=GridSettings(tolerance=0.02, tolerance_metrics=both, clip=30.0),
        encoder_grid=GridSettings(tolerance=0.01, tolerance_metrics=both, radius=1.5),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """A trained model and what was seen of it.

    Args:
        loss: Training loss.
        batch_size: In training.
        seed: Of training.
        quality: Test accuracy of a classifier, AUROC of an autoencoder.
        surface: Under plain L2 and the training loss.
        common: Statistics under plain L2.
        own: Statistics under the training loss.
    """

    loss: LossSettings
    batch_size: int
    seed: int
    quality: float
    surface: Surface
    common: Summary = field(init=False)
    own: Summary = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "common", summarize(self.surface, metric=COMMON))
        object.__setattr__(self, "own", summarize(self.surface, metric=OWN))


@dataclass(frozen=True, kw_only=True, eq=False)
class Models:
    """Models of a base loss and its amplified version, by batch size and seed.

    Args:
        models: All of them.
        losses: The base loss and its amplified version.
        data: SHA-256 of the images.
    """

    models: Sequence[Seen]
    losses: tuple[LossSettings, LossSettings]
    data: str

    @property
    def batch_sizes(self) -> list[int]:
        """In the order in which they came."""
        return list(dict.fromkeys(model.batch_size for model in self.models))

    @property
    def seeds(self) -> list[int]:
        """In the order in which they came."""
        return list(dict.fromkeys(model.seed for model in self.models))

    def find(self, loss: LossSettings, batch_size: int, seed: int) -> Seen:
        """Return one model."""
        wanted = (loss, batch_size, seed)
        return next(
            model for model in self.models if (model.loss, model.batch_size, model.seed) == wanted
        )

    def of(self, loss: LossSettings, batch_sizes: Sequence[int]) -> list[Seen]:
        """Return all models of a loss and some batch sizes."""
        return [m for m in self.models if m.loss == loss and m.batch_size in batch_sizes]

    def row(self, loss: LossSettings) -> list[Surface]:
        """Return the surfaces of a loss for a figure: first seed, all batch sizes."""
        return [self.find(loss, size, self.seeds[0]).surface for size in self.batch_sizes]

    def contrast(self, batch_sizes: Sequence[int], *, own: bool = False) -> Contrast:
        """Compare amplified with base models, under plain L2 or each under its own loss."""
        plain, amplified = self.losses
        return contrast(
            [
                [
                    (a.own, b.own) if own else (a.common, b.common)
                    for size in batch_sizes
                    for a, b in [(self.find(amplified, size, seed), self.find(plain, size, seed))]
                ]
                for seed in self.seeds
            ]
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What was measured for Fig. 3.

    Args:
        classifiers: The faithful reading.
        controls: For each batch size the L2 classifier of the first seed, with a surface whose
            own loss is L2 times `FACTOR`.
        encoders: The other reading.
    """

    classifiers: Models
    controls: Sequence[Seen]
    encoders: Models


def measure(work: Work, plan: Plan) -> Found:
    """Train all models and measure their surfaces.

    Args:
        work: Where and how.
        plan: What.

    Returns:
        The measurements.

    Raises:
        FloatingPointError: If a training diverged.
        FileNotFoundError: If data are missing.
    """
    classifiers, controls = _classifiers(work, plan)
    return Found(classifiers=classifiers, controls=controls, encoders=_encoders(work, plan))


def _classifiers(work: Work, plan: Plan) -> tuple[Models, list[Seen]]:
    """Train classifiers; compute their surfaces, and those of the controls."""
    trained = train_classifiers(work, plan.classifiers)
    data = load_labelled(plan.classifiers[0], work.root)
    batch = (data.train_images[: plan.images], one_hot(data.train_labels[: plan.images]))

    def problem(one: Trained, own: PerSampleLoss) -> Problem:
        return Problem(one.model, ClassifierLenses(own), [batch])

    scaled = Scaled(make_loss(PLAIN), FACTOR)
    first = plan.classifiers[0].training.seed
    controls = [
        one for one in trained if one.settings.loss == PLAIN and one.settings.training.seed == first
    ]
    problems = {one.settings.key: problem(one, make_loss(one.settings.loss)) for one in trained}
    names = {one.settings.key: f"{one.settings.key}_control" for one in controls}
    problems |= {names[one.settings.key]: problem(one, scaled) for one in controls}
    surfaces = compute_surfaces(work, problems, plan.grid, title="surfaces of classifiers")
    models = [_seen(one, surfaces[one.settings.key]) for one in trained]
    seen = [_seen(one, surfaces[names[one.settings.key]]) for one in controls]
    return Models(models=models, losses=(PLAIN, UNSCALED), data=trained[0].data), seen


def _seen(one: Trained, surface: Surface) -> Seen:
    """Put a classifier and its surface together."""
    return Seen(
        loss=one.settings.loss,
        batch_size=one.settings.training.batch_size,
        seed=one.settings.training.seed,
        quality=one.accuracy,
        surface=surface,
    )


def _encoders(work: Work, plan: Plan) -> Models:
    """Train autoencoders, and compute their surfaces over the parameters of the encoder."""
    trials = work.run(plan.autoencoders, "autoencoders")
    problems = {}
    for trial in trials:
        if trial.failure:
            raise FloatingPointError(f"{trial.settings.key}: {trial.failure}")
        path = Files(work.trials, trial.settings).checkpoint
        model, _ = load_checkpoint(path)
        assert isinstance(model, Autoencoder)
        own = make_loss(trial.settings.loss)
        images = seen_images(trial, work.root, plan.images)
        problems[trial.settings.key] = encoder_problem(model, own, images)
    surfaces = compute_surfaces(work, problems, plan.encoder_grid, title="surfaces of encoders")
    models = [
        Seen(
            loss=trial.settings.loss,
            batch_size=trial.settings.training.batch_size,
            seed=trial.settings.training.seed,
            quality=final_auroc(trial),
            surface=surfaces[trial.settings.key],
        )
        for trial in trials
    ]
    return Models(models=models, losses=(PLAIN, LAMP), data=trials[0].data)
