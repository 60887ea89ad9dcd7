"""A small training, and how to interrupt it: shared by the tests of this folder."""

import contextlib

import torch

from lamp.models import Autoencoder
from lamp.training import TrainingSettings, train

IMAGES = torch.rand(40, 1, 16, 16, generator=torch.Generator().manual_seed(0))
SHORT = TrainingSettings(batch_size=32, samples=2048)


def small(**changes):
    return Autoencoder(16, **({"depth": 2, "width": 2} | changes))


def state(model):
    return {key: value.clone() for key, value in model.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


class InterruptError(Exception):
    pass


def interrupted(path, model, loss, *, images=IMAGES, settings=SHORT, at=512, call=None):
    """Begin a training that ends with an error at its callback after so many samples, if ever."""

    def interrupt(done, total, info):
        if call is not None:
            call()
        if done == at:
            raise InterruptError

    with contextlib.suppress(InterruptError):
        train(model, loss, images, settings, path=path, progress=interrupt, save_every=0)
    assert path.with_suffix(".partial.safetensors").exists() == (at is not None)
