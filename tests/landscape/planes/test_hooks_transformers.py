"""Trackers in real trainings of Hugging Face's Trainer: the states that there were, once."""

import math

import pytest
import torch
from safetensors.torch import load_file

import landscape as ls
from landscape.errors import LandscapeError
from tests.landscape.planes.hooks import check_states, copied, transformers_only

# Both warn of what does not matter here, such as few workers.
pytestmark = pytest.mark.filterwarnings("ignore")


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
