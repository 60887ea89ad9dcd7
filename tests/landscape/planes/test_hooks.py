"""Callbacks of either package: two processes, a missing package, bad numbers."""

import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

import landscape as ls
from landscape.errors import LandscapeError
from tests.landscape.planes.hooks import lightning_only, transformers_only

# Both warn of what does not matter here, such as few workers.
pytestmark = pytest.mark.filterwarnings("ignore")


SCRIPT = {
    "lightning": """
import sys, torch, lightning.pytorch as lightning
from torch.utils.data import DataLoader, TensorDataset
import landscape as ls

class Line(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = torch.nn.Linear(2, 1)
    def training_step(self, batch, _):
        return self.net(batch[0]).square().mean()
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)

if __name__ == "__main__":
    data = DataLoader(TensorDataset(torch.ones(16, 2)), batch_size=2)
    lightning.Trainer(
        max_epochs=1, accelerator="cpu", devices=2, strategy="ddp_spawn", logger=False,
        enable_checkpointing=False, callbacks=[ls.Tracker(sys.argv[1]).lightning(every=2)],
    ).fit(Line(), data)
""",
    "transformers": """
import sys, torch, transformers
import landscape as ls

class Line(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.net = torch.nn.Linear(2, 1)
    def forward(self, x):
        return {"loss": self.net(x).square().mean()}

arguments = transformers.TrainingArguments(
    output_dir=sys.argv[1] + "/out", max_steps=4, per_device_train_batch_size=2, use_cpu=True,
    report_to=[], save_strategy="no",
)
transformers.Trainer(
    Line(), arguments, train_dataset=[{"x": torch.ones(2)}] * 16,
    callbacks=[ls.Tracker(sys.argv[1]).transformers(every=2)],
).train()
""",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "package",
    [
        pytest.param("lightning", marks=lightning_only),
        pytest.param("transformers", marks=transformers_only),
    ],
)
def test_of_two_processes_one_writes(tmp_path, package):
    """The other one would write each file again, and begin where the first has begun."""
    (tmp_path / "train.py").write_text(SCRIPT[package])
    start = [sys.executable]
    if package == "transformers":
        start += ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*start, str(tmp_path / "train.py"), str(tmp_path / "run")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    run = ls.Tracker(tmp_path / "run")
    assert run.steps == (0, 2, 4)
    assert load_file(run.records[0].path).keys() == {"net.weight", "net.bias"}  # without module.
    assert not [path for path in Path(run.folder).glob(".*") if path.is_file()]


@pytest.mark.parametrize("name", ["lightning", "transformers"])
def test_a_package_that_is_missing_is_named_with_what_installs_it(tmp_path, monkeypatch, name):
    for module in ("lightning.pytorch", "pytorch_lightning", "transformers"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(LandscapeError, match=f"a callback of {name} needs it") as error:
        getattr(ls.Tracker(tmp_path), name)(every=5)
    assert error.value.hint == f"pip install 'lamp-landscape[{name}]'"
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("lightning", marks=lightning_only),
        pytest.param("transformers", marks=transformers_only),
    ],
)
@pytest.mark.parametrize("every", [0, 2.5, True])
def test_every_is_a_number_of_steps(tmp_path, name, every):
    with pytest.raises(LandscapeError, match="expected every to be a number of steps from 1"):
        getattr(ls.Tracker(tmp_path), name)(every=every)
