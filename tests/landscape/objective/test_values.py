"""Means and standard errors against closed forms, and losses that return the wrong thing."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import cross_entropy

from landscape.errors import ProblemError
from landscape.objective.counting import Count, count_samples
from landscape.objective.data import read_batches
from landscape.objective.evaluate import Objective
from landscape.objective.values import Sample, as_metrics, join
from landscape.problem import Problem


def counted(*sizes, known=True):
    doubt = "" if known else "sizes 3 and 4"
    return Count(sizes if known else (1,) * len(sizes), known=known, paths=frozenset(), doubt=doubt)


def language():
    """Two batches of 4 sequences of 6 tokens, with 4 and 24 valid tokens; and the token mean."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Embedding(7, 8), nn.Linear(8, 7))
    ids = torch.randint(7, (8, 6))
    labels = ids.roll(-1, 1)
    labels[:4, 1:] = -100
    with torch.no_grad():
        truth = cross_entropy(model(ids).flatten(0, 1), labels.flatten(), ignore_index=-100)
    return model, list(zip(ids.split(4), labels.split(4), strict=True)), float(truth)


def tokens(model, batch, reduction):
    logits = model(batch[0]).transpose(1, 2)
    return cross_entropy(logits, batch[1], ignore_index=-100, reduction=reduction)


def scalar(model, batch):
    return {"loss": tokens(model, batch, "mean"), "weight": (batch[1] != -100).sum()}


def number(model, batch):
    return {"loss": tokens(model, batch, "mean"), "weight": int((batch[1] != -100).sum())}


def table(model, batch):
    return {"loss": tokens(model, batch, "none"), "weight": batch[1] != -100}


def flat(model, batch):
    return {name: value.flatten() for name, value in table(model, batch).items()}


def valid_only(model, batch):
    found = flat(model, batch)
    keep = found["weight"].bool()
    return {"loss": found["loss"][keep], "weight": torch.tensor(1.0)}


@pytest.mark.parametrize("loss", [scalar, number, table, flat, valid_only])
@pytest.mark.parametrize("size", [1, 4, 8])
def test_the_mean_of_tokens_does_not_depend_on_the_batches(loss, size):
    model, batches, truth = language()
    ids, labels = (torch.cat(part) for part in zip(*batches, strict=True))
    labels[0] = -100  # a sequence, with size 1 a batch, without a valid token
    with torch.no_grad():
        truth = float(tokens(model, (ids, labels), "mean"))
    batches = list(zip(ids.split(size), labels.split(size), strict=True))
    problem = Problem(model, loss, batches)
    sample = Objective(problem, read_batches(batches)).evaluate()["loss"]
    assert sample.mean == pytest.approx(truth, rel=1e-6)
    assert sample.first_not_finite() is None
    assert np.isnan(sample.standard_error) == (loss is not table)


def test_the_standard_error_of_tokens_is_that_of_a_ratio_over_sequences():
    values, weights = (
        np.array([[1.0, 3.0], [2.0, 0.0], [5.0, 4.0]]),
        np.array([[1, 1], [1, 0], [1, 1]]),
    )
    output = {"loss": torch.tensor(values), "weight": torch.tensor(weights)}
    sample = join([output], counted(3))["loss"]
    sums, sizes = (values * weights).sum(1), weights.sum(1)
    ratio = sums.sum() / sizes.sum()
    variance = np.square(sums - ratio * sizes).sum() * 3 / 2 / sizes.sum() ** 2
    assert sample.mean == pytest.approx(ratio)
    assert sample.standard_error == pytest.approx(np.sqrt(variance))


def test_weights_of_classes_give_the_mean_of_the_whole_set():
    torch.manual_seed(0)
    model, x, y = nn.Linear(3, 4), torch.randn(8, 3), torch.tensor([3] * 4 + [0] * 4)
    classes = torch.tensor([1.0, 1.0, 1.0, 30.0])

    def loss(model, batch):
        value = cross_entropy(model(batch[0]), batch[1], weight=classes)
        return {
            "loss": value,
            "weight": classes[batch[1]],
            "accuracy": (model(batch[0]).argmax(1) == batch[1]),
        }

    batches = [(x[:6], y[:6]), (x[6:], y[6:])]
    found = Objective(Problem(model, loss, batches), read_batches(batches)).evaluate()
    with torch.no_grad():
        assert found["loss"].mean == pytest.approx(float(cross_entropy(model(x), y, classes)))
        hits = (model(x).argmax(1) == y).double()
    assert found["accuracy"].mean == pytest.approx(
        float((hits * classes[y]).sum() / classes[y].sum())
    )
    assert "weight" not in found


numbers = st.floats(-5, 5, allow_subnormal=False)


@given(rows=st.lists(st.tuples(numbers, numbers, st.integers(0, 3)), min_size=2, max_size=12))
def test_a_weight_of_zero_is_as_if_the_value_were_not_there(rows):
    there = [row for row in rows if row[2]]
    if not there:
        return

    def sample(chosen, column):
        output = {
            "loss": torch.tensor([row[column] if row[2] else torch.nan for row in chosen]).double(),
            "weight": torch.tensor([row[2] for row in chosen]),
        }
        return join([output], counted(len(chosen)))["loss"]

    one, other = sample(rows, 0), sample(there, 0)
    assert one.mean == pytest.approx(other.mean, abs=1e-9)
    assert one.standard_error == pytest.approx(other.standard_error, abs=1e-9, nan_ok=True)
    deltas = sample(rows, 1).delta_standard_error(one), sample(there, 1).delta_standard_error(other)
    assert deltas[0] == pytest.approx(deltas[1], abs=1e-9, nan_ok=True)


