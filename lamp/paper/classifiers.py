"""Classifiers and their surfaces, for Fig. 3."""

from collections.abc import Sequence
from typing import Any

from lamp.checkpoint import fingerprint
from lamp.experiments.classify import (
    Classified,
    ClassifierLenses,
    ClassifierSettings,
    one_hot,
    run_classifiers,
)
from lamp.experiments.tasks import labelled_images
from lamp.losses.settings import LossSettings, make_loss
from lamp.paper.landscapes import IMAGES, Models, Seen, surfaces_of
from lamp.paper.work import Work
from landscape.problem import Problem
from landscape.settings import GridSettings


def classifiers(
    work: Work, settings: Sequence[ClassifierSettings], grid: GridSettings, *, control: LossSettings
) -> tuple[Models, Models]:
    """Train classifiers, and compute their surfaces over images that they were trained on.

    Args:
        work: Where and how.
        settings: Of one data set; alike in all but loss, batch size and seed.
        grid: Planes through the trained parameters.
        control: Another loss under which the models of the first loss and seed are seen again.

    Returns:
        The models, and those of the first loss and seed under the control.

    Raises:
        FloatingPointError: If a training diverged.
        FileNotFoundError: If data are missing.
    """
    first = settings[0]
    data = labelled_images(first.data, first.size, work.root)
    with work.stages("classifiers") as progress:
        trained = run_classifiers(
            settings, work.trials, root=work.root, workers=work.workers, progress=progress
        )
    batch = (data.train_images[:IMAGES], one_hot(data.train_labels[:IMAGES]))
    repeated = (first.loss, first.training.seed)
    kinds = {
        "classifier": [(one, one.settings.loss) for one in trained],
        "control": [
            (one, control)
            for one in trained
            if (one.settings.loss, one.settings.training.seed) == repeated
        ],
    }
    parts = ("train_images", "train_labels", "test_images", "test_labels")
    digest = fingerprint({part: getattr(data, part) for part in parts})
    models, controls = (
        Models(models=_seen(work, shown, batch, grid, kind), quality="test accuracy", data=digest)
        for kind, shown in kinds.items()
    )
    return models, controls


def _seen(
    work: Work,
    shown: Sequence[tuple[Classified, LossSettings]],
    batch: tuple[Any, Any],
    grid: GridSettings,
    kind: str,
) -> list[Seen]:
    """Compute surfaces of classifiers, each under plain L2 and a loss of its own."""
    problems = {
        f"{one.settings.key}_{kind}": Problem(one.model, ClassifierLenses(make_loss(own)), [batch])
        for one, own in shown
    }
    surfaces = surfaces_of(work, problems, grid, f"surfaces of {kind}s")
    return [
        Seen(
            loss=own.title,
            batch_size=one.settings.training.batch_size,
            seed=one.settings.training.seed,
            quality=one.accuracy,
            surface=surface,
        )
        for (one, own), surface in zip(shown, surfaces.values(), strict=True)
    ]
