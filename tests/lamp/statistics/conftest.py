"""Models of which it is known how much better they are."""

import pandas as pd
import pytest


@pytest.fixture
def models():
    """Three tasks, two seeds, two batch sizes; LAMP is better by .1, .2 and .3, and half at 16."""
    gains = {"a": 0.1, "b": 0.2, "c": 0.3}
    rows = [
        (size, task, seed, loss, 0.5 + 0.01 * seed + gain * part * (loss == "LAMP"))
        for size, part in ((32, 1), (16, 0.5))
        for task, gain in gains.items()
        for seed in (0, 1)
        for loss in ("L2", "LAMP")
    ]
    return pd.DataFrame(rows, columns=["batch_size", "task", "seed", "loss", "auroc"])
