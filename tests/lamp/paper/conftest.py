"""Trials that were never run, with the numbers that a test wants them to have."""

from collections.abc import Callable

import pytest

from lamp.experiments import Judgement, Mark, Trial
from lamp.experiments.lens import Sharpness
from lamp.losses.settings import LossSettings
from lamp.paper.mnist import mnist_trials


@pytest.fixture
def make_trial() -> Callable[..., Trial]:
    """Return a function that makes a finished trial on a digit."""

    def make(
        digit: int,
        loss: LossSettings,
        auroc: float | None,
        *,
        batch_size: int = 16,
        seed: int = 0,
        samples: int = 20_000,
        radius: float = 0.5,
        curvature: float = 1.0,
        center: float = 0.02,
        bounded: bool = False,
        optimizer: str = "adam",
    ) -> Trial:
        (settings,) = mnist_trials(
            [loss], [batch_size], [seed], digits=[digit], samples=samples, optimizer=optimizer
        )
        sharpness = Sharpness(
            center=center,
            worst_pixel=0.1,
            radius=radius,
            radius_rest=radius,
            curvature=curvature,
            bounded=bounded,
            radii=(radius, radius),
        )
        half = Judgement(held_out=0.03, auroc=(auroc or 0) - 0.1)
        end = Judgement(held_out=0.02, auroc=auroc or 0, sharpness=sharpness)
        marks = [Mark(samples=samples // 2, judged=half), Mark(samples=samples, judged=end)]
        return Trial(
            settings=settings,
            marks=() if auroc is None else marks,
            seconds=1.0,
            data="0" * 64,
            failure="" if auroc is not None else "the training loss became nan",
        )

    return make
