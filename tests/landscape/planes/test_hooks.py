"""Trackers in real trainings of Lightning and Hugging Face: the states that there were, once."""

import importlib.util
import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

import landscape as ls
from landscape.errors import LandscapeError

# Both warn of what does not matter here, such as few workers.
pytestmark = pytest.mark.filterwarnings("ignore")

INSTALLED = {
    name: importlib.util.find_spec(name) is not None for name in ("lightning", "transformers")
}
lightning_only = pytest.mark.skipif(
    not INSTALLED["lightning"], reason="needs lightning: pip install '.[lightning]'"
)
transformers_only = pytest.mark.skipif(
    not INSTALLED["transformers"], reason="needs transformers: pip install '.[transformers]'"
)
X = torch.randn(48, 3, generator=torch.Generator().manual_seed(0))
Y = (X[:, 0] > 0).long()


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2))


def copied(model: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def check_states(tracker: ls.Tracker, states: dict[int, dict[str, torch.Tensor]]) -> None:
    """Each file is the state that there was at its step, to the bit."""
    for record in tracker.records:
        held = load_file(record.path)
        assert held.keys() <= states[record.step].keys()
        assert all(torch.equal(value, states[record.step][name]) for name, value in held.items())


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


def train(tracker, path, *, max_steps=12, resume=None, every=5, more=(), **settings):
    """Train a causal language model with tied embeddings; return it, its states and losses."""
    import transformers

    torch.manual_seed(0)
    model = transformers.GPT2LMHeadModel(
        transformers.GPT2Config(vocab_size=11, n_positions=8, n_embd=8, n_layer=1, n_head=2)
    )
    words = torch.randint(0, 11, (24, 8), generator=torch.Generator().manual_seed(1))
    states, losses = {}, {}

    class Watch(transformers.TrainerCallback):
        def on_train_begin(self, args, state, control, **given):
            states[state.global_step] = copied(given["model"])

        def on_step_end(self, args, state, control, **given):
            states[state.global_step] = copied(given["model"])

        def on_log(self, args, state, control, **given):
            losses[state.global_step] = given["logs"].get("loss", losses.get(state.global_step))

    arguments = transformers.TrainingArguments(
        output_dir=str(path), max_steps=max_steps, per_device_train_batch_size=4, use_cpu=True,
        report_to=[], disable_tqdm=True, learning_rate=0.01, lr_scheduler_type="constant",
        logging_steps=7, **{"save_steps": 6, **settings},
    )  # fmt: skip
    data = [{"input_ids": row, "labels": row} for row in words]
    transformers.Trainer(
        model, arguments, train_dataset=data, eval_dataset=data[:4],
        callbacks=[tracker.transformers(every=every), Watch(), *more],
    ).train(resume_from_checkpoint=resume)  # fmt: skip
    return model, words, states, losses


@transformers_only
def test_a_training_of_transformers_is_recorded_and_drawn(tmp_path):
    tracker = ls.Tracker(tmp_path / "run")
    model, words, states, losses = train(tracker, tmp_path / "out")
    assert tracker.steps == (0, 5, 10, 12)
    check_states(tracker, states)
    assert "lm_head.weight" not in load_file(tracker.records[0].path)  # tied, and written once
    first, *others = tracker.records
    assert math.isnan(first.loss)
    assert [record.loss for record in others] == [losses[record.step] for record in others]
    assert 7 in losses  # the trainer's own

    def loss(m, batch):
        return m(input_ids=batch, labels=batch).loss

    surface = ls.compute(
        ls.Problem(model, loss, [words]), along=f"pca:{tracker.folder}", steps=5, workers=1
    )
    points = surface.points_of_interest
    assert [point.step for point in points] == [0, 5, 10, 12]
    for point in points:
        model.load_state_dict(states[point.step])
        with torch.no_grad():
            expected = loss(model.eval(), words)
        assert point.values["loss"] == pytest.approx(float(expected), rel=1e-5)


@transformers_only
def test_a_training_of_transformers_goes_on_in_its_folder(tmp_path):
    whole, tracker = ls.Tracker(tmp_path / "whole"), ls.Tracker(tmp_path / "run")
    train(whole, tmp_path / "out")
    train(tracker, tmp_path / "out", max_steps=12)
    again = ls.Tracker(tracker.folder)
    train(again, tmp_path / "out", resume=str(tmp_path / "out" / "checkpoint-6"))
    assert again.steps == (0, 5, 6, 10, 12)
    there = {record.step: record for record in again.records}
    for record in whole.records:
        held = load_file(there[record.step].path)
        assert all(torch.equal(v, held[n]) for n, v in load_file(record.path).items())
    with pytest.raises(LandscapeError, match="holds a training from step 0 on: this one would re"):
        train(ls.Tracker(tracker.folder), tmp_path / "out")


@transformers_only
@pytest.mark.parametrize("best", [False, True])
def test_a_best_state_that_is_loaded_at_the_end_is_not_the_last_of_the_path(tmp_path, best):
    import transformers

    class Stop(transformers.TrainerCallback):
        def on_evaluate(self, args, state, control, **_):
            control.should_training_stop = state.global_step == 6

    tracker = ls.Tracker(tmp_path / "run")
    *_, states, _ = train(
        tracker, tmp_path / "out", every=4, more=[Stop()], eval_strategy="steps", eval_steps=3,
        save_steps=3, load_best_model_at_end=best, metric_for_best_model="loss",
        greater_is_better=True,
    )  # fmt: skip
    assert max(states) == 6
    assert tracker.steps == ((0, 4) if best else (0, 4, 6))
    check_states(tracker, states)


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
