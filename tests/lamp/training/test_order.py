import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lamp.training import sample_order


@given(st.integers(1, 20), st.integers(0, 60), st.integers(1, 60), st.integers(0, 3))
def test_a_piece_is_cut_from_the_whole(count, start, length, seed):
    whole = sample_order(count, 0, start + length, seed=seed)
    assert (sample_order(count, start, start + length, seed=seed) == whole[start:]).all()


def test_each_pass_is_another_permutation():
    passes = sample_order(50, 0, 150, seed=0).reshape(3, 50)
    assert (np.sort(passes, axis=1) == np.arange(50)).all()
    assert not (passes[0] == passes[1]).all()
    assert not (passes[0] == sample_order(50, 0, 50, seed=1)).all()
