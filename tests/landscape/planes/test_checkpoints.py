"""Checkpoints: every usual way to save one, and one line for each that does not fit."""

import pickle

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from landscape.errors import LandscapeError
from landscape.planes.checkpoints import as_checkpoint, fit_checkpoint, read_checkpoint
from landscape.planes.parameters import fingerprint, parameters_of


def network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    model(torch.randn(8, 3))  # moves the running statistics
    return model.eval()


def fit(path, model=None):
    return fit_checkpoint(read_checkpoint(path), model or network())


def refused(path, text, model=None):
    with pytest.raises(LandscapeError, match=text) as error:
        fit(path, model)
    assert "\n" not in str(error.value)
    return error.value


SAVED = {
    "plain": lambda model: model.state_dict(),
    "state_dict": lambda model: {"state_dict": model.state_dict(), "epoch": 3},
    "model": lambda model: {"model": model.state_dict(), "epoch": 3},
    "model_state_dict": lambda model: {"model_state_dict": model.state_dict(), "loss": 0.5},
    "parallel": lambda model: nn.DataParallel(model).state_dict(),
    "compiled": lambda model: {f"_orig_mod.{n}": v for n, v in model.state_dict().items()},
    "lightning": lambda model: {
        "state_dict": {f"net.{n}": v for n, v in model.state_dict().items()}
    },
}


@pytest.mark.parametrize("how", SAVED)
def test_every_usual_way_to_save_is_read(how, tmp_path):
    other = network(1)
    torch.save(SAVED[how](other), tmp_path / "b.pt")
    found = fit(tmp_path / "b.pt")
    assert fingerprint(found.parameters) == fingerprint(parameters_of(other))
    assert torch.equal(found.buffers["1.running_mean"].cpu(), other[1].running_mean.cpu())
    assert list(found.parameters) == list(parameters_of(network()))


def test_safetensors_and_wrapped_models(tmp_path):
    other = network(1)
    save_file(other.state_dict(), tmp_path / "b.safetensors")
    found = fit(tmp_path / "b.safetensors", nn.DataParallel(network()))
    assert next(iter(found.parameters)) == "module.0.weight"
    assert torch.equal(found.parameters["module.2.bias"], other[2].bias)
    deeper = nn.Sequential()
    deeper.add_module("net", network())
    assert "net.0.weight" in fit(tmp_path / "b.safetensors", deeper).parameters


def test_a_state_dict_and_a_model_serve_as_well(tmp_path):
    other = network(1)
    for source in (other, other.state_dict()):
        found = fit_checkpoint(as_checkpoint(source, "other"), network())
        assert found.label == "other"
        assert torch.equal(found.parameters["0.weight"], other[0].weight)
    with pytest.raises(LandscapeError, match="expected a file, a state dict or a model, got int"):
        as_checkpoint(3, "three")


def test_of_tied_parameters_one_name_is_enough(tmp_path):
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    model[1].weight = model[0].weight
    state = model.state_dict()
    state.pop("0.weight")
    torch.save(state, tmp_path / "b.pt")
    assert torch.equal(fit(tmp_path / "b.pt", model).parameters["0.weight"], model[0].weight)
    torch.save({**model.state_dict(), "1.weight": torch.zeros(3, 3)}, tmp_path / "b.pt")
    refused(tmp_path / "b.pt", "'0.weight' and '1.weight', which are one parameter", model)


def test_another_architecture_is_refused_in_one_line(tmp_path):
    state, path = network().state_dict(), tmp_path / "b.pt"
    torch.save({n: v for n, v in state.items() if n != "2.bias"}, path)
    refused(path, "b.pt is of another architecture: '2.bias' is missing")
    torch.save({**state, "2.weight": torch.zeros(2, 5)}, path)
    refused(path, r"expected '2.weight' of shape \(2, 4\), got \(2, 5\)")
    torch.save({**state, "3.weight": torch.zeros(2, 5)}, path)
    refused(path, "it has 1 tensors more than this model, such as '3.weight'")
    torch.save({**state, "2.bias": torch.tensor([0.0, torch.nan])}, path)
    refused(path, "b.pt has values in '2.bias' that are not finite")


class Stranger:
    """Its code is not to be run."""

    def __reduce__(self):
        return (open, ("/tmp/never-made-by-a-checkpoint", "w"))


def test_what_is_no_checkpoint_is_refused_and_no_code_runs(tmp_path):
    path = tmp_path / "b.pt"
    refused(path, "expected a checkpoint, got no file: ")
    refused(tmp_path, "expected a checkpoint, got a folder: ")
    torch.save(Stranger(), path)
    assert "only tensors are read" in refused(path, "no checkpoint of tensors alone").hint
    path.write_bytes(pickle.dumps(Stranger()))
    refused(path, "b.pt")
    torch.save(network(), path)
    refused(path, "no checkpoint of tensors alone")
    torch.save([torch.zeros(2)], path)
    refused(path, "expected a state dict in .*b.pt, got list")
    torch.save({"epoch": 3}, path)
    refused(path, "expected a state dict in .*b.pt, got a dictionary of 'epoch'")
    path.write_bytes(b"not a file of torch")
    refused(path, "b.pt")
    (tmp_path / "c.safetensors").write_bytes(b"damaged")
    refused(tmp_path / "c.safetensors", "cannot read .*c.safetensors")


def test_the_state_of_an_optimizer_is_found_beside_the_model(tmp_path):
    model = network()
    optimizer = torch.optim.Adam(model.parameters())
    for key in ("optimizer", "optimizer_state_dict"):
        torch.save({"model": model.state_dict(), key: optimizer.state_dict()}, tmp_path / "b.pt")
        assert read_checkpoint(tmp_path / "b.pt").optimizer["param_groups"][0]["lr"] == 1e-3
    torch.save(
        {"state_dict": model.state_dict(), "optimizer_states": [optimizer.state_dict()]},
        tmp_path / "b.pt",
    )
    assert read_checkpoint(tmp_path / "b.pt").optimizer["state"] == {}
