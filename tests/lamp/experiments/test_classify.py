"""Classifiers: trained once, read afterwards, and seen under four metrics."""

import pytest
import torch

from lamp.experiments.classify import (
    ClassifierLenses,
    ClassifierSettings,
    one_hot,
    run_classifiers,
)
from lamp.experiments.lens import COMMON, OWN
from lamp.experiments.tasks import labelled_images
from lamp.losses import LampLoss
from lamp.models import Classifier
from lamp.paper.mnist import AUTHOR
from lamp.training import TrainingSettings

SETTINGS = ClassifierSettings(
    data="digits", size=16, depth=3, width=4, loss=AUTHOR,
    training=TrainingSettings(batch_size=16, samples=4096),
)  # fmt: skip


def test_they_learn_and_are_read_when_they_are_there(tmp_path):
    calls = []
    (one,) = run_classifiers(
        [SETTINGS], tmp_path, workers=1, progress=lambda *call: calls.append(call)
    )
    assert one.accuracy > 0.5  # of ten classes
    assert calls == [(1, 1, {"classifier": SETTINGS.key, "accuracy": one.accuracy})]
    data = labelled_images("digits", 16, None)
    with torch.no_grad():
        right = one.model(data.test_images).argmax(1) == data.test_labels
    assert one.accuracy == pytest.approx(right.float().mean().item())
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    (again,) = run_classifiers([SETTINGS], tmp_path, workers=1)
    assert again.accuracy == one.accuracy
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_nothing_is_trained_without_images(tmp_path):
    with pytest.raises(FileNotFoundError, match="no MNIST files"):
        run_classifiers([ClassifierSettings()], tmp_path / "out", root=tmp_path)
    assert not (tmp_path / "out").exists()


def test_the_classifier_that_diverges_is_named(tmp_path):
    training = TrainingSettings(batch_size=16, samples=4096, optimizer="sgd", learning_rate=1e30)
    settings = SETTINGS.model_copy(update={"training": training})
    with pytest.raises(FloatingPointError, match=f"{settings.key}: .* became"):
        run_classifiers([settings], tmp_path, workers=1)


def test_metrics_of_a_classifier():
    model = Classifier(16, depth=3, width=4).eval()
    images, labels = torch.rand(5, 1, 16, 16), torch.arange(5)
    targets = one_hot(labels)
    own = LampLoss(scale="none")
    with torch.no_grad():
        values = ClassifierLenses(own)(model, (images, targets))
        logits = model.head(model.encoder(images).flatten(1))
        softmax = logits.softmax(1)
    cross_entropy = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
    torch.testing.assert_close(values["cross_entropy"], cross_entropy)
    torch.testing.assert_close(values[COMMON], (softmax - targets).square().mean(1))
    torch.testing.assert_close(values[OWN], own.per_sample(softmax, targets))
    assert values["accuracy"].tolist() == (softmax.argmax(1) == labels).float().tolist()


def test_an_authors_code_does_not_scale_errors_of_probabilities():
    found, targets = torch.rand(6, 10).softmax(1), one_hot(torch.arange(6))
    unscaled = LampLoss(scale="none").per_sample(found, targets)
    author = LampLoss(scale=AUTHOR.scale, floor=AUTHOR.floor).per_sample(found, targets)
    torch.testing.assert_close(author, unscaled)
