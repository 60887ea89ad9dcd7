"""Random directions."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from landscape.planes import random_direction
from landscape.planes.parameters import fingerprint, inner, norm

CENTER = {"w": torch.zeros(60, 50), "conv": torch.zeros(8, 4, 3, 3), "b": torch.zeros(50)}


def cosine(a, b):
    return inner(a, b) / (norm(a) * norm(b))


def test_entries_are_standard_normal():
    entries = torch.cat([value.flatten() for value in random_direction(CENTER, seed=0).values()])
    assert abs(entries.mean()) < 4 / entries.numel() ** 0.5
    assert abs(entries.var() - 1) < 4 * (2 / entries.numel()) ** 0.5
    assert abs((entries**4).mean() - 3) < 4 * (96 / entries.numel()) ** 0.5


def test_equal_seeds_give_equal_directions_in_another_process():
    code = (
        "import torch; from landscape.planes import random_direction as r; "
        "from landscape.planes.parameters import fingerprint as f; "
        "print(f(r({'w': torch.zeros(60, 50)}, seed=(3, 4), plane=2, axis=1)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    here = random_direction({"w": CENTER["w"]}, seed=(3, 4), plane=2, axis=1)
    assert run.stdout.strip() == fingerprint(here)


def test_the_stream_is_fixed_for_ever():
    """A change of these numbers breaks every file that stores seeds alone."""
    drawn = random_direction({"w": torch.zeros(3)}, seed=0)["w"]
    torch.testing.assert_close(
        drawn, torch.tensor([1.9919473, -0.3474450, -0.8227618]), rtol=0, atol=1e-6
    )


def test_seeds_planes_axes_and_names_have_streams_of_their_own():
    """Li's --idx repeats draw the same direction (landscape.md section 2, mistake 3)."""
    keys = [(s, p, a) for s in (0, 1, 2**32) for p in range(4) for a in range(2)]
    drawn = [random_direction(CENTER, seed=s, plane=p, axis=a) for s, p, a in keys]
    cosines = [cosine(a, b) for i, a in enumerate(drawn) for b in drawn[:i]]
    size = sum(value.numel() for value in CENTER.values())
    assert np.abs(cosines).max() < 5 / size**0.5
    twins = random_direction({"a": torch.zeros(1000), "b": torch.zeros(1000)}, seed=0)
    assert abs(cosine({"x": twins["a"]}, {"x": twins["b"]})) < 5 / 1000**0.5


def test_a_tensor_depends_on_its_name_not_on_its_position():
    whole = random_direction(CENTER, seed=7)
    alone = random_direction({"b": CENTER["b"]}, seed=7)
    assert torch.equal(whole["b"], alone["b"])


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_dtypes_share_directions(dtype):
    single = random_direction(CENTER, seed=1)
    other = random_direction({k: v.to(dtype) for k, v in CENTER.items()}, seed=1)
    for name, value in single.items():
        assert other[name].dtype == dtype
        assert torch.equal(value.to(dtype), other[name])


def test_memory_format_does_not_matter():
    last = {
        k: v.to(memory_format=torch.channels_last) if v.ndim == 4 else v for k, v in CENTER.items()
    }
    assert fingerprint(random_direction(last, seed=1)) == fingerprint(
        random_direction(CENTER, seed=1)
    )


def test_odd_tensors_are_drawn_too():
    center = {"scalar": torch.tensor(1.0), "empty": torch.zeros(0, 3), "index": torch.arange(3)}
    drawn = random_direction(center, seed=0)
    assert drawn["scalar"].shape == ()
    assert drawn["scalar"] != 0
    assert drawn["empty"].shape == (0, 3)
    assert torch.equal(drawn["index"], torch.zeros(3, dtype=torch.int64))


def test_global_random_state_is_untouched():
    before, legacy = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    random_direction(CENTER, seed=0)
    assert torch.equal(before, torch.get_rng_state())
    assert (legacy == np.random.get_state()[1]).all()  # noqa: NPY002
