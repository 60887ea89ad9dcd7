"""The time that trainings take is guessed before they begin."""

import time

import pytest
import torch

from lamp.experiments import expected as room
from lamp.experiments import run_trial
from lamp.experiments.expected import expected_seconds


def test_it_is_the_time_of_an_image_for_all_images_and_each_kind_is_timed_once(small, monkeypatch):
    timed = []

    def time_one(trial, batch_size):
        timed.append((batch_size, trial.training.sam_radius))
        return 0.5 / batch_size

    monkeypatch.setattr(room, "_image_seconds", time_one)
    few, many = {"batch_size": 16, "samples": 100}, {"batch_size": 1024, "samples": 3000}
    trials = [small(training=few), small(training=many), small(training={**few, "seed": 1})]
    trials.append(small(training={**few, "sam_radius": 0.1}))
    expected = 3 * 100 * 0.5 / 16 + 3000 * 0.5 / 64

    assert expected_seconds(trials) == pytest.approx(expected)
    assert timed == [(16, 0.0), (64, 0.0), (16, 0.1)]
    assert expected_seconds([]) == 0


@pytest.mark.slow
def test_a_training_takes_about_as_long(small, tmp_path):
    trial = small(training={"samples": 4096})
    threads = torch.get_num_threads()
    guess = expected_seconds([trial])
    start = time.perf_counter()
    run_trial(trial, tmp_path)

    assert guess / 5 < time.perf_counter() - start < 5 * guess
    assert torch.get_num_threads() == threads
