"""What the paper lacks: losses that share with LAMP all but one of the things that could help."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lamp.experiments import Trial, TrialSettings
from lamp.experiments.trial import Files
from lamp.losses.settings import LossSettings
from lamp.reproduce.controls.report import tell
from lamp.reproduce.mnist import DETACHED, DIGITS, L2, LAMP, SAMPLES, mnist_trial
from lamp.reproduce.names import Budget
from lamp.reproduce.work import Reproduction, Work

MATCHED = LossSettings(name="l2-lamp", matched=True)

SCOPES = (
    LossSettings(name="l2-lamp", scale="batch"),
    LossSettings(name="l2-lamp", scale="none"),
    LossSettings(name="l2-lamp", epsilon=0.3),
    LossSettings(name="l2-lamp", epsilon=0.01),
)
"""Other readings of Eq. 2, and other epsilons."""

CONTROLS = (
    LossSettings(name="l2-lamp", detach=True, order=1),
    LossSettings(name="bce"),
)
"""No logarithm; and the loss that unscaled L1-LAMP becomes for binary images."""

BATCH_SIZE = 128
_SGD_RATE = 0.1
_SMALL = 16


@dataclass(frozen=True)
class Questions:
    """The trials of each question, reference first where there is one."""

    adam: Sequence[TrialSettings]
    sgd: Sequence[TrialSettings]
    steps: Sequence[TrialSettings]


def control_trials(budget: Budget) -> Questions:
    """List the trainings, but for c * L2, whose c is measured in others.

    Args:
        budget: `minutes`: digits 0 to 2, one seed. `hours`: all digits; three seeds for L2 and
            LAMP, one for the rest. `paper`: five seeds.

    Returns:
        Under Adam at batch size 128; under SGD; and at batch size 16 with as many steps as 128
        has, not as many images.
    """
    digits = DIGITS[:3] if budget == "minutes" else DIGITS
    seeds = {
        "minutes": (1, 1),
        "hours": (3, 1),
        "paper": (5, 5),
    }[budget]
    samples = SAMPLES[budget]
    adam = [
        mnist_trial(digit, loss, BATCH_SIZE, samples=samples, seed=seed)
        for losses, count in zip(
            ((L2, LAMP, DETACHED), (MATCHED, *CONTROLS, *SCOPES)), seeds, strict=True
        )
        for loss in losses
        for seed in range(count)
        for digit in digits
    ]
    sgd = [
        _sgd(digit, loss, samples=samples, seed=seed)
        for loss in (L2, LAMP, MATCHED)
        for seed in range(seeds[1])
        for digit in digits
    ]
    if budget == "minutes":
        return Questions(adam, sgd, ())
    matched = -(-samples // BATCH_SIZE) * _SMALL
    steps = [
        mnist_trial(digit, loss, _SMALL, samples=matched, seed=seed)
        for seed in range(seeds[1])
        for digit in digits
        for loss in (L2, LAMP, DETACHED)
    ]
    return Questions(adam, sgd, steps)


def reproduce(work: Work) -> Reproduction:
    """Train the controls and compare each with L2 in pairs.

    Args:
        work: Where and how; its root holds MNIST.

    Returns:
        The table of arms, under Adam and under SGD, and batch size 16 with matched steps.
    """
    planned = control_trials(work.budget)
    adam = work.run(planned.adam, "controls, Adam")
    sgd = work.run(planned.sgd, "controls, SGD")
    gain = _mean_gain(work, sgd)
    scaled = [_scaled(trial, gain) for trial in planned.sgd if trial.loss == L2]
    sgd += work.run(scaled, "controls, c x L2")
    steps = work.run(planned.steps, "controls, matched steps")
    return tell(adam, sgd, steps, gain=gain)


def _sgd(digit: int, loss: LossSettings, *, samples: int, seed: int) -> TrialSettings:
    """Return a training under SGD."""
    return mnist_trial(
        digit,
        loss,
        BATCH_SIZE,
        samples=samples,
        seed=seed,
        optimizer="sgd",
        learning_rate=_SGD_RATE,
    )


def _scaled(trial: TrialSettings, gain: float) -> TrialSettings:
    """Return the same training with the loss times a constant."""
    loss = trial.loss.model_copy(update={"factor": gain})
    return trial.model_copy(update={"loss": loss})


def _mean_gain(work: Work, trials: Sequence[Trial]) -> float:
    """Return by how much LAMP's gradients are longer than L2's, as L2 with its lengths met them."""
    gains = []
    for trial in trials:
        if trial.settings.loss.matched and trial.marks:
            path = Files(work.trials, trial.settings).checkpoint.with_suffix(".json")
            gains.append(json.loads(path.read_text())["loss_buffers"]["mean_factor"])
    return float(f"{np.mean(gains):.2g}")
