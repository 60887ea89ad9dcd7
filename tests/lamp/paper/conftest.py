"""Tables of models that were never trained and surfaces without models, as a test wants them."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest

from lamp.experiments import Judgement, Mark, Trial, TrialSettings
from lamp.experiments.lens import COMMON, OWN, Sharpness
from lamp.experiments.table import tabulate
from lamp.paper.landscapes import Models, Seen
from landscape.surface import Surface


def _offset(settings: TrialSettings) -> float:
    """Return what is of the digit and seed of a model alone."""
    assert settings.task.normal is not None
    return settings.task.normal / 100 + settings.training.seed / 1000


@pytest.fixture
def models():
    """Return a function that makes the table of planned trainings from numbers by settings."""

    def make(plan, auroc, *, radius=lambda _: 0.5, experiment="table1") -> pd.DataFrame:
        trials = []
        for settings in plan:
            found = auroc(settings)
            sharpness = Sharpness(
                center=0.02,
                worst_pixel=0.1,
                radius=radius(settings),
                radius_rest=radius(settings),
                curvature=0.04 / radius(settings) ** 2,
                bounded=False,
                radii=(0.5, 0.5),
            )
            marks = [
                Mark(
                    samples=settings.training.samples * (part + 1) // settings.marks,
                    judged=Judgement(
                        held_out=0.02, auroc=found + _offset(settings), sharpness=sharpness
                    ),
                    running=Judgement(held_out=0.03, auroc=found - 0.1 + _offset(settings)),
                )
                for part in range(settings.marks)
            ]
            failed = np.isnan(found)
            trials.append(
                Trial(
                    settings=settings,
                    marks=() if failed else marks,
                    seconds=1.0,
                    data="0" * 64,
                    failure="the training loss became nan" if failed else "",
                )
            )
        return tabulate(trials, experiment=experiment)

    return make


AXIS = np.linspace(-1, 1, 21)


@pytest.fixture(scope="session")
def make_bowl() -> Callable[..., Surface]:
    """Return a function that makes planes center + curvature r^2 / 2, without any model."""

    def make(
        center: float = 1.0, curvatures: Sequence[float] = (8.0, 9.0, 10.0), factor: float = 1.0
    ) -> Surface:
        square = AXIS**2 + AXIS[:, None] ** 2
        values = center + np.array(curvatures)[:, None, None] * square / 2
        return Surface(
            alpha=AXIS,
            beta=AXIS,
            values={COMMON: values, OWN: factor * values},
            status=np.ones(values.shape, np.int8),
            gram=np.stack([np.eye(2)] * len(values)),
            center={COMMON: center, OWN: factor * center},
        )

    return make


@pytest.fixture(scope="session")
def make_models(make_bowl) -> Callable[..., Models]:
    """Return a function that makes models whose surfaces are bowls.

    The n-th loss has a center of n and more curvature; its own loss is n times plain L2. Seeds
    differ a little.
    """

    def make(
        losses: Sequence[str] = ("L2", "L2-LAMP"),
        sizes: Sequence[int] = (128, 16),
        seeds: Sequence[int] = (0,),
        **parts: object,
    ) -> Models:
        models = [
            Seen(
                loss=loss,
                batch_size=size,
                seed=seed,
                quality=0.9 + 0.01 * number,
                surface=make_bowl(
                    0.1 * number, np.array([8.0, 9.0, 10.0]) * number**2 + seed / 10, number
                ),
                **parts,
            )
            for seed in seeds
            for size in sizes
            for number, loss in enumerate(losses, start=1)
        ]
        return Models(models=models, quality="test accuracy", data="0" * 64)

    return make
