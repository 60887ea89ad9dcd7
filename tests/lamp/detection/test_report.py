"""What a detector is worth, said in numbers and in sentences, without a training."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from lamp.checkpoint import fingerprint
from lamp.data import ImageSet, Unreadable
from lamp.detection import Detector, Interval, aupro, auroc, evaluate, measure
from tests.lamp.detection.test_pixels import blobs

TRAIN, HELD_OUT = list(range(20)), list(range(20, 40))


class Constant(nn.Module):
    """Reconstructs every image by one value: a bad detector of small squares."""

    def forward(self, images):
        return torch.full_like(images, 0.5)


def textures(count, seed):
    generator = torch.Generator().manual_seed(seed)
    wave = 0.5 + 0.3 * torch.sin(torch.arange(16) * 0.7)
    shift = 0.2 * torch.rand(count, 1, 1, 1, generator=generator)
    noise = 0.02 * torch.randn(count, 1, 16, 16, generator=generator)
    return (wave * 0.9 + shift + noise).clamp(0, 1)


def detector_of(normal, model=None, notes=()):
    """Make a detector of a model that is not trained."""
    record = {
        "size": 16,
        "channels": 1,
        "latent": 64,
        "loss": "L2",
        "intensity": None,
        "images": fingerprint({"images": normal}),
        "split": {"train": TRAIN, "choose": [], "calibrate": HELD_OUT},
        "notes": list(notes),
    }
    info = {"detection": record, "settings": {"seed": 0}}
    model = model or Constant()
    detector = Detector(model=model, held_out=np.ones(1), info=info)
    held_out = detector.score(normal[HELD_OUT]).scores
    return Detector(model=model, held_out=held_out, info=info)


def labelled(*, masks=True, seed=1):
    """Return 10 normal and 10 anomalous images, the latter with a dark square, and its mask."""
    images = textures(20, seed)
    marked = torch.zeros(20, 16, 16, dtype=torch.bool)
    marked[10:, 4:8, 6:10] = True
    images[:, 0][marked] = 0.5
    return ImageSet(
        paths=tuple(Path(f"{index}.png") for index in range(20)),
        images=images,
        kinds=("good",) * 10 + ("square",) * 10,
        masks=marked if masks else None,
        masked=torch.ones(20, dtype=torch.bool) if masks else None,
    )


@pytest.fixture(scope="module")
def normal():
    return textures(40, 0)


@pytest.fixture(scope="module")
def detector(normal):
    return detector_of(normal)


def test_all_detectors_are_measured_alike(detector, normal):
    decided = detector.score(labelled(), false_alarms=0.1)
    report = measure(detector, decided, normal=normal)
    names = [name.split(",")[0] for name in report.metrics]
    assert names == [
        *("autoencoder", "PCA", "nearest image", "nearest in PCA", "mean image", "brightness")
    ]
    own = report.metrics["autoencoder, L2"]
    assert own["image_AUROC"].value == auroc(decided.scores, decided.images.labels)
    assert set(own) >= {"image_AUROC", "image_AUPR", "image_F1Score", "pixel_AUROC", "pixel_AUPRO"}
    assert "pixel_AUROC" not in report.metrics["brightness"]


def test_a_trivial_detector_that_is_better_is_named_with_a_remedy(detector, normal):
    report = measure(detector, detector.score(labelled()), normal=normal)
    (note,) = [note for note in report.notes if "better" in note]
    assert "is better than autoencoder, L2, without any training: image_AUROC higher by " in note
    assert "a bottleneck of 64 numbers: try a narrower one (`lamp train --latent-channels`)" in note
    mean = normal[TRAIN].mean(0)

    class Good(nn.Module):
        def forward(self, images):
            shift = (images - mean).mean((2, 3), keepdim=True)
            return mean + shift

    good = detector_of(normal, Good())
    assert not [note for note in measure(good, good.score(labelled()), normal=normal).notes
                if "better" in note]  # fmt: skip


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (Interval(0.1, 0.05, 0.15), "higher by 0.100 [0.050, 0.150]; the autoencoder"),
        (Interval(0.1, -0.1, 0.3), "[-0.100, 0.300], which more test images may turn round; the"),
        (Interval(0.1, np.nan, np.nan), "higher by 0.100, which more test images may turn round"),
        (Interval(0.0, -0.1, 0.1), None),
    ],
)
def test_how_sure_it_is_that_another_is_better(detector, normal, monkeypatch, difference, said):
    monkeypatch.setattr("lamp.detection.report.auroc_difference", lambda *_: difference)
    notes = measure(detector, detector.score(labelled(masks=False)), normal=normal).notes
    better = [note for note in notes if "better" in note]
    assert len(better) == (said is not None)
    assert all(said in note for note in better)


def test_black_masks_cost_the_metrics_of_pixels_only(detector, normal):
    images = labelled()
    images.masks[:] = False
    report = measure(detector, detector.score(images), normal=normal)
    assert "no metrics of pixels: no mask marks a pixel" in report.notes
    for metrics in report.metrics.values():
        assert set(metrics) >= {"image_AUROC", "image_AUPR", "image_F1Score"}
        assert not [name for name in metrics if name.startswith("pixel")]


def test_a_metric_that_fails_leaves_the_others(detector, normal, monkeypatch):
    def fail(*_, **__):
        raise MemoryError("too many pixels")

    monkeypatch.setattr("lamp.detection.report.pixel_intervals", fail)
    report = measure(detector, detector.score(labelled()), baselines=False)
    assert report.notes == ("no metrics of pixels of autoencoder, L2: too many pixels",)
    assert "image_AUROC" in report.metrics["autoencoder, L2"]
    monkeypatch.setattr("lamp.detection.report.image_intervals", fail)
    report = measure(detector, detector.score(labelled()), baselines=False)
    assert "no metrics of autoencoder, L2: too many pixels" in report.notes
    assert report.metrics == {"autoencoder, L2": {}}
    monkeypatch.setattr("lamp.detection.report.fit_baselines", fail)
    report = measure(detector, detector.score(labelled()), normal=normal)
    assert "some baselines are missing: too many pixels" in report.notes


def test_without_labels_or_one_of_them_there_is_nothing_to_measure(detector):
    images = labelled()
    unknown = detector.score(images.images)
    assert unknown.rows()[0]["label"] is None
    assert measure(detector, unknown).metrics == {}
    for part, kind in ((slice(10), "normal"), (slice(10, 20), "anomalous")):
        same = ImageSet(
            paths=images.paths[part], images=images.images[part], kinds=images.kinds[part]
        )
        report = measure(detector, detector.score(same))
        assert report.metrics == {}
        assert report.notes[-1] == (
            f"all test images are {kind}: without both kinds there are no metrics"
        )


def test_one_anomalous_image_has_metrics_without_intervals(detector, normal):
    images = labelled()
    few = ImageSet(
        paths=images.paths[:11],
        images=images.images[:11],
        kinds=images.kinds[:11],
        masks=images.masks[:11],
        masked=images.masked[:11],
    )
    report = measure(detector, detector.score(few), normal=normal)
    assert len(report.metrics) == 6
    for metrics in report.metrics.values():
        assert all(np.isfinite(each.value) and np.isnan(each.low) for each in metrics.values())


def test_perfect_reconstructions_are_measured_without_a_warning(normal):
    perfect = detector_of(normal, nn.Identity())
    report = measure(perfect, perfect.score(labelled()), baselines=False)
    assert not [note for note in report.notes if "do not score like" in note]
    assert report.metrics["autoencoder, L2"]["image_AUROC"].value == 0.5


def test_images_trained_on_are_needed_for_baselines(detector, normal):
    for given in (None, normal.flip(0)):
        report = measure(detector, detector.score(labelled()), normal=given)
        assert list(report.metrics) == ["autoencoder, L2"]
        assert any(note.startswith("no baselines: the images that") for note in report.notes)


def test_one_row_an_image(normal):
    detector = detector_of(normal, notes=["a note"])
    decided = detector.score(labelled(), false_alarms=0.2)
    row = decided.rows()[12]
    assert row == {
        "path": "12.png",
        "score": decided.scores[12],
        "threshold": np.sort(detector.held_out)[16],
        "anomalous": int(decided.scores[12] > np.sort(detector.held_out)[16]),
        "p_value": decided.p_values[12],
        "label": 1,
        "kind": "square",
        "status": "scored",
    }
    assert decided.notes == ("a note",)
    assert decided.rows(lambda path: f"a/{path}")[3]["path"] == "a/3.png"


def test_files_that_could_not_be_read_have_a_row(detector):
    lost = (Unreadable(Path("b.png"), "why", "square"), Unreadable(Path("c.png"), "why"))
    images = dataclasses.replace(labelled(), unreadable=lost)
    rows = detector.score(images).rows()
    assert [row["status"] for row in rows] == ["scored"] * 20 + ["unreadable"] * 2
    assert rows[20] == {
        **dict.fromkeys(["score", "threshold", "anomalous", "p_value"]),
        "path": "b.png",
        "label": 1,
        "kind": "square",
        "status": "unreadable",
    }
    assert rows[21]["label"] is None


def test_images_without_a_mask_count_for_images_only():
    maps, masks = blobs(1)
    scores, labels = maps.mean((1, 2)), masks.any((1, 2)).astype(int)
    masked = torch.ones(10, dtype=torch.bool)
    masked[7] = False
    known = masked.numpy()
    torch_masks = torch.from_numpy(masks)
    found = evaluate(scores, labels, threshold=0.1, maps=maps, masks=torch_masks, masked=masked)
    assert list(found) == [
        *("image_AUROC", "image_AUPR", "image_F1Score", "pixel_AUROC", "pixel_AUPRO")
    ]
    assert found["image_AUROC"].value == auroc(scores, labels)
    assert found["pixel_AUPRO"].value == aupro(maps[known], masks[known])
    assert found["pixel_AUPRO"].value != aupro(maps, masks)
    assert list(evaluate(scores, labels, threshold=0.1, maps=maps)) == list(found)[:3]
    assert list(evaluate(scores, labels, threshold=0.1, masks=torch_masks)) == list(found)[:3]
    assert isinstance(found["pixel_AUPRO"], Interval)
