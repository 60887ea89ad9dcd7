"""Trackers in real trainings of Lightning: the states that there were, once."""

import importlib.util
import math

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

import landscape as ls
from landscape.errors import LandscapeError
from tests.landscape.planes.hooks import (
    X,
    Y,
    check_states,
    copied,
    lightning_only,
    network,
)

# Both warn of what does not matter here, such as few workers.
pytestmark = pytest.mark.filterwarnings("ignore")


def fit(
    tracker, path, *, epochs=2, resume=None, submodule="net", accumulate=1, every=5, package=""
):
    """Train for 6 batches an epoch; return every state, and the loss that led to it."""
    lightning = importlib.import_module(package or "lightning.pytorch")
    states, losses = {}, {}

    class Classifier(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = network()
            self.weighted = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0]))  # has a buffer

        def training_step(self, batch, _):
            self.found = self.weighted(self.net(batch[0]), batch[1])
            return self.found

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9)

        def on_train_start(self):
            states[self.global_step] = copied(self.net)

        def on_train_batch_end(self, *_):
            # Batches whose gradients are added move BatchNorm's statistics, but are no steps.
            states.setdefault(self.global_step, copied(self.net))
            losses.setdefault(self.global_step, float(self.found))

    trainer = lightning.Trainer(
        max_epochs=epochs, accelerator="cpu", logger=False, enable_progress_bar=False,
        enable_model_summary=False, enable_checkpointing=False, default_root_dir=path,
        accumulate_grad_batches=accumulate,
        callbacks=[tracker.lightning(every=every, submodule=submodule)],
    )  # fmt: skip
    trainer.fit(Classifier(), DataLoader(TensorDataset(X, Y), batch_size=8), ckpt_path=resume)
    trainer.save_checkpoint(path / "last.ckpt")
    return states, losses


@lightning_only
def test_a_training_of_lightning_is_recorded_and_drawn(tmp_path):
    tracker = ls.Tracker(tmp_path / "run")
    states, losses = fit(tracker, tmp_path)
    assert tracker.steps == (0, 5, 10, 12)  # the untrained one, and the last
    check_states(tracker, states)
    first, *others = tracker.records
    assert math.isnan(first.loss)
    assert [r.loss for r in others] == [pytest.approx(losses[r.step]) for r in others]
    model = network()
    model.load_state_dict(states[12])
    problem = ls.Problem(
        model, lambda m, b: cross_entropy(m(b[0]), b[1], reduction="none"), [(X, Y)]
    )
    surface = ls.compute(problem, along=f"pca:{tracker.folder}", steps=5, workers=1)
    points = surface.points_of_interest
    assert [point.step for point in points] == [0, 5, 10, 12]
    for point in points:  # the true loss of each is that of the state that there was
        model.load_state_dict(states[point.step])
        with torch.no_grad():
            loss = cross_entropy(model.eval()(X), Y)
        assert point.values["loss"] == pytest.approx(float(loss), rel=1e-5)


@lightning_only
@pytest.mark.parametrize("package", ["lightning.pytorch", "pytorch_lightning"])
def test_steps_are_those_of_the_optimizer(tmp_path, package):
    pytest.importorskip(package)
    tracker = ls.Tracker(tmp_path / "run")
    states, losses = fit(tracker, tmp_path, accumulate=2, every=2, package=package)
    assert tracker.steps == (0, 2, 4, 6)
    check_states(tracker, states)
    assert tracker.records[2].loss == pytest.approx(losses[4])


@lightning_only
def test_a_training_of_lightning_goes_on_in_its_folder(tmp_path):
    whole = ls.Tracker(tmp_path / "whole")
    fit(whole, tmp_path, epochs=4)
    fit(ls.Tracker(tmp_path / "run"), tmp_path, epochs=2)
    tracker = ls.Tracker(tmp_path / "run")
    fit(tracker, tmp_path, epochs=4, resume=tmp_path / "last.ckpt")
    assert tracker.steps == (0, 5, 10, 12, 15, 20, 24)
    assert whole.steps == (0, 5, 10, 15, 20, 24)
    there = {record.step: record for record in tracker.records}
    for record in whole.records:  # the same path
        again = load_file(there[record.step].path)
        assert all(torch.equal(v, again[n]) for n, v in load_file(record.path).items())
    assert there[12].loss > 0  # known from before
    with pytest.raises(LandscapeError, match="holds a training from step 0 on: this one would re"):
        fit(ls.Tracker(tmp_path / "run"), tmp_path)


@lightning_only
def test_another_submodule_is_named_with_those_that_there_are(tmp_path):
    with pytest.raises(LandscapeError, match="Classifier has no submodule 'model'") as error:
        fit(ls.Tracker(tmp_path / "run"), tmp_path, submodule="model")
    assert error.value.hint == "it has: 'net', 'weighted'"
