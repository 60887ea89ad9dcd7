import json

import pytest
import torch

from lamp.checkpoint import load_checkpoint, read_tensors, save_checkpoint, write_tensors
from lamp.losses import BaseLoss, LampLoss, NormMatched, RunningMaximum
from lamp.training import train
from tests.lamp.training.small import IMAGES, SHORT, interrupted, same, small, state


def test_a_finished_training_is_loaded_and_not_repeated(tmp_path):
    path = tmp_path / "deep" / "run.safetensors"
    first, calls = small(), []
    done = train(first, LampLoss(), IMAGES, SHORT, path=path)
    trained = state(first)
    for model in (small(), first):  # built anew, or the very model again
        again = train(
            model, LampLoss(), IMAGES, SHORT, path=path, progress=lambda *a: calls.append(a)
        )
        assert same(state(model), trained)
        assert again.loss.tolist() == done.loss.tolist()
        assert (again.steps, again.seconds) == (done.steps, done.seconds)
    assert not calls
    assert sorted(p.name for p in path.parent.iterdir()) == ["run.json", "run.safetensors"]
    loaded, info = load_checkpoint(path)
    assert same(state(loaded), trained)
    assert info == json.loads(path.with_suffix(".json").read_text())
    assert info["settings"] == SHORT.model_dump()
    assert (info["finished"], info["steps"]) == (True, 64)
    assert info["loss"] == repr(LampLoss())


def test_missing_json_of_a_finished_training_is_written_again(tmp_path):
    path = tmp_path / "run.safetensors"
    train(small(), BaseLoss(), IMAGES, SHORT, path=path)
    text = path.with_suffix(".json").read_text()
    path.with_suffix(".json").unlink()
    train(small(), BaseLoss(), IMAGES, SHORT, path=path)
    assert path.with_suffix(".json").read_text() == text


def test_a_json_of_others_is_refused_before_anything_is_trained(tmp_path):
    (tmp_path / "run.json").write_text('{"mine": 1}')
    calls = []
    with pytest.raises(ValueError, match=r"run\.json is not the JSON of a checkpoint"):
        train(small(), BaseLoss(), IMAGES, SHORT, path=tmp_path / "run.safetensors",
              progress=lambda *a: calls.append(a))  # fmt: skip
    assert not calls
    assert [p.name for p in tmp_path.iterdir()] == ["run.json"]


def test_targets_take_part_in_recognising_a_training(tmp_path):
    path = tmp_path / "run.safetensors"
    train(small(), BaseLoss(), (IMAGES, IMAGES.flip(3)), SHORT, path=path)
    with pytest.raises(ValueError, match=r"training: targets was '[0-9a-f]{64}' and is '"):
        train(small(), BaseLoss(), (IMAGES, IMAGES.flip(2)), SHORT, path=path)
    with pytest.raises(ValueError, match=r"training: targets was '[0-9a-f]{64}' and is None"):
        train(small(), BaseLoss(), IMAGES, SHORT, path=path)


@pytest.mark.parametrize(
    "make",
    [
        lambda: LampLoss(scale=RunningMaximum(0.9)),
        lambda: NormMatched(BaseLoss("l2"), LampLoss(scale=RunningMaximum(0.9))),
    ],
    ids=["running", "matched"],
)
def test_what_a_loss_remembers_is_taken_up_too(tmp_path, make):
    reference, whole = small(), make()
    train(reference, whole, IMAGES, SHORT)

    path = tmp_path / "run.safetensors"
    interrupted(path, small(), make(), at=1024)
    for _ in ("resumed", "finished"):
        model, loss = small(), make()
        train(model, loss, IMAGES, SHORT, path=path)
        assert same(state(model), state(reference))
        assert same(loss.state_dict(), whole.state_dict())
    assert len(load_checkpoint(path)[1]["loss_buffers"]) == len(whole.state_dict())


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
@pytest.mark.parametrize("stop", [512, 1024, 1536])
def test_an_interrupted_training_goes_on_to_the_same_bits(tmp_path, optimizer, stop):
    momentum = 0.0 if optimizer == "adam" else 0.9
    settings = SHORT.model_copy(update={"optimizer": optimizer, "momentum": momentum})
    images = torch.rand(50, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    reference = small(channels=3)
    whole = train(reference, LampLoss(), images, settings)

    path = tmp_path / "run.safetensors"
    interrupted(path, small(channels=3), LampLoss(), images=images, settings=settings, at=stop)
    assert [p.name for p in tmp_path.iterdir()] == ["run.partial.safetensors"]
    resumed, calls = small(channels=3), []
    history = train(
        resumed, LampLoss(), images, settings, path=path, progress=lambda *a: calls.append(a[0])
    )
    assert calls == [done for done in (512, 1024, 1536, 2048) if done > stop]
    assert same(state(resumed), state(reference))
    assert history.loss.tolist() == whole.loss.tolist()
    assert history.steps == whole.steps
    assert not (tmp_path / "run.partial.safetensors").exists()


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"settings": SHORT.model_copy(update={"samples": 4096})},
         "settings.samples was 2048 and is 4096; choose another path, or remove the file"),
        ({"settings": SHORT.model_copy(update={"seed": 1})}, "settings.seed was 0 and is 1"),
        ({"loss": LampLoss()}, r"loss was \"BaseLoss\(.*\)\" and is \"LampLoss\("),
        ({"images": IMAGES[:39]}, "images was '[0-9a-f]{64}' and is '[0-9a-f]{64}'"),
        ({"model": small(width=3)}, "model.config.width was 2 and is 3"),
        ({"model": small(seed=1)}, "initial_parameters was .* build the model anew"),
    ],
)  # fmt: skip
def test_another_training_is_refused(tmp_path, finished, changes, message):
    path = tmp_path / "run.safetensors"
    arguments = {"model": small(), "loss": BaseLoss(), "images": IMAGES, "settings": SHORT}

    interrupted(path, small(), BaseLoss(), at=None if finished else 1024)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    with pytest.raises(ValueError, match=f"belongs to another training: {message}"):
        train(**(arguments | {"model": small()} | changes), path=path)
    assert before == {p.name: p.read_bytes() for p in tmp_path.iterdir()}


