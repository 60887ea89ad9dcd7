"""A loss in words: what it is called, what it makes, and what it refuses."""

import pytest
import torch

from lamp.losses import BaseLoss, LampLoss, NormMatched, Scaled
from lamp.losses.settings import READINGS, LossSettings, make_loss

L2 = BaseLoss("l2")

ARMS = [
    ({"name": "l2"}, "L2", L2),
    ({"name": "bce"}, "BCE", BaseLoss("bce")),
    ({"name": "l2", "factor": 7.5}, "L2, times 7.5", Scaled(L2, 7.5)),
    ({"name": "l2-lamp"}, "L2-LAMP", LampLoss("l2")),
    ({"name": "l1-lamp", "epsilon": 0.2}, "L1-LAMP, ε 0.2", LampLoss("l1", epsilon=0.2)),
    (
        {"name": "ssim-lamp", "scale": "batch", "detach": True},
        "SSIM-LAMP, scale='batch', detach=True",
        LampLoss("ssim", scale="batch", detach=True),
    ),
    ({"name": "l2-lamp", "scale": "none"}, "L2-LAMP, no scale", LampLoss("l2", scale="none")),
    ({"name": "l2-lamp", "order": 3}, "L2-LAMP, 3 terms", LampLoss("l2", order=3)),
    (
        {"name": "l2-lamp", "order": 1},
        "L2-LAMP, error / maximum, no logarithm",
        LampLoss("l2", order=1),
    ),
    (
        {"name": "l2-lamp", "factor": 0.5},
        "L2-LAMP, times 0.5",
        Scaled(LampLoss("l2"), 0.5),
    ),
    (
        {"name": "l1-lamp", "matched": True, "epsilon": 0.3},
        "L1, steps as long as LAMP's, ε 0.3",
        NormMatched(BaseLoss("l1"), LampLoss("l1", epsilon=0.3)),
    ),
]


@pytest.mark.parametrize(("words", "title", "expected"), ARMS, ids=[arm[1] for arm in ARMS])
def test_every_arm(words, title, expected):
    settings = LossSettings(**words)
    assert settings.title == title
    made = make_loss(settings)
    assert repr(made) == repr(expected)  # which names all settings of a loss
    generator = torch.Generator().manual_seed(0)
    pair = [torch.rand(3, 1, 12, 12, generator=generator) for _ in range(2)]
    torch.testing.assert_close(made(*pair), expected(*pair))


def test_titles_tell_losses_apart():
    assert len({LossSettings(**words).title for words, _, _ in ARMS}) == len(ARMS)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"name": "l2", "order": 2}, "order and matched are of an amplified loss, got l2"),
        ({"name": "bce", "matched": True}, "order and matched are of an amplified loss, got bce"),
        ({"name": "l2-lamp", "matched": True, "factor": 2}, "expected factor 1, got 2"),
        ({"name": "bce-lamp"}, "Input should be 'l2'"),
        ({"epsilon": 0}, "greater than or equal to"),
        ({"order": 0}, "greater than or equal to 1"),
        ({"factor": float("inf")}, "finite number"),
        ({"epsilom": 0.1}, "Extra inputs"),
    ],
)
def test_what_is_refused(words, message):
    with pytest.raises(ValueError, match=message):
        LossSettings(**words)


def test_an_authors_code_is_a_reading():
    # x = residual, e = x^2, s = max(1, max e over the whole batch), -log(1 - 0.9 e / s), mean
    pair = (
        torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(1)),
        torch.zeros(4, 1, 8, 8),
    )
    for factor in (1.0, 2.0):  # below the floor, and beyond it
        error = (factor * pair[0]).square()
        expected = -torch.log(1 - 0.9 * error / max(1.0, float(error.max()))).mean()
        made = make_loss(LossSettings.named("l2-lamp:author"))
        torch.testing.assert_close(made(factor * pair[0], pair[1]), expected)


def test_an_authors_code_on_images_from_minus_one_to_one():
    first, second = torch.rand(2, 4, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    signed = make_loss(LossSettings.named("l2-lamp:author"))(2 * first - 1, 2 * second - 1)
    made = make_loss(LossSettings.named("l2-lamp:author-signed"))
    torch.testing.assert_close(made(first, second), signed)


def test_the_scalar_reading_amplifies_the_mean_error_of_each_image():
    first, second = torch.rand(2, 4, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    error = (first - second).square().flatten(1).mean(1)
    expected = -torch.log(1 - 0.9 * error / error.max())
    made = make_loss(LossSettings.named("l2-lamp:scalar"))
    torch.testing.assert_close(made(first, second), expected.mean())
    torch.testing.assert_close(made.per_sample(first, second), expected)


@pytest.mark.parametrize("reading", READINGS)
def test_every_reading_has_its_name(reading):
    assert LossSettings.named(f"l2-lamp:{reading}").reading == reading


@pytest.mark.parametrize("name", ["l2-lamp:other", "l2:author"])
def test_no_such_reading(name):
    with pytest.raises(ValueError, match=f"expected losses among .* such as .*, got '{name}'"):
        LossSettings.named(name)
