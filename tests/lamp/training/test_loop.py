"""The loop against plain ones, and the order of samples."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lamp.losses import BaseLoss, LampLoss, NormMatched, Scaled
from lamp.training import TrainingSettings, sample_order, train
from tests.lamp.training.small import IMAGES, SHORT, same, small, state


@given(st.integers(1, 20), st.integers(0, 60), st.integers(1, 60), st.integers(0, 3))
def test_a_piece_is_cut_from_the_whole(count, start, length, seed):
    whole = sample_order(count, 0, start + length, seed=seed)
    assert (sample_order(count, start, start + length, seed=seed) == whole[start:]).all()


def test_each_pass_is_another_permutation():
    passes = sample_order(50, 0, 150, seed=0).reshape(3, 50)
    assert (np.sort(passes, axis=1) == np.arange(50)).all()
    assert not (passes[0] == passes[1]).all()
    assert not (passes[0] == sample_order(50, 0, 50, seed=1)).all()


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
    settings = TrainingSettings(
        batch_size=8, samples=400, learning_rate=0.01, seed=5, recalibrate=False
    )
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


def test_targets_other_than_the_images_follow_their_order():
    targets = IMAGES.flip(3)
    model, reference, recorder = small(), small(), Recorder()
    train(model, recorder, (IMAGES, targets), SHORT)
    order = sample_order(len(IMAGES), 0, 2048, seed=0)
    assert recorder.seen == targets[order][:, 0, 0, 0].tolist()
    train(reference, Recorder(), IMAGES, SHORT)
    assert not same(state(model), state(reference))


def test_a_constant_factor_is_a_learning_rate_to_sgd_and_nothing_to_adam():
    plain = {"batch_size": 8, "samples": 160}
    for optimizer, rates in (("sgd", (0.1, 0.4)), ("adam", (0.001, 0.001))):
        models = [small().double(), small().double()]
        for model, loss, rate in zip(
            models, (Scaled(BaseLoss(), 4.0), BaseLoss()), rates, strict=True
        ):
            settings = TrainingSettings(optimizer=optimizer, learning_rate=rate, **plain)
            train(model, loss, IMAGES.double(), settings)
        for a, b in zip(models[0].parameters(), models[1].parameters(), strict=True):
            assert torch.allclose(a, b, atol=1e-4 if optimizer == "adam" else 1e-10)


def test_matched_norms_against_a_plain_loop():
    settings = TrainingSettings(optimizer="sgd", learning_rate=0.05, batch_size=8, samples=80)
    model, reference, images = small().double(), small().double(), IMAGES.double()
    loss = NormMatched(BaseLoss("l2"), LampLoss())
    history = train(model, loss, images, settings)
    order = sample_order(len(IMAGES), 0, 80, seed=0)
    values, factors = [], []
    for step in range(10):
        batch = images[order[step * 8 : step * 8 + 8]]
        parameters = list(reference.parameters())
        output = reference(batch)
        value = BaseLoss("l2")(output, batch)
        wanted = torch.autograd.grad(LampLoss()(output, batch), parameters, retain_graph=True)
        own = torch.autograd.grad(value, parameters)
        norms = [torch.cat([g.flatten() for g in gradient]).norm() for gradient in (wanted, own)]
        with torch.no_grad():
            for parameter, gradient in zip(parameters, own, strict=True):
                parameter -= 0.05 * gradient * norms[0] / norms[1]
        values.append(value.item())
        factors.append(float(norms[0] / norms[1]))
    for a, b in zip(model.parameters(), reference.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-10)
    assert history.loss.tolist() == pytest.approx([np.mean(values)])
    assert float(loss.mean_factor) == pytest.approx(np.mean(factors))


@pytest.mark.parametrize(
    ("loss", "got"),
    [
        (BaseLoss(reduction="none"), r"shape \(32, 1, 16, 16\)"),
        (lambda *_: None, "NoneType"),
        (lambda a, b: (a - b).detach().mean(), "one without a gradient"),
    ],
)
def test_what_is_no_loss(loss, got):
    with pytest.raises(ValueError, match=f"one number, got {got}: use reduction"):
        train(small(), loss, IMAGES, SHORT)


def test_models_without_convolutions():
    model = nn.Sequential(nn.Flatten(), nn.Linear(256, 256), nn.Unflatten(1, (1, 16, 16)))
    history = train(model, BaseLoss(), IMAGES, SHORT)
    assert history.loss[-1] < history.loss[0]


@pytest.mark.parametrize("radius", [0.05, -0.05])
def test_sharpness_aware_steps_are_those_of_their_definition(radius):
    model, reference = small(), small()
    settings = TrainingSettings(
        optimizer="sgd", learning_rate=0.1, batch_size=8, samples=40, sam_radius=radius
    )
    train(model, BaseLoss("l2"), IMAGES, settings)

    parameters = list(reference.parameters())
    order = sample_order(len(IMAGES), 0, 40, seed=0)

    def gradients(batch):
        loss = (reference(batch) - batch).square().mean()
        return torch.autograd.grad(loss, parameters)

    for step in range(5):
        batch = IMAGES[order[step * 8 : step * 8 + 8]]
        at = [parameter.detach().clone() for parameter in parameters]
        first = gradients(batch)
        length = torch.sqrt(sum(gradient.square().sum() for gradient in first))
        with torch.no_grad():
            for parameter, gradient in zip(parameters, first, strict=True):
                parameter += radius * gradient / length
        second = gradients(batch)
        with torch.no_grad():
            for parameter, was, gradient in zip(parameters, at, second, strict=True):
                parameter.copy_(was - 0.1 * gradient)
    for one, other in zip(model.parameters(), parameters, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
