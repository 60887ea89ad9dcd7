import contextlib
import json
import os

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from lamp.checkpoint import fingerprint, load_checkpoint, save_checkpoint
from lamp.models import Autoencoder, Classifier, Patchwise


def test_there_and_back(tmp_path):
    model = Autoencoder(16, channels=3, depth=2, width=4, kernel_size=5, seed=3)
    model(torch.rand(4, 3, 16, 16))  # moves the buffers
    path = save_checkpoint(tmp_path / "new" / "a.safetensors", model, {"digit": 3})
    loaded, info = load_checkpoint(path)
    assert isinstance(loaded, Autoencoder)
    assert not loaded.training
    assert loaded.config == model.config
    assert fingerprint(loaded.state_dict()) == fingerprint(model.state_dict())
    assert info == {"model": {"class": "Autoencoder", "config": model.config}, "digit": 3}
    assert json.loads((tmp_path / "new" / "a.json").read_text()) == info


@pytest.mark.parametrize(
    "model",
    [
        Autoencoder(16, width=2, latent_channels=3, seed=1),
        Patchwise(Autoencoder(16, channels=3, width=2, seed=1), 2),
        Classifier(16, classes=3, width=2, seed=1),
    ],
)
def test_every_model_is_built_again(tmp_path, model):
    images = torch.rand(2, 3 if isinstance(model, Patchwise) else 1, 16, 16)
    images = images.repeat(1, 1, 2, 2) if isinstance(model, Patchwise) else images
    model(images)  # moves the buffers
    loaded, info = load_checkpoint(save_checkpoint(tmp_path / "a.safetensors", model))
    assert type(loaded) is type(model)
    assert torch.equal(loaded(images), model.eval()(images))
    assert info["model"]["class"] == type(model).__name__


def test_into_a_model_of_ones_own(tmp_path):
    model, other = nn.Linear(2, 3), nn.Linear(2, 3)
    path = save_checkpoint(tmp_path / "a.safetensors", model)
    loaded, _ = load_checkpoint(path, other)
    assert loaded is other
    assert torch.equal(other.weight, model.weight)
    with pytest.raises(ValueError, match=r"to build its model \(.* got class 'Linear'\): pass one"):
        load_checkpoint(path)


def test_files_of_others_are_read(tmp_path):
    model = nn.Linear(2, 3)
    save_file(dict(nn.Linear(2, 3).state_dict()), tmp_path / "a.safetensors")
    assert load_checkpoint(tmp_path / "a.safetensors", model)[1] == {}


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"width": 8}, r"encoder.0.0.weight is \(4, 1, 3, 3\) in the file and \(8, 1, 3, 3\)"),
        ({"depth": 3}, r"encoder.2.0.weight is nothing in the file and \(16, 8, 3, 3\) in the mod"),
        ({"depth": 1}, r"decoder.0.0.weight is \(4, 8, 3, 3\) in the file and \(1, 4, 3, 3\)"),
    ],
)
def test_another_architecture_names_the_first_difference(tmp_path, other, message):
    path = save_checkpoint(tmp_path / "a.safetensors", Autoencoder(16, depth=2, width=4))
    with pytest.raises(ValueError, match=f"of another architecture: {message}") as caught:
        load_checkpoint(path, Autoencoder(16, **({"depth": 2, "width": 4} | other)))
    assert "\n" not in str(caught.value)


def test_surplus_parameters_are_named(tmp_path):
    path = save_checkpoint(tmp_path / "a.safetensors", nn.Linear(2, 3))
    with pytest.raises(ValueError, match=r"bias is \(3,\) in the file and nothing in the model"):
        load_checkpoint(path, nn.Linear(2, 3, bias=False))


def test_missing_damaged_and_misnamed_files(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no checkpoint .*a.safetensors"):
        load_checkpoint(tmp_path / "a.safetensors")
    path = save_checkpoint(tmp_path / "a.safetensors", nn.Linear(2, 3))
    for content in (path.read_bytes()[:-4], b"", b"no tensors here"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"a.safetensors is damaged or no safetensors file \("):
            load_checkpoint(path)
    with pytest.raises(ValueError, match=r"ends in .safetensors, got .*a.pt"):
        save_checkpoint(tmp_path / "a.pt", nn.Linear(2, 3))


class Death(BaseException):
    pass


def test_json_never_disagrees_whenever_the_writer_dies(tmp_path, monkeypatch):
    """The writer dies at its k-th system call that changes a name, for every k."""
    path = tmp_path / "a.safetensors"
    old, new = nn.Linear(2, 3), nn.Linear(2, 3)
    outcomes = set()
    for deadline in range(6):
        monkeypatch.undo()
        save_checkpoint(path, old, {"which": "old"})
        calls = iter(range(100))

        def doomed(real, deadline=deadline, calls=calls):
            def call(*args, **kwargs):
                if next(calls) == deadline:
                    raise Death
                return real(*args, **kwargs)

            return call

        for name in ("replace", "unlink", "fsync"):
            monkeypatch.setattr(os, name, doomed(getattr(os, name)))
        with contextlib.suppress(Death):
            save_checkpoint(path, new, {"which": "new"})
        model, info = load_checkpoint(path, nn.Linear(2, 3))
        expected = {"old": old, "new": new}[info["which"]]
        assert torch.equal(model.weight, expected.weight)
        beside = path.with_suffix(".json")
        if beside.exists():
            assert json.loads(beside.read_text()) == info
        outcomes.add((info["which"], beside.exists()))
    assert outcomes == {("old", True), ("old", False), ("new", False), ("new", True)}


def test_fingerprint_tells_apart():
    one = {"a": torch.zeros(2, 3)}
    for other in (
        {"b": torch.zeros(2, 3)},
        {"a": torch.zeros(3, 2)},
        {"a": torch.zeros(2, 3).double()},
        {"a": -torch.zeros(2, 3)},
        {},
    ):
        assert fingerprint(one) != fingerprint(other)
    assert fingerprint({"a": torch.tensor(3)}) == fingerprint({"a": torch.tensor(3)})
