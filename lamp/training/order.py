"""The order of the samples: the same for every loss and every batch size."""

import numpy as np
from numpy.typing import NDArray


def sample_order(count: int, start: int, stop: int, *, seed: int) -> NDArray[np.int64]:
    """Return a piece of the endless stream of sample indices that batches are cut from.

    The stream is one permutation of all samples after another, each from `(seed, pass)`: it does
    not depend on the batch size, and any piece can be had without what comes before.

    Args:
        count: Number of samples.
        start: First position in the stream.
        stop: Position after the last.
        seed: Seed of the stream.

    Returns:
        Indices in [0, count), shape (stop - start,).

    Example:
        >>> whole = sample_order(10, 0, 25, seed=1)
        >>> sorted(whole[:10].tolist()) == list(range(10))
        True
        >>> bool((sample_order(10, 7, 12, seed=1) == whole[7:12]).all())
        True
    """
    first, last = start // count, (stop - 1) // count
    passes = [np.random.default_rng([seed, i]).permutation(count) for i in range(first, last + 1)]
    return np.concatenate(passes)[start - first * count : stop - first * count]
