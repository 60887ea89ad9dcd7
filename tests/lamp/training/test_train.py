import contextlib
import json
import math

import numpy as np
import pytest
import torch
from torch import nn

from lamp.checkpoint import load_checkpoint
from lamp.losses import BaseLoss, LampLoss
from lamp.models import Autoencoder
from lamp.training import TrainingSettings, sample_order, train

IMAGES = torch.rand(40, 1, 16, 16, generator=torch.Generator().manual_seed(0))
SHORT = TrainingSettings(batch_size=32, samples=2048)


def small(**changes):
    return Autoencoder(16, **({"depth": 2, "width": 2} | changes))


def state(model):
    return {key: value.clone() for key, value in model.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


class Recorder(nn.Module):
    """A loss that notes which images came in which order, by their first pixel."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, reconstruction, target):
        self.seen += target[:, 0, 0, 0].tolist()
        return (reconstruction - target).square().mean()


def test_matches_a_plain_loop():
    model, reference = small(), small()
    settings = TrainingSettings(batch_size=8, samples=400, learning_rate=0.01, seed=5)
    history = train(model, LampLoss(), IMAGES, settings)

    optimizer = torch.optim.Adam(reference.parameters(), 0.01, foreach=False)
    order = sample_order(len(IMAGES), 0, 400, seed=5)
    losses = []
    for step in range(50):
        batch = IMAGES[order[step * 8 : step * 8 + 8]]
        loss = LampLoss()(reference(batch), batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

    for a, b in zip(state(model).values(), state(reference).values(), strict=True):
        assert torch.allclose(a.float(), b.float(), atol=2e-3)
    assert history.loss.tolist() == pytest.approx([np.mean(losses)], rel=1e-3)
    assert (history.steps, history.samples.tolist()) == (50, [400])


def test_every_batch_size_and_loss_sees_the_same_order():
    seen = []
    for batch_size in (1, 4, 7, 40, 64):
        recorder = Recorder()
        train(small(), recorder, IMAGES, TrainingSettings(batch_size=batch_size, samples=100))
        seen.append(recorder.seen[:100])
    assert all(other == seen[0] for other in seen)
    assert sorted(seen[0][:40]) == sorted(IMAGES[:, 0, 0, 0].tolist())


def test_counts_are_of_whole_batches():
    calls = []
    history = train(
        small(), BaseLoss(), IMAGES, TrainingSettings(batch_size=30, samples=1000),
        progress=lambda done, total, info: calls.append((done, total, info["step"])),
    )  # fmt: skip
    assert history.steps == 34
    assert calls == [(510, 1020, 17), (1020, 1020, 34)]
    assert history.samples.tolist() == [510, 1020]
    assert history.seconds > 0


@pytest.mark.parametrize(
    "settings",
    [
        TrainingSettings(optimizer="adam", batch_size=32, samples=8192),
        TrainingSettings(optimizer="rmsprop", batch_size=32, samples=8192),
        TrainingSettings(
            optimizer="sgd", learning_rate=0.5, momentum=0.9, batch_size=32, samples=8192
        ),
    ],
    ids=lambda settings: settings.optimizer,
)
def test_learns_with_every_optimizer(settings):
    history = train(small(width=8), BaseLoss(), IMAGES[:4], settings)
    assert history.loss[-1] < 0.8 * history.loss[0]


def test_model_is_left_as_found_but_for_its_parameters():
    model = small()
    model.encoder.eval()
    model.decoder[0][0].weight.requires_grad_(False)
    frozen = model.decoder[0][0].weight.clone()
    train(model, BaseLoss(), IMAGES, SHORT)
    assert not model.encoder[0].training
    assert model.decoder.training
    assert torch.equal(model.decoder[0][0].weight, frozen)
    assert not model.decoder[0][0].weight.requires_grad
    assert all(p.is_contiguous() and p.grad is None for p in model.parameters())


def test_global_random_state_is_not_touched():
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()  # noqa: NPY002
    train(small(), BaseLoss(), IMAGES, SHORT)
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == np.random.get_state()[1].tolist()  # noqa: NPY002


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


class InterruptError(Exception):
    pass


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
@pytest.mark.parametrize("stop", [512, 1024, 1536])
def test_an_interrupted_training_goes_on_to_the_same_bits(tmp_path, optimizer, stop):
    momentum = 0.0 if optimizer == "adam" else 0.9
    settings = SHORT.model_copy(update={"optimizer": optimizer, "momentum": momentum})
    images = torch.rand(50, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    reference = small(channels=3)
    whole = train(reference, LampLoss(), images, settings)

    def interrupt(done, total, info):
        if done == stop:
            raise InterruptError

    path = tmp_path / "run.safetensors"
    with pytest.raises(InterruptError):
        train(small(channels=3), LampLoss(), images, settings, path=path, progress=interrupt,
              save_every=0)  # fmt: skip
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

    def interrupt(done, total, info):
        if not finished and done == 1024:
            raise InterruptError

    with contextlib.suppress(InterruptError):
        train(**arguments, path=path, progress=interrupt, save_every=0)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    with pytest.raises(ValueError, match=f"belongs to another training: {message}"):
        train(**(arguments | {"model": small()} | changes), path=path)
    assert before == {p.name: p.read_bytes() for p in tmp_path.iterdir()}


def test_a_file_that_is_no_training_is_refused(tmp_path):
    from lamp.checkpoint import save_checkpoint

    path = save_checkpoint(tmp_path / "run.safetensors", small())
    with pytest.raises(ValueError, match=r"settings.optimizer was None and is 'adam'"):
        train(small(), BaseLoss(), IMAGES, SHORT, path=path)


def test_losses_of_ones_own_are_named_without_their_address(tmp_path):
    path = tmp_path / "run.safetensors"
    train(small(), nn.functional.mse_loss, IMAGES, SHORT, path=path)
    assert load_checkpoint(path)[1]["loss"] == "mse_loss"


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_at_its_step(tmp_path, value):
    steps = iter(range(1000))

    def loss(reconstruction, target):
        factor = value if next(steps) == 20 else 1.0
        return (reconstruction - target).square().mean() * factor

    path = tmp_path / "run.safetensors"
    with pytest.raises(FloatingPointError) as caught:
        train(small(), loss, IMAGES, SHORT, path=path, save_every=0)
    assert str(caught.value).startswith(
        f"the training loss became {value} at step 21 of 64: lower the learning rate (0.001), "
        "raise epsilon"
    )
    # What is on disk is from before: the next call meets the same step.
    assert not path.exists()
    partial = tmp_path / "run.partial.safetensors"
    assert partial.exists()
    from safetensors.torch import load_file

    assert all(torch.isfinite(v).all() for v in load_file(partial).values())


@pytest.mark.parametrize("images", [torch.zeros(0, 1, 16, 16), torch.zeros(3, 16, 16),
                                    torch.zeros(3, 1, 16, 16, dtype=torch.uint8)])  # fmt: skip
def test_wrong_images(images):
    with pytest.raises(ValueError, match=r"expected float images of shape \(N, C, H, W\), N > 0"):
        train(small(), BaseLoss(), images, SHORT)


def test_unreduced_loss():
    with pytest.raises(ValueError, match=r"one number, got shape \(32, 1, 16, 16\): use reduction"):
        train(small(), BaseLoss(reduction="none"), IMAGES, SHORT)


def test_wrong_suffix():
    with pytest.raises(ValueError, match=r"ends in .safetensors, got run.pt"):
        train(small(), BaseLoss(), IMAGES, SHORT, path="run.pt")


def test_models_without_convolutions():
    model = nn.Sequential(nn.Flatten(), nn.Linear(256, 256), nn.Unflatten(1, (1, 16, 16)))
    history = train(model, BaseLoss(), IMAGES, SHORT)
    assert history.loss[-1] < history.loss[0]
