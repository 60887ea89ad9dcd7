"""Classifiers and their surfaces, for Fig. 3."""

from collections.abc import Sequence

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
from lamp.paper.landscapes import IMAGES, Models, look_at, names_of
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
    parts = ("train_images", "train_labels", "test_images", "test_labels")
    digest = fingerprint({part: getattr(data, part) for part in parts})

    def look(kind: str, shown: Sequence[tuple[Classified, LossSettings]]) -> Models:
        known = {
            f"{one.settings.key}_{kind}": (
                Problem(one.model, ClassifierLenses(make_loss(own)), [batch]),
                names_of(one.settings, own) | {"quality": one.accuracy},
            )
            for one, own in shown
        }
        models = look_at(work, known, grid, f"surfaces of {kind}s")
        return Models(models=models, quality="test accuracy", data=digest)

    repeated = (first.loss, first.training.seed)
    again = [one for one in trained if (one.settings.loss, one.settings.training.seed) == repeated]
    return (
        look("classifier", [(one, one.settings.loss) for one in trained]),
        look("control", [(one, control) for one in again]),
    )
