import pytest
import torch
from torch import nn

from lamp.data import load_digits
from lamp.losses import BaseLoss, LampLoss
from lamp.models import Autoencoder, Classifier
from lamp.training import TrainingSettings, train


def test_softmax_of_a_linear_map_of_the_latent():
    model = Classifier(16, depth=2, width=3).eval()
    images = torch.rand(5, 1, 16, 16)
    latent = model.encoder(images)
    assert latent.shape == (5, 6, 4, 4)
    logits = latent.flatten(1) @ model.head.weight.T + model.head.bias
    assert torch.allclose(model(images), logits.exp() / logits.exp().sum(1, keepdim=True))


def test_encoder_begins_as_the_autoencoders():
    ours, other = Classifier(32, seed=4).encoder, Autoencoder(32, seed=4).encoder
    assert [type(m) for m in ours.modules()] == [type(m) for m in other.modules()]
    for a, b in zip(ours.state_dict().values(), other.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_seed_decides_and_global_random_state_is_left_alone():
    before = torch.get_rng_state()
    heads = [Classifier(16, seed=seed).head for seed in (0, 0, 1)]
    assert torch.equal(heads[0].weight, heads[1].weight)
    assert not torch.equal(heads[0].weight, heads[2].weight)
    assert heads[0].bias.abs().max().item() <= heads[0].in_features ** -0.5
    assert torch.equal(before, torch.get_rng_state())


def accuracy_after_training(loss):
    digits = load_digits(16)
    targets = nn.functional.one_hot(digits.train_labels, 10).float()
    model = Classifier(16, width=4, seed=1)
    settings = TrainingSettings(batch_size=32, samples=8_192)
    train(model, loss, (digits.train_images, targets), settings)
    with torch.inference_mode():
        found = model.eval()(digits.test_images).argmax(1)
    return float((found == digits.test_labels).float().mean())


@pytest.mark.parametrize("loss", [BaseLoss(), LampLoss(scale="none")], ids=["l2", "l2-lamp"])
def test_learns_digits_from_one_hot_labels(loss):
    assert accuracy_after_training(loss) > 0.9


def test_a_differentiated_maximum_over_ten_classes_teaches_nothing():
    assert accuracy_after_training(LampLoss(scale="sample")) < 0.4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 16, "classes": 1}, "at least 2 classes, got 1"),
        ({"size": 20}, r"multiple of 2\^depth = 16, got 20"),
        ({"size": 16, "width": 0}, "width of at least 1, got 0"),
    ],
)
def test_impossible_architectures(arguments, message):
    with pytest.raises(ValueError, match=message):
        Classifier(**arguments)


def test_wrong_images_and_a_batch_of_one():
    model = Classifier(16, width=2)
    with pytest.raises(ValueError, match=r"expected images of shape \(N, 1, 16, 16\), got"):
        model(torch.zeros(2, 3, 16, 16))
    with pytest.raises(ValueError, match="batch size of at least 2, a depth below 4, or larger"):
        model(torch.zeros(1, 1, 16, 16))
    assert model.eval()(torch.zeros(1, 1, 16, 16)).shape == (1, 10)