def test_a_file_that_is_no_training_is_refused(tmp_path):
    path = save_checkpoint(tmp_path / "run.safetensors", small())
    with pytest.raises(ValueError, match=r"settings.optimizer was None and is 'adam'"):
        train(small(), BaseLoss(), IMAGES, SHORT, path=path)


@pytest.fixture
def partial(tmp_path):
    interrupted(tmp_path / "run.safetensors", small(), BaseLoss())
    return tmp_path / "run.partial.safetensors"


def test_garbage_as_a_state_is_named_with_a_remedy(partial):
    partial.write_bytes(b"garbage")
    with pytest.raises(ValueError, match=r"run\.partial\.safetensors is damaged .* train anew$"):
        train(small(), BaseLoss(), IMAGES, SHORT, path=partial.with_name("run.safetensors"))


def test_an_optimizers_memory_in_another_form_is_refused(partial):
    tensors, info = read_tensors(partial)
    write_tensors(partial, tensors | {"optimizer.1.exp_avg": torch.zeros(2)}, info)
    with pytest.raises(ValueError, match=r"in another form \(1.exp_avg of shape \(2,\)\), as a"):
        train(small(), BaseLoss(), IMAGES, SHORT, path=partial.with_name("run.safetensors"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda tensors, info: info.pop("now"),
        lambda tensors, info: info.update(now=[]),
        lambda tensors, info: info.update(steps="many"),
        lambda tensors, info: info.update(steps=10**9),
        lambda tensors, info: info.update(steps=-16),
        lambda tensors, info: info.pop("history"),
        lambda tensors, info: info.update(history=[]),
        lambda tensors, info: info["history"].update(loss=[]),
        lambda tensors, info: info.update(seconds=None),
        lambda tensors, info: info.update(finished=True),
        lambda tensors, info: tensors.pop("random.torch"),
        lambda tensors, info: tensors.update({"random.torch": torch.zeros(3)}),
        lambda tensors, info: tensors.update({"optimizer.x.exp_avg": torch.zeros(3)}),
        lambda tensors, info: tensors.pop("model.encoder.0.0.weight"),
        lambda tensors, info: tensors["model.encoder.0.0.weight"].zero_(),
    ],
)
def test_a_damaged_state_is_named_with_a_remedy(partial, damage):
    tensors, info = read_tensors(partial)
    damage(tensors, info)
    write_tensors(partial, tensors, info)
    with pytest.raises(ValueError, match=r"run\.partial\.safetensors is damaged .* train anew$"):
        train(small(), BaseLoss(), IMAGES, SHORT, path=partial.with_name("run.safetensors"))


def test_two_trainings_of_one_path_do_not_meet(tmp_path):
    path = tmp_path / "run.safetensors"

    def second(done, total, info):
        train(small(), BaseLoss(), IMAGES, SHORT, path=path)

    with pytest.raises(BlockingIOError, match=f"{path} is being written by another process: wait"):
        train(small(), BaseLoss(), IMAGES, SHORT, path=path, progress=second)
    train(small(), BaseLoss(), IMAGES, SHORT, path=path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run.json", "run.safetensors"]


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_a_training_that_stops_goes_on_to_the_same_bits(tmp_path, optimizer):
    settings = SHORT.model_copy(update={"optimizer": optimizer})
    reference = small()
    whole = train(reference, LampLoss(), IMAGES, settings)
    path, partial = tmp_path / "run.safetensors", tmp_path / "run.partial.safetensors"
    for until, seen in [(1, 512), (513, 1024), (600, 1024)]:
        stopped = small()
        history = train(stopped, LampLoss(), IMAGES, settings, path=path, until=until)
        assert history.samples[-1] == seen
        assert list(tmp_path.iterdir()) == [partial]
        middle = small()
        train(middle, LampLoss(), IMAGES, settings.model_copy(
            update={"samples": seen, "recalibrate": False}))  # fmt: skip
        assert same(state(stopped), state(middle))  # not recalibrated: it is going on
    resumed = small()
    history = train(resumed, LampLoss(), IMAGES, settings, path=path, until=10**9)
    assert same(state(resumed), state(reference))
    assert history.loss.tolist() == whole.loss.tolist()
    assert not partial.exists()


@pytest.mark.parametrize("words", [{"until": 5}, {"until": 0, "path": "a.safetensors"}])
def test_what_stops_needs_a_path_and_a_sample(words):
    with pytest.raises(ValueError, match="expected a path, to go on from it later, and at least 1"):
        train(small(), BaseLoss(), IMAGES, SHORT, **words)
