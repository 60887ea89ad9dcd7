"""Random directions."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from landscape.planes.layouts import FilterLayout
from landscape.planes.parameters import fingerprint
from landscape.planes.random import stream
from tests.landscape.planes.directions import direction_of, drawn

CENTER = {"w": torch.zeros(60, 50), "conv": torch.zeros(8, 4, 3, 3), "b": torch.zeros(50)}


def test_entries_are_standard_normal():
    entries = torch.cat([value.flatten() for value in drawn(CENTER).values()])
    assert abs(entries.mean()) < 4 / entries.numel() ** 0.5
    assert abs(entries.var() - 1) < 4 * (2 / entries.numel()) ** 0.5
    assert abs((entries**4).mean() - 3) < 4 * (96 / entries.numel()) ** 0.5


def test_equal_seeds_give_equal_directions_in_another_process():
    code = (
        "import torch; from landscape.planes.parameters import fingerprint; "
        "from tests.landscape.planes.directions import drawn; "
        "print(fingerprint(drawn({'w': torch.zeros(60, 50)}, seed=3, plane=2, axis=1)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    here = drawn({"w": CENTER["w"]}, seed=3, plane=2, axis=1)
    assert run.stdout.strip() == fingerprint(here)


def test_the_stream_is_fixed_for_ever():
    """A change of these numbers breaks every file that stores seeds alone."""
    found = drawn({"w": torch.zeros(3)})["w"]
    torch.testing.assert_close(
        found, torch.tensor([1.9919473, -0.3474450, -0.8227618]), rtol=0, atol=1e-6
    )


def test_seeds_planes_axes_and_names_have_streams_of_their_own():
    """Li's --idx repeats draw the same direction (landscape.md section 2, mistake 3)."""
    keys = [(s, p, a) for s in (0, 1, 2**32) for p in range(4) for a in range(2)]
    found = [drawn(CENTER, seed=s, plane=p, axis=a) for s, p, a in keys]
    cosines = np.corrcoef([torch.cat([v.flatten() for v in d.values()]) for d in found])
    size = sum(value.numel() for value in CENTER.values())
    assert np.abs(cosines - np.eye(len(keys))).max() < 5 / size**0.5
    twins = drawn({"a": torch.zeros(1000), "b": torch.zeros(1000)})
    assert abs(torch.cosine_similarity(twins["a"], twins["b"], dim=0)) < 5 / 1000**0.5


def test_a_tensor_depends_on_its_name_not_on_its_position():
    whole = drawn(CENTER, seed=7)
    alone = drawn({"b": CENTER["b"]}, seed=7)
    assert torch.equal(whole["b"], alone["b"])


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_dtypes_share_directions(dtype):
    single = drawn(CENTER, seed=1)
    other = drawn({k: v.to(dtype) for k, v in CENTER.items()}, seed=1)
    for name, value in single.items():
        assert other[name].dtype == dtype
        assert torch.equal(value.to(dtype), other[name])


def test_memory_format_does_not_matter():
    last = {
        k: v.to(memory_format=torch.channels_last) if v.ndim == 4 else v for k, v in CENTER.items()
    }
    assert fingerprint(drawn(last)) == fingerprint(drawn(CENTER))


def test_odd_tensors_are_drawn_too():
    center = {"scalar": torch.tensor(1.0), "empty": torch.zeros(0, 3), "index": torch.arange(3)}
    found = drawn(center)
    assert found["scalar"].shape == ()
    assert found["scalar"] != 0
    assert found["empty"].shape == (0, 3)
    assert torch.equal(found["index"], torch.zeros(3, dtype=torch.int64))


def test_global_random_state_is_untouched():
    before, legacy = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    drawn(CENTER)
    assert torch.equal(before, torch.get_rng_state())
    assert (legacy == np.random.get_state()[1]).all()  # noqa: NPY002


PIECES = {  # each of more than two
    "filters": (nn.Linear(40, 14_000), FilterLayout(layer="Linear", dim=0)),
    "rows of a transposed convolution": (
        nn.ConvTranspose2d(60, 50, 20, groups=2, bias=False),
        FilterLayout(layer="ConvTranspose2d", dim=1, groups=2),
    ),
    "one filter": (nn.Linear(700, 800), FilterLayout(layer="Linear")),
}


@pytest.mark.parametrize("name", PIECES)
@pytest.mark.parametrize("how", ["filter", "layer", "weight", "unit"])
def test_a_tensor_of_many_pieces_is_drawn_and_scaled_as_a_whole(name, how):
    model, layout = PIECES[name]
    center = model.weight.detach()
    direction = direction_of({"w": center}, {"w": layout}, how=how, seed=3, plane=1)
    generator = np.random.Generator(np.random.PCG64(stream("w", 3, 1, 0)))
    whole = generator.standard_normal(tuple(center.shape), dtype=np.float32)
    plain = torch.from_numpy(whole).double()
    fixed = center.double()
    blocks, target = layout.blocks(plain), layout.blocks(fixed)
    ratio = target.norm(dim=(1, 3), keepdim=True) / blocks.norm(dim=(1, 3), keepdim=True)
    expected = {
        "filter": blocks * ratio,
        "layer": plain * fixed.norm() / plain.norm(),
        "weight": plain * fixed.abs(),
        "unit": plain / plain.norm(),
    }[how].reshape(center.shape)
    torch.testing.assert_close(direction["w"].double(), expected, rtol=1e-6, atol=0)
    for place in (
        torch.empty_like(center),
        torch.empty(center.shape[::-1]).permute(*range(center.ndim)[::-1]),
    ):
        direction.write("w", place)
        assert torch.equal(place, direction["w"])
    half = torch.empty(center.shape, dtype=torch.bfloat16)
    direction.write("w", half)
    assert torch.equal(half, direction["w"].bfloat16())


@pytest.mark.slow
def test_drawing_into_memory_that_is_there_takes_little_more():
    script = """
import resource, torch
from torch import nn
from landscape.planes import ParameterSpace, RandomPlanes
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
planes = RandomPlanes(ParameterSpace(nn.Linear(4000, 4000)), 2)
out = torch.zeros(4000, 4000)
out += 1
planes[0].directions[0].write("bias", torch.empty(4000))
before = peak()
planes[0].directions[0].write("weight", out)
print(peak() - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 40, "megabytes, for a tensor of 64"
