"""Equal batches have equal digests, others have others."""

import datetime
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from landscape.errors import ProblemError
from landscape.objective.prints import batch_print

X = torch.arange(6.0)


class Thing:
    def __init__(self, value):
        self.value = value


DIFFERENT = [
    X,
    X.view(2, 3),
    X.double(),
    (X,),
    [X],
    {"x": X},
    {"y": X},
    (X, [1, 23]),
    (X, [12, 3]),
    (X, ["1", "23"]),
    (X, [1, 2, 3]),
    (X, 1),
    (X, True),
    (X, 1.0),
    (X, None),
    (X, "None"),
    ((X, 1), 2),
    (X, (1, 2)),
    (X, np.array([1, 2])),
    (X, np.array([1, 2], np.int32)),
    (X, np.array(["a", "b"])),
    (X, np.array(["2001-01-01"], "M8[D]")),
    (X, np.float32(1)),
    (X, Thing(1)),
    (X, Thing(2)),
    (X, Thing([Thing("a")])),
    (X, datetime.date(2001, 1, 1)),
    (X, {"a", "b"}),
    (X, {"a", "c"}),
    X.to_sparse(),
    torch.nested.nested_tensor([X, X[:2]], layout=torch.jagged),
    torch.nested.nested_tensor([X[:2], X], layout=torch.jagged),
]


def test_no_two_of_these_are_equal():
    assert len({batch_print(batch) for batch in DIFFERENT}) == len(DIFFERENT)
    assert [batch_print(batch) for batch in DIFFERENT] == [batch_print(b) for b in DIFFERENT]


def test_equal_objects_are_equal_however_they_came_to_be():
    word = "".join(["a", "b"])
    assert batch_print((X, Thing(["ab", "ab"]))) == batch_print((X, Thing([word, "ab"])))
    loop = Thing(0)
    loop.value = loop
    assert batch_print((X, loop)) == batch_print((X, loop))


def test_sets_of_texts_are_the_same_in_every_process():
    """One other process: that two orders of so many letters agree by chance is out of question."""
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    code = (
        "from string import ascii_letters\n"
        "from landscape.objective.prints import batch_print\n"
        "print(*ascii_letters, sep=''); print(*set(ascii_letters), sep='')\n"
        "print(batch_print([set(ascii_letters), 1]).hex())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        check=True,
        text=True,
    )
    letters, order, found = done.stdout.split()
    assert order != "".join(set(letters))
    assert found == batch_print([set(letters), 1]).hex()


def test_what_cannot_be_hashed_is_named():
    assert batch_print((X, lambda a: a + 1)) != batch_print((X, lambda a: a + 2))
    with pytest.raises(ProblemError, match="cannot tell whether a generator in a batch stays"):
        batch_print((X, (i for i in range(3))))
