import functools
import os
import subprocess
import sys
from pathlib import Path
from string import ascii_letters

import pytest
import torch
from torch import nn
from torch.nn import functional

from lamp.losses import BaseLoss, LampLoss
from lamp.training.content import content


def closure(delta):
    def loss(reconstruction, target):
        return functional.huber_loss(reconstruction, target, delta=delta)

    return loss


class Plain:
    def __init__(self, delta):
        self.delta = delta

    def __call__(self, reconstruction, target):
        return functional.huber_loss(reconstruction, target, delta=self.delta)

    def method(self, reconstruction, target):
        return self(reconstruction, target)


class Slots:
    __slots__ = ("delta",)

    def __init__(self, delta):
        self.delta = delta


class Attribute(nn.Module):
    def __init__(self, delta):
        super().__init__()
        self.delta = delta


class Buffer(nn.Module):
    def __init__(self, delta):
        super().__init__()
        self.register_buffer("delta", torch.tensor(float(delta)))


class Weight(nn.Module):
    def __init__(self, delta):
        super().__init__()
        self.delta = nn.Parameter(torch.tensor(float(delta)))


def made_class(delta):
    class Made(nn.Module):
        def forward(self, reconstruction, target):
            return functional.huber_loss(reconstruction, target, delta=delta)

    return Made()


def hooked(delta):
    module = nn.Identity()
    module.register_forward_hook(lambda *_: delta)
    return module


KINDS = {
    "partial": lambda delta: functools.partial(functional.huber_loss, delta=delta),
    "closure": closure,
    "default": lambda delta: lambda x, y, delta=delta: delta,
    "nested": lambda delta: lambda x, y: [delta * x for _ in y],
    "object": Plain,
    "slots": Slots,
    "bound method": lambda delta: Plain(delta).method,
    "attribute": Attribute,
    "buffer": Buffer,
    "parameter": Weight,
    "class": made_class,
    "class attribute": lambda delta: type("Loss", (), {"delta": delta})(),
    "hook": hooked,
    "base of a loss": lambda delta: LampLoss(base=closure(delta)),
    "in a container": lambda delta: nn.ModuleList([BaseLoss(base=closure(delta))]),
    "layer": lambda delta: nn.Sequential(nn.Dropout(delta / 4)),
    "cached": lambda delta: functools.cache(closure(delta)),
    "iterator": lambda delta: iter(range(delta, 9)),
    "set": lambda delta: functools.partial(max, {*ascii_letters, f"c{delta}"}),
    "function attribute": lambda delta: with_attribute(closure(1), delta),
}


def with_attribute(function, delta):
    function.delta = delta
    return function


@pytest.mark.parametrize("kind", KINDS)
def test_what_differs_in_one_value_is_told_apart(kind):
    assert content(KINDS[kind](1)) == content(KINDS[kind](1))
    assert content(KINDS[kind](1)) != content(KINDS[kind](2))


FACTOR = 1.0


def reads_a_global(x, y):
    return FACTOR * (x - y)


def test_globals_and_code_count(monkeypatch):
    before = content(reads_a_global)
    monkeypatch.setitem(globals(), "FACTOR", 2.0)
    assert content(reads_a_global) != before
    first, second = (eval(f"lambda x: x {sign} 1") for sign in "+-")
    assert content(first) != content(second)


def test_it_is_the_same_in_every_process():
    """One other process: that two orders of so many letters agree by chance is out of question."""
    script = "from tests.lamp.training.test_content import *; "
    script += "print(*(content(make(1)) for make in KINDS.values()), sep='\\n')"
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    found = subprocess.check_output(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONHASHSEED": seed},
        cwd=Path(__file__).parents[3],
        text=True,
    )
    here = {kind: str(content(make(1))) for kind, make in KINDS.items()}
    assert dict(zip(KINDS, found.splitlines(), strict=True)) == here


def test_what_cannot_be_read_is_named_and_circles_end():
    with pytest.raises(ValueError, match="a generator in the loss or the model has no content"):
        content(functools.partial(max, (i for i in range(3))))
    ring = [1]
    ring.append(ring)
    assert content(ring) == content(ring)


def test_tensors_that_do_not_count():
    model = Weight(1)
    kept = list(model.parameters())
    before = content(model, kept)
    model.delta.data.fill_(5.0)
    assert content(model, kept) == before
    assert content(model) != before
