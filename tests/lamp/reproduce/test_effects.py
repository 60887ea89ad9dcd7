import json
import math

import numpy as np
import pytest

from lamp.experiments.collect import difference, matrix
from lamp.reproduce.effects import compare
from lamp.reproduce.mnist import DETACHED, L2, LAMP


def test_matrix_has_a_row_for_each_task_and_a_column_for_each_seed(make_trial):
    trials = [make_trial(3, L2, 0.9), make_trial(1, L2, 0.8), make_trial(3, L2, 0.7, seed=2)]
    assert np.array_equal(matrix(trials), [[0.9, 0.7], [0.8, math.nan]], equal_nan=True)


def test_differences_are_between_trials_of_one_task_and_seed(make_trial):
    ours = [make_trial(d, LAMP, 0.9 + d / 100, seed=s) for s in (0, 1) for d in (1, 2)]
    reference = [make_trial(d, L2, 0.9, seed=0) for d in (2, 1)]
    expected = [[0.01, math.nan], [0.02, math.nan]]
    assert difference(ours, reference) == pytest.approx(np.array(expected), nan_ok=True)


def test_a_diverged_training_has_no_pair(make_trial):
    ours = [make_trial(1, LAMP, None), make_trial(2, LAMP, 0.9)]
    reference = [make_trial(1, L2, 0.9), make_trial(2, L2, 0.8)]
    assert difference(ours, reference) == pytest.approx(np.array([[0.1]]))


def test_arms_are_compared_with_the_first(make_trial):
    cells = {
        (loss.title, size): [
            make_trial(d, loss, 0.8 + 0.01 * d + gain * (size == 4) * (d + 1), batch_size=size)
            for d in range(6)
        ]
        for loss, gain in ((L2, 0.0), (LAMP, 0.01), (DETACHED, 0.005))
        for size in (16, 4)
    }
    cells[LAMP.title, 1] = []
    found = compare(cells)
    assert (found.arms, found.conditions) == ([L2.title, LAMP.title, DETACHED.title], [16, 4])
    assert found.effects[LAMP.title, 16].value == pytest.approx(0)
    effect = found.effects[LAMP.title, 4]
    assert (effect.value, effect.higher, effect.pairs) == (pytest.approx(0.035), 6, 6)
    assert found.adjusted[LAMP.title, 4] == pytest.approx(4 * effect.p)  # Holm over arms and sizes
    assert found.mean(LAMP.title, 4) == pytest.approx(0.86)
    document = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert document["values"][LAMP.title]["4"][0] == [0.81]


def test_nothing_to_compare_is_refused():
    with pytest.raises(ValueError, match="at least one trial to compare"):
        compare({("L2", 1): []})
