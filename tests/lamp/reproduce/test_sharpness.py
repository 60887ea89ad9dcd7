import json

import numpy as np
import pytest
from scipy import stats

from lamp.reproduce.lens_numbers import log_radius
from lamp.reproduce.mnist import L2, LAMP
from lamp.reproduce.sharpness.link import centered, correlation, explained
from lamp.reproduce.sharpness.report import tell


@pytest.fixture
def models(make_trial):
    """Models whose AUROC falls with the radius within digits, but not between them."""
    generator = np.random.default_rng(0)
    made = []
    for digit in range(8):
        for loss in (L2, LAMP):
            for size in (128, 16):
                radius = float(np.exp(generator.normal()))
                auroc = 0.5 + 0.05 * digit - 0.02 * np.log(radius)
                made.append(
                    make_trial(digit, loss, auroc, batch_size=size, radius=radius * 2**digit)
                )
    return made


def test_centering_removes_what_groups_share(models):
    values = centered(models, log_radius, by_batch_size=True)
    groups = [(t.settings.task.name, t.settings.training.batch_size) for t in models]
    for group in set(groups):
        own = [value for value, each in zip(values, groups, strict=True) if each == group]
        assert sum(own) == pytest.approx(0, abs=1e-12)


def test_a_link_within_digits_is_found(models):
    found = correlation(models, log_radius, by_batch_size=False)
    assert found.value == pytest.approx(-1)
    assert found.models == len(models)
    radii = centered(models, log_radius, by_batch_size=True)
    areas = -0.02 * radii
    within = correlation(models, log_radius, by_batch_size=True)
    assert within.value == pytest.approx(stats.spearmanr(radii, areas).statistic)


def test_pairs_lie_on_the_line_they_were_made_from(models):
    own = [trial for trial in models if trial.settings.loss == LAMP]
    line, pairs = explained(own, [t for t in models if t.settings.loss == L2], log_radius)
    assert pairs.shape == (2, 16)
    assert line.slope.value == pytest.approx(-0.02)
    assert line.at_equal.value == pytest.approx(0, abs=1e-12)


def test_a_gain_that_sharpness_does_not_explain_is_left(models, make_trial):
    reference = [trial for trial in models if trial.settings.loss == L2]
    better = [
        make_trial(
            trial.settings.task.normal,
            LAMP,
            trial.last.auroc + 0.03,
            batch_size=trial.settings.training.batch_size,
            radius=trial.sharpness.radius * (1 + 0.1 * trial.settings.task.normal),
        )
        for trial in reference
    ]
    line, _ = explained(better, reference, log_radius)
    assert line.at_equal.value == pytest.approx(0.03)
    assert line.slope.value == pytest.approx(0, abs=1e-12)


def test_radii_beyond_the_lines_are_left_out(models, make_trial):
    bounded = make_trial(0, LAMP, 0.1, radius=9.0, bounded=True)
    found = correlation([*models, bounded], log_radius, by_batch_size=False)
    assert found.models == len(models)


def test_too_few_pairs_make_no_line(make_trial):
    line, pairs = explained([make_trial(0, LAMP, 0.9)], [make_trial(0, L2, 0.8)], log_radius)
    assert line is None
    assert pairs == pytest.approx(np.array([[0.0], [0.1]]))


def test_the_answer_is_made_from_the_numbers(make_trial):
    trials = [
        make_trial(
            digit,
            loss,
            0.9,
            batch_size=16,
            radius=0.5 * (0.5 if loss == LAMP else 1) * (1 + digit / 50),
            curvature=1.0 + digit / 50,
        )
        for digit in range(6)
        for loss in (L2, LAMP)
    ]
    made = tell(trials)
    assert "doubles is, against that of L2 models, shorter at batch size 16" in made.lede
    assert "their curvature is not distinguishable at batch size 16" in made.lede
    assert json.loads(json.dumps(made.results))["models"] == 12
    assert "0.50 times (0.50 to 0.50)" in made.text
