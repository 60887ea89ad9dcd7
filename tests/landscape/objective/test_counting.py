"""How many samples a batch holds: counted where that is sure, asked for where it is not."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.utils.rnn import pack_sequence

from landscape.errors import ProblemError
from landscape.objective.counting import count_samples
from landscape.objective.data import read_batches


def graphs(nodes, classes):
    """Node features, edges, the graph of each node, and a class for each graph."""
    total = sum(nodes)
    owner = torch.repeat_interleave(torch.arange(len(nodes)), torch.tensor(nodes))
    return torch.randn(total, 5), torch.randint(total, (2, 2 * total)), owner, torch.tensor(classes)


GRAPHS = [graphs([3, 4, 5], [0, 1, 1]), graphs([6, 2], [1, 0])]
TIME_FIRST = [(torch.randn(7, n, 2), torch.arange(n)) for n in (5, 5, 3)]
DETECTION = [
    (
        [torch.randn(3, 8, 8 + i) for i in range(n)],
        [{"box": torch.randn(i + 1, 4)} for i in range(n)],
    )
    for n in (4, 2)
]


@pytest.mark.parametrize(
    ("batches", "count", "sizes"),
    [
        (GRAPHS, lambda batch: len(batch[3]), (3, 2)),
        (TIME_FIRST, lambda batch: batch[0].shape[1], (5, 5, 3)),
        (DETECTION, lambda batch: len(batch[0]), (4, 2)),
    ],
    ids=["graphs", "time first", "detection"],
)
def test_where_leading_sizes_disagree_the_user_is_asked(batches, count, sizes):
    found = count_samples(batches)
    assert not found.known
    assert "leading sizes" in found.doubt
    assert not found.paths
    declared = count_samples(batches, count)
    assert (declared.known, declared.sizes, declared.paths) == (True, sizes, frozenset())
    for limit in (1, sum(sizes) - 1):
        with pytest.raises(
            ProblemError, match=r"cannot count max_samples=.*leading sizes"
        ) as caught:
            read_batches(batches, max_samples=limit)
        assert "batch_size=lambda batch" in caught.value.hint
    with pytest.raises(ProblemError, match=r"cannot cut batch \d of \d samples to \d"):
        read_batches(batches, max_samples=sum(sizes) - 1, batch_size=count)
    whole = read_batches(batches, max_samples=sizes[0], batch_size=count)
    assert whole.sizes == sizes[:1]


def test_channels_of_images_are_no_samples():
    batches = [[torch.randn(3, 8, 8), torch.randn(3, 8, 8)] for _ in range(2)]
    with pytest.raises(ProblemError, match="one entry for each sample"):
        read_batches(batches, max_samples=2)
    assert count_samples(batches).even


def test_packed_sequences_count_their_sequences():
    def packed(*lengths):
        return pack_sequence([torch.randn(n, 2) for n in lengths], enforce_sorted=False)

    data = read_batches([(packed(2, 5, 3), torch.arange(3)), (packed(4, 1), torch.arange(2))])
    assert data.sizes == (3, 2)
    with pytest.raises(ProblemError, match="cannot cut"):
        read_batches([(packed(2, 5, 3), torch.arange(3))], max_samples=2)


@pytest.mark.filterwarnings("ignore:Sparse CSR:UserWarning")  # of torch
def test_nested_and_sparse_tensors_count_and_are_read():
    nested = [
        torch.nested.nested_tensor([torch.randn(i + 1, 3) for i in range(n)], layout=torch.jagged)
        for n in (4, 2)
    ]
    assert read_batches(nested).sizes == (4, 2)
    with pytest.raises(ProblemError, match=r"cannot cut a tensor of layout torch\.jagged"):
        read_batches(nested, max_samples=3)
    sparse = [torch.eye(n, 6).to_sparse() for n in (4, 2)]
    cut = read_batches(sparse, max_samples=5)
    assert torch.equal(
        torch.cat([b.to_dense() for b in cut.batches]),
        torch.cat([torch.eye(4, 6), torch.eye(1, 6)]),
    )
    with pytest.raises(ProblemError, match=r"cannot cut a tensor of layout torch\.sparse_csr"):
        read_batches([torch.eye(4).to_sparse_csr()], max_samples=3)


def test_tables_are_no_samples_and_are_never_cut():
    weights, mask = torch.rand(7), torch.rand(4, 4)
    parts = torch.randn(11, 4).split(4)
    own = [
        {"weights": weights.clone(), "mask": mask, "n": torch.tensor(3.0), "x": x} for x in parts
    ]
    assert read_batches(own).sizes == (4, 4, 3)
    own = [{**batch, "weights": weights} for batch in own]
    data = read_batches(own, max_samples=6)
    assert data.sizes == (4, 2)
    last = data.batches[-1]
    assert (len(last["weights"]), len(last["mask"]), len(last["x"])) == (7, 4, 2)
    alone = read_batches(own[:1])
    assert not alone.count.known


def test_labels_of_one_class_are_samples():
    batches = [(torch.randn(7, 4, 2), torch.zeros(4)) for _ in range(3)]
    assert not count_samples(batches).known, "7 time steps, or 4 samples"
    batches = [(torch.randn(n, 2), torch.zeros(n)) for n in (4, 4, 2)]
    assert [len(y) for _, y in read_batches(batches, max_samples=7).batches] == [4, 3]


def test_texts_count_where_there_is_nothing_else():
    data = read_batches([["a", "b", "c"], ["d", "e"]], max_samples=4)
    assert data.batches == (["a", "b", "c"], ["d"])


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (lambda batch: -1, "got -1 for batch 1"),
        (lambda batch: 2.5, "got 2.5"),
        (lambda batch: batch[9], r"batch_size\(batch\) raised IndexError.*test_counting"),
    ],
)
def test_a_batch_size_that_is_none(count, message):
    with pytest.raises(ProblemError, match=message):
        count_samples([torch.zeros(3)], count)


@given(
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=6),
    table=st.integers(1, 6),
    limit=st.integers(1, 40),
)
def test_cutting_keeps_the_first_samples_whatever_the_sizes(sizes, table, limit):
    shared = torch.rand(table)
    x = torch.arange(float(sum(sizes)))
    data = [(shared, part, {"y": part.numpy()}) for part in x.split(sizes)]
    try:
        read = read_batches(data, max_samples=limit)
    except ProblemError:
        assert len(sizes) == 1
        assert table != sizes[0]
        return
    assert torch.equal(torch.cat([batch[1] for batch in read.batches]), x[:limit])
    assert read.samples == min(limit, len(x))
    if len(sizes) > 1 and len(read.batches) > 1:
        assert all(len(batch[0]) == table for batch in read.batches)
    assert all(len(batch[2]["y"]) == len(batch[1]) for batch in read.batches)
