"""What is chosen on a GPU, for which the CPU passes; `test_gpu.py` has what is computed on one."""

import pytest

from landscape.errors import ProblemError
from tests.landscape.objective.tuned import FOLDED, chosen, evaluate_module, square, tune_module


class Repeated:
    """In place of a recording, on the CPU."""

    def __init__(self, run, device):
        self.again = run


@pytest.fixture
def gpu(monkeypatch):
    """Let the CPU pass for a GPU; return how to say what memory is free after each trial."""

    def set_free(*free):
        values = iter(free)
        monkeypatch.setattr(tune_module, "_is_gpu", lambda device: True)
        monkeypatch.setattr(evaluate_module, "Recording", Repeated)
        monkeypatch.setattr(tune_module, "free_memory", lambda device: next(values, free[-1]))

    return set_free


def test_batches_are_joined_on_a_gpu_without_timing(gpu):
    gpu(100)
    assert chosen(batch=8).batch_size == 256  # all
    assert chosen(batch=8, points=1).batch_size == 256
    assert chosen(batch=256).batch_size is None
    assert chosen(lambda model, x: square(model, x).mean(), batch=8).batch_size is None
    assert chosen(batch=8, batchnorm="batch").batch_size is None


def test_on_a_gpu_convolutions_stay_contiguous_and_the_pass_is_recorded(gpu):
    gpu(100)
    assert chosen().recorded
    assert chosen().layout == "contiguous"
    assert chosen().fold == FOLDED
    assert not chosen(batchnorm="batch").recorded


@pytest.mark.parametrize("fails", [RuntimeError, ProblemError])
def test_what_cannot_be_recorded_or_has_other_values_is_not(gpu, monkeypatch, fails):
    class Fails:
        def __init__(self, run, device):
            raise fails("operation not permitted when stream is capturing")

    class Stale:
        def __init__(self, run, device):
            found = run()
            self.again = lambda: found

    gpu(100)
    for recording in (Fails, Stale):
        monkeypatch.setattr(evaluate_module, "Recording", recording)
        found = chosen(batch=8)
        assert (found.recorded, found.batch_size) == (False, 256)


def test_batches_are_joined_as_far_as_memory_goes(gpu):
    gpu(100, 99, 70)  # four times what 128 take is too much
    assert chosen(batch=8).batch_size == 128

    def small(model, x):
        if len(x) > 40:
            raise RuntimeError("out of memory")
        return square(model, x)

    gpu(100)
    assert chosen(small, batch=8).batch_size == 32


def test_small_batches_that_are_faster_all_the_same_are_kept(gpu, timed):
    gpu(100)
    timed(lambda tuning: 1.0 if tuning.batch_size else 0.5)
    assert chosen(batch=8).batch_size is None
