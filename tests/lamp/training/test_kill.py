"""A training killed at any moment goes on to the same bits."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lamp.checkpoint import load_checkpoint
from lamp.losses import LampLoss
from lamp.models import Autoencoder
from lamp.training import TrainingSettings, train

ROOT = Path(__file__).parents[3]
BLOCK = 512  # images between two reports

SCRIPT = """
import sys, torch
from lamp.losses import LampLoss
from lamp.models import Autoencoder
from lamp.training import TrainingSettings, train

torch.set_num_threads(int(sys.argv[2]))
images = torch.rand(60, 1, 16, 16, generator=torch.Generator().manual_seed(0))
train(
    Autoencoder(16, width=4), LampLoss(), images,
    TrainingSettings(batch_size=16, samples=int(sys.argv[3])), path=sys.argv[1],
    progress=lambda *done: print(done[0], flush=True), save_every=0,
)
"""


def killed_after(path, blocks, samples):
    """Run the training in a process and kill it after so many blocks; return those it reported."""
    command = [sys.executable, "-c", SCRIPT, str(path)]
    command += [str(torch.get_num_threads()), str(samples)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline() for _ in range(blocks)]
        process.send_signal(signal.SIGKILL)
        return lines


@pytest.mark.parametrize("kills", [[2], pytest.param([1, 2, 4, 1], marks=pytest.mark.slow)])
def test_killed_training_goes_on_to_the_same_bits(tmp_path, kills):
    images = torch.rand(60, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    settings = TrainingSettings(batch_size=16, samples=(sum(kills) + 6) * BLOCK)
    reference = Autoencoder(16, width=4)
    whole = train(reference, LampLoss(), images, settings)

    path = tmp_path / "run.safetensors"
    starts = [int(killed_after(path, blocks, settings.samples)[0]) for blocks in kills]
    assert starts == sorted(starts)
    assert not path.exists()
    assert (tmp_path / "run.partial.safetensors").exists()

    done = []
    model = Autoencoder(16, width=4)
    history = train(
        model, LampLoss(), images, settings, path=path, progress=lambda *a: done.append(a[0])
    )
    assert done[0] > BLOCK * kills[0]  # it did not begin anew
    for a, b in zip(model.state_dict().values(), reference.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert history.loss.tolist() == whole.loss.tolist()
    assert load_checkpoint(path)[1]["finished"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run.json", "run.safetensors"]
