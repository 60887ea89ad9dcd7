import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamp.data import LabelledImages, copies, hold_out, load_digits, one_vs_rest


def labelled(**changes):
    parts = {
        "name": "toy",
        "train_images": torch.arange(6.0).view(6, 1, 1, 1),
        "train_labels": torch.tensor([0, 1, 7, 0, 1, 7]),
        "test_images": torch.arange(3.0).view(3, 1, 1, 1),
        "test_labels": torch.tensor([7, 1, 0]),
    }
    return LabelledImages(**(parts | changes))


def test_one_class_is_normal():
    task = one_vs_rest(labelled(), 7)
    assert (task.name, task.normal) == ("toy", 7)
    assert task.train.flatten().tolist() == [2, 5]
    assert task.test.flatten().tolist() == [0, 1, 2]
    assert task.labels.tolist() == [0, 1, 1]
    assert task.labels.dtype == torch.int64


def test_unknown_class_lists_the_existing_ones():
    with pytest.raises(ValueError, match="a class of toy, one of 0, 1, 7, got 3"):
        one_vs_rest(labelled(), 3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_images": torch.zeros(6, 1, 1)}, r"training images of shape \(N, C, H, W\)"),
        ({"test_images": torch.zeros(3, 1, 1, 1).byte()}, "test images .* in torch.uint8"),
        ({"test_labels": torch.tensor([1, 2])}, r"expected 3 test labels in int64, got .*\(2,\)"),
        ({"train_labels": torch.zeros(6)}, "6 training labels in int64, got .* torch.float32"),
    ],
)
def test_parts_that_do_not_belong_together(changes, message):
    with pytest.raises(ValueError, match=message):
        labelled(**changes)


def test_digits_are_split_by_digit_and_fixed_by_the_seed():
    digits, again, other = load_digits(8), load_digits(8), load_digits(8, seed=1)
    assert torch.equal(digits.train_images, again.train_images)
    assert not torch.equal(digits.train_images, other.train_images)
    share = digits.test_labels.bincount() / (
        digits.test_labels.bincount() + digits.train_labels.bincount()
    )
    assert torch.allclose(share, torch.full((10,), 0.3), atol=0.01)


def test_digits_train_and_test_are_all_the_digits():
    from sklearn.datasets import load_digits as reference

    digits = load_digits(8)
    ours = torch.cat([digits.train_images, digits.test_images]).flatten(1)
    theirs = torch.tensor(reference().data, dtype=torch.float32) / 16
    assert sorted(ours.tolist()) == sorted(theirs.tolist())


def test_digits_are_resized_images_in_the_unit_interval():
    digits = load_digits()
    assert digits.train_images.shape == (1257, 1, 16, 16)
    assert digits.train_images.dtype == torch.float32
    assert float(digits.train_images.min()) == 0
    assert 0.9 < float(digits.train_images.max()) <= 1
    small = load_digits(8)
    assert torch.allclose(
        digits.train_images.mean((1, 2, 3)), small.train_images.mean((1, 2, 3)), atol=0.02
    )


def test_digits_are_not_shrunk():
    with pytest.raises(ValueError, match="size of at least 8, the images' own, got 4"):
        load_digits(4)


@given(st.integers(2, 200), st.floats(0.001, 0.999), st.integers(0, 5))
def test_held_out_images_are_not_trained_on(count, fraction, seed):
    train, held_out = hold_out(count, fraction, seed=seed)
    assert sorted([*train.tolist(), *held_out.tolist()]) == list(range(count))
    assert len(held_out) == min(max(round(fraction * count), 1), count - 1)
    assert train.tolist() == sorted(train.tolist())


def test_the_seed_draws_the_held_out_images():
    first, again, other = (hold_out(100, seed=seed)[1].tolist() for seed in (0, 0, 1))
    assert first == again != other


def test_held_out_digits_of_the_normal_class():
    task = one_vs_rest(load_digits(8), 3)
    train, held_out = hold_out(len(task.train), 0.25)
    assert (len(task.train[train]), len(task.train[held_out])) == (96, 32)


@pytest.mark.parametrize(
    ("count", "fraction", "message"),
    [
        (1, 0.1, "at least 2 normal images, to hold one of them out, got 1"),
        (10, 0.0, "between 0 and 1 to hold out, got 0.0"),
        (10, 1.0, "between 0 and 1 to hold out, got 1.0"),
    ],
)
def test_nothing_to_hold_out(count, fraction, message):
    with pytest.raises(ValueError, match=message):
        hold_out(count, fraction)


def test_copies_are_found_bit_for_bit():
    images = torch.rand(6, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    images[3] = images[1]
    images[5] = images[1]
    assert copies(images) == ((1, 3), (1, 5))
    nearly = images[:2] + torch.tensor([1e-6, 0]).view(2, 1, 1, 1)
    assert copies(images, nearly) == ((1, 1),)
    assert copies(images[:3]) == ()
