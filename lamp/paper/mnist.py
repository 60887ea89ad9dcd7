"""Trainings on MNIST, one digit normal: what Table 1 and all that it is questioned by share."""

from collections.abc import Iterator, Sequence
from typing import Any

from lamp.experiments import LensSettings, TaskSettings, TrialSettings
from lamp.losses.settings import LossSettings
from lamp.models.settings import ModelSettings
from lamp.paper.names import Budget
from lamp.training import TrainingSettings

L2 = LossSettings(name="l2")
LITERAL, DETACHED, AUTHOR = (
    LossSettings.named(f"l2-lamp:{reading}") for reading in ("literal", "detached", "author")
)
LOSSES = (L2, LITERAL, DETACHED, AUTHOR)
"""Plain L2 and three readings of the amplified loss: Eq. 2 as printed, with its maximum held
constant in the gradient, and as an author's own code has it."""

DIGITS = tuple(range(10))
SAMPLES = 20_000
"""Images that a training sees: about three and a half passes over one digit."""


def extent(budget: Budget) -> tuple[range, dict[str, Any]]:
    """Return the seeds of what Table 1 is questioned by, and digits and images of `mnist_trials`.

    Args:
        budget: `minutes`: one seed, digits 0 to 2, 8,000 images seen. `hours`: three seeds, all
            digits, 20,000 images. `days`: five seeds.
    """
    if budget == "minutes":
        return range(1), {"digits": DIGITS[:3], "samples": 8_000}
    return range(3 if budget == "hours" else 5), {"digits": DIGITS, "samples": SAMPLES}


def mnist_trials(
    losses: Sequence[LossSettings],
    batch_sizes: Sequence[int],
    seeds: Sequence[int] = (0,),
    *,
    digits: Sequence[int] = DIGITS,
    samples: int = SAMPLES,
    lens: LensSettings | None = None,
    marks: int = 1,
    printed: bool = False,
    model: ModelSettings | None = None,
    **training: Any,
) -> Iterator[TrialSettings]:
    """Yield trainings of every loss, batch size, seed and digit.

    Args:
        losses: Training losses; scores are L2 whatever they are.
        batch_sizes: Images a step.
        seeds: Each with initial weights, split and order of images of its own.
        digits: Normal classes.
        samples: Images seen.
        lens: How sharpness is taken; None takes none.
        marks: How often a model is judged.
        printed: Test on printed defects in place of other digits.
        model: Another autoencoder than the paper's of 4 + 4 layers.
        **training: Further settings of the training.
    """
    for seed in seeds:
        for batch_size in batch_sizes:
            for loss in losses:
                for digit in digits:
                    yield TrialSettings(
                        task=TaskSettings(data="mnist", normal=digit, printed=printed),
                        loss=loss,
                        model=model or ModelSettings(size=32),
                        training=TrainingSettings(
                            batch_size=batch_size, samples=samples, seed=seed, **training
                        ),
                        marks=marks,
                        lens=lens,
                    )
