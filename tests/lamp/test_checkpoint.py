import contextlib
import json
import os
import time

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from lamp.checkpoint import (
    damage_errors,
    fingerprint,
    load_checkpoint,
    read_info,
    save_checkpoint,
    write_info,
)
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


@pytest.mark.parametrize("text", ['{"model": "resnet"}', '{"model": {}}', "[]", "damaged", ""])
def test_the_json_of_others_is_not_replaced(tmp_path, text):
    path, beside = tmp_path / "a.safetensors", tmp_path / "a.json"
    beside.write_text(text)
    with pytest.raises(ValueError, match=r"a\.json is not the JSON of a checkpoint .* move it"):
        save_checkpoint(path, nn.Linear(1, 1))
    assert beside.read_text() == text
    assert not path.exists()


def test_the_json_of_a_checkpoint_is_replaced_also_where_its_parameters_were_removed(tmp_path):
    path = save_checkpoint(tmp_path / "a.safetensors", nn.Linear(1, 1), {"digit": 3})
    path.unlink()
    save_checkpoint(path, Autoencoder(16, width=2), {"digit": 4})
    assert read_info(tmp_path / "a.json")["digit"] == 4


class Death(BaseException):
    pass


def test_json_never_disagrees_whenever_the_writer_dies(tmp_path, monkeypatch):
    """The writer dies at its k-th system call that changes a name, for every k."""
    path = tmp_path / "a.safetensors"
    old, new = nn.Linear(2, 3), nn.Linear(2, 3)
    outcomes = set()
    for deadline in range(8):
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


@pytest.mark.parametrize("value", ["[]", "null", "3", '"text"', "{", "", "[" * 100_000, "\xff"])
def test_what_is_no_object_is_named(tmp_path, value):
    """In the header of a checkpoint, and in a JSON file."""
    path = tmp_path / "a.safetensors"
    save_file({"a": torch.zeros(2)}, path, {"lamp": value})
    with pytest.raises(ValueError, match=r"a\.safetensors is damaged \(") as caught:
        load_checkpoint(path, nn.Linear(2, 3))
    assert len(str(caught.value)) < 400
    (tmp_path / "a.json").write_text(value, encoding="latin-1")
    with pytest.raises(ValueError, match=r"a\.json is damaged \("):
        read_info(tmp_path / "a.json")


def test_a_json_file_there_and_back(tmp_path):
    write_info(tmp_path / "deep" / "a.json", {"digit": 3})
    assert read_info(tmp_path / "deep" / "a.json") == {"digit": 3}
    with pytest.raises(FileNotFoundError, match=r"no file .*b\.json"):
        read_info(tmp_path / "b.json")


GOOD = {"size": 16, "depth": 2, "width": 2}


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ([], "to build its model"),
        ({"class": "Autoencoder", "config": [3]}, "to build its model"),
        ({"class": ["Autoencoder"]}, "to build its model"),
        ({"class": "Autoencoder", "config": {}}, "missing 1 required positional argument: 'size'"),
        ({"class": "Autoencoder", "config": GOOD | {"hue": 1}}, "unexpected keyword argument"),
        ({"class": "Autoencoder", "config": GOOD | {"width": "2"}}, "to build its model"),
        ({"class": "Autoencoder", "config": GOOD | {"width": 1.5}}, "to build its model"),
        ({"class": "Autoencoder", "config": GOOD | {"width": -1}}, "width of at most 1048576"),
        ({"class": "Autoencoder", "config": GOOD | {"width": 10**22}}, "width of at most 1048576"),
        ({"class": "Autoencoder", "config": GOOD | {"depth": 10**12}}, "depth of at most 1048576"),
        ({"class": "Autoencoder", "config": GOOD | {"width": 10**6}}, "another architecture"),
        ({"class": "Autoencoder", "config": GOOD | {"latent_channels": 10**6}}, "another archite"),
        ({"class": "Autoencoder", "config": GOOD | {"kernel_size": 10**6 + 1}}, "another archit"),
        ({"class": "Classifier", "config": GOOD | {"classes": 10**6}}, "another architecture"),
        ({"class": "Patchwise", "config": {"per_side": 2}}, "KeyError: 'model'"),
        ({"class": "Patchwise", "config": {"per_side": 2, "model": []}}, "to build its model"),
    ],
)
def test_hostile_descriptions_are_named_and_get_no_memory(tmp_path, model, message):
    path = tmp_path / "a.safetensors"
    tensors = {f"{key}": value for key, value in Autoencoder(**GOOD).state_dict().items()}
    save_file(tensors, path, {"lamp": json.dumps({"model": model})})
    began = time.monotonic()
    with pytest.raises(ValueError, match=message) as caught:
        load_checkpoint(path)
    assert str(path) in str(caught.value)
    assert time.monotonic() - began < 5


def test_one_boundary_names_the_file_once():
    with pytest.raises(ValueError, match=r"^a is damaged \(MemoryError: \)$"), damage_errors("a"):
        raise MemoryError
    with pytest.raises(ValueError, match=r"^a is damaged \(KeyError: 'x'\): go$"):  # noqa: SIM117
        with damage_errors("a"), damage_errors("a", "go"):
            {}["x"]
    with pytest.raises(PermissionError), damage_errors("a"):
        raise PermissionError(13, "Permission denied", "a")


def test_a_flipped_bit_is_noticed_wherever_it_is(tmp_path):
    path = save_checkpoint(tmp_path / "a.safetensors", nn.Linear(2, 3), {"digit": 3})
    data = path.read_bytes()
    begin = data.index(b'"digit')
    for place in [*range(len(data) - 36, len(data)), begin + 3, data.index(b": 3", begin) + 2]:
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(ValueError, match=r"a\.safetensors is damaged"):
            load_checkpoint(path, nn.Linear(2, 3))