@given(values=st.lists(st.tuples(numbers, numbers), min_size=2, max_size=12))
def test_without_weights_the_errors_are_the_textbook_ones(values):
    first, second = (torch.tensor(column).double() for column in zip(*values, strict=True))
    one, other = (join([{"loss": v}], counted(len(v)))["loss"] for v in (first, second))
    root = len(values) ** 0.5
    assert one.standard_error == pytest.approx(float(first.std()) / root, abs=1e-9)
    expected = float((second - first).std()) / root
    assert other.delta_standard_error(one) == pytest.approx(expected, abs=1e-9)


def test_scalars_and_per_sample_metrics_stand_side_by_side():
    outputs = [
        {
            "loss": torch.tensor([1.0, 2.0]),
            "scalar": torch.tensor(1.0),
            "hit": torch.tensor([True, False]),
        },
        {"loss": torch.tensor([6.0]), "scalar": torch.tensor(4.0), "hit": torch.tensor([True])},
    ]
    for count in (counted(2, 1), counted(2, 1, known=False)):
        found = join(outputs, count)
        assert (found["loss"].mean, found["scalar"].mean) == (3.0, 2.0)
        assert found["hit"].mean == pytest.approx(2 / 3)
        assert found["scalar"].weights.tolist() == [2.0, 1.0]
        assert np.isnan(found["scalar"].standard_error)


def test_scalars_of_batches_of_unknown_size_are_refused():
    outputs = [{"loss": torch.tensor(1.0)}, {"loss": torch.tensor(2.0)}]
    with pytest.raises(ProblemError, match=r"cannot weight the mean of 'loss'.*sizes 3 and 4"):
        join(outputs, counted(3, 4, known=False))
    assert join(outputs[:1], counted(3, known=False))["loss"].mean == 1.0
    assert join(outputs, counted(3, 1))["loss"].mean == 1.25


def test_the_length_of_per_sample_values_counts_where_nothing_else_does():
    x = [(torch.randn(7, n, 2), torch.arange(n)) for n in (5, 3)]
    outputs = [{"loss": torch.arange(float(n))} for n in (5, 3)]
    assert join(outputs, count_samples(x))["loss"].mean == pytest.approx((10 + 3) / 8)


@pytest.mark.parametrize(
    ("outputs", "sizes", "message"),
    [
        ([{"loss": torch.zeros(2)}, {"loss": torch.zeros(3)}], (2, 2), r"\(3,\); batch 2"),
        ([{"loss": torch.zeros(24)}], (4,), r"shape \(4,\) .* got \(24,\)"),
        ([{"loss": torch.zeros(2, 3)}], (2,), r"got \(2, 3\)"),
        ([{"loss": torch.zeros(4), "weight": torch.ones(3)}], (3,), r"got \(4,\) and weight"),
        ([{"loss": torch.zeros(2)}, {"loss": torch.tensor(0.0)}], (2, 1), "scalar for every batch"),
        ([{"loss": torch.zeros(2), "weight": torch.zeros(2)}], (2,), "sum to 0"),
        ([{"loss": torch.zeros(2), "weight": -torch.ones(2)}], (2,), "finite and not negative"),
        (
            [{"loss": torch.zeros(1)}, {"loss": torch.zeros(1), "a": torch.zeros(1)}],
            (1, 1),
            "for batch 2",
        ),
    ],
)
def test_shapes_and_weights_that_fit_nothing(outputs, sizes, message):
    with pytest.raises(ProblemError, match=message):
        join(outputs, counted(*sizes))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (torch.eye(2).to_sparse(), "dense tensor with values, got one of layout torch.sparse_coo"),
        (torch.zeros(2, device="meta"), "on the meta device"),
        (None, "got NoneType"),
        ({"loss": torch.zeros(2), "refined": torch.zeros(2)}, "got 'refined'"),
        ({"loss": torch.zeros(2), "estimated_error": torch.zeros(2)}, "got 'estimated_error'"),
        ({"loss": torch.zeros(2), "x_estimate": torch.zeros(2)}, "got 'x_estimate'"),
    ],
)
def test_values_that_are_none(value, message):
    with pytest.raises(ProblemError, match=message):
        as_metrics(value)


@pytest.mark.parametrize("dtype", [torch.bool, torch.int64, torch.uint8, torch.bfloat16])
def test_values_of_every_type_are_averaged(dtype):
    errors = torch.tensor([1, 0, 1, 1]).to(dtype)
    assert join([as_metrics(errors)], counted(4))["loss"].mean == 0.75


def test_the_first_value_that_is_not_finite_is_found():
    def at(values, lengths, per_sample=True):
        return Sample(
            np.array(values), np.ones(len(values)), lengths, per_sample=per_sample
        ).first_not_finite()

    assert at([1, 2, 3], (2, 1)) is None
    assert at([1, np.inf, np.nan], (2, 1)) == (0, 1)
    assert at([1, 2, np.nan, 4], (2, 0, 2)) == (2, 0)
    assert at([1, np.nan], (1, 1), per_sample=False) == (1, None)
