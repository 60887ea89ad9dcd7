"""What a training is recognised by, and what it must not be mistaken for."""

import functools
import itertools

import pytest
import torch
from torch import nn
from torch.nn import functional

from lamp.losses import BaseLoss
from lamp.training import TrainingSettings, train
from tests.lamp.training.small import IMAGES, interrupted, small

SHORT = TrainingSettings(batch_size=32, samples=1024)


def layers(dropout):
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), nn.Dropout(dropout))


def closure(delta):
    return lambda x, y: functional.huber_loss(x, y, delta=delta)


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (functools.partial(functional.huber_loss, delta=1.0),
         functools.partial(functional.huber_loss, delta=0.01),
         r"loss was 'huber_loss\(delta=1.0\)' and is 'huber_loss\(delta=0.01\)'; choose another"),
        (closure(1.0), closure(0.01), "loss_content was .* a value that it captured, an attribute"),
    ],
    ids=["partial", "closure"],
)  # fmt: skip
def test_losses_of_one_name_are_not_mistaken(tmp_path, finished, first, second, message):
    path = tmp_path / "run.safetensors"
    if finished:
        train(small(), first, IMAGES, SHORT, path=path)
    else:
        interrupted(path, small(), first, settings=SHORT)
    with pytest.raises(ValueError, match=f"belongs to another training: {message}"):
        train(small(), second, IMAGES, SHORT, path=path)
    train(small(), first, IMAGES, SHORT, path=path)


def test_models_of_one_class_are_not_mistaken(tmp_path):
    path = tmp_path / "run.safetensors"
    interrupted(path, layers(0.1), BaseLoss(), settings=SHORT)
    with pytest.raises(ValueError, match=r"model_content was .* an attribute of a layer"):
        train(layers(0.5), BaseLoss(), IMAGES, SHORT, path=path)


def test_the_value_of_a_loss_tells_what_its_content_does_not(tmp_path):
    """Such as what it reads from a file, or installed code of another version."""
    path, factor = tmp_path / "run.safetensors", tmp_path / "factor.txt"

    def loss(x, y):
        return float(factor.read_text()) * (x - y).square().mean()

    factor.write_text("1")
    interrupted(path, small(), loss, settings=SHORT)
    factor.write_text("1.01")
    with pytest.raises(ValueError, match=r"loss_witness was \[0\.0.*\] and is \[0\.0"):
        train(small(), loss, IMAGES, SHORT, path=path)


@pytest.mark.filterwarnings("ignore:Pickle, copy, and deepcopy support")  # of Python 3.12 on
def test_looking_at_a_loss_leaves_its_memory_alone(tmp_path):
    calls = itertools.count()

    def loss(x, y):
        return (x - y).square().mean() * (1 + next(calls))

    model, reference = small(), small()
    train(model, loss, IMAGES, SHORT, path=tmp_path / "run.safetensors")
    calls = itertools.count()
    train(reference, loss, IMAGES, SHORT)
    assert all(map(torch.equal, model.state_dict().values(), reference.state_dict().values()))


class Annealed:
    """Remembers its step in an attribute, which no file holds."""

    step = 0

    def __call__(self, x, y):
        self.step += 1
        return (x - y).square().mean() / self.step


def test_a_memory_that_is_not_stored_is_not_gone_on_with(tmp_path):
    path = tmp_path / "run.safetensors"
    interrupted(path, small(), Annealed(), settings=SHORT)
    with pytest.raises(ValueError, match=r"its loss changed something .* \(register_buffer\)"):
        train(small(), Annealed(), IMAGES, SHORT, path=path)
    (tmp_path / "run.partial.safetensors").unlink()
    loss = Annealed()
    train(small(), loss, IMAGES, SHORT, path=path)
    train(small(), loss, IMAGES, SHORT, path=path)  # finished: there is nothing to go on with
    train(small(), Annealed(), IMAGES, SHORT, path=path)
