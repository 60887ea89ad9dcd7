"""What a threshold promises after a search: images that chose the model must not calibrate it."""

import numpy as np
import pytest

from lamp.detection import normal_threshold

TRIALS = 4000


def false_alarms(choosing, calibrating, candidates, shared, *, seed):
    """Return how often a new normal image exceeds the threshold of the chosen model, and promised.

    Candidates score alike: logarithms of their scores share part of their variance over images. The
    one of the least mean score over the choosing images is taken, as by `lamp search`.
    `calibrating` None stands for the images that chose.
    """
    rng = np.random.default_rng(seed)
    images = choosing + (calibrating or 0) + 1
    exceeded, promised = [], []
    for _ in range(TRIALS):
        common = rng.normal(0, shared**0.5, images)
        own = rng.normal(0, (1 - shared) ** 0.5, (candidates, images))
        scores = np.exp(common + own)
        chosen = scores[scores[:, :choosing].mean(axis=1).argmin()]
        held_out = chosen[:choosing] if calibrating is None else chosen[choosing:-1]
        threshold = normal_threshold(held_out, 0.05)
        exceeded.append(chosen[-1] > threshold.value)
        promised.append(threshold.false_alarms)
    return np.mean(exceeded), np.mean(promised)


CASES = [(32, 1, 0.5), (32, 16, 0.9), (32, 16, 0.5), (19, 32, 0.5), (66, 32, 0.5)]


@pytest.mark.slow
@pytest.mark.parametrize(("images", "candidates", "shared"), CASES)
def test_images_that_did_not_choose_keep_the_promise(images, candidates, shared):
    """Within three standard errors of what is promised, from either side: scores have no ties."""
    found, promised = false_alarms(images, images, candidates, shared, seed=images)
    error = (promised * (1 - promised) / TRIALS) ** 0.5
    assert abs(found - promised) < 3 * error


@pytest.mark.slow
@pytest.mark.parametrize(("images", "candidates", "shared"), CASES)
def test_images_that_chose_do_not(images, candidates, shared):
    """Unless there was no choice: the chosen model is the one that these images suit best."""
    found, promised = false_alarms(images, None, candidates, shared, seed=images)
    if candidates == 1:
        assert found < promised + 0.01
    else:
        assert found > 1.3 * promised
