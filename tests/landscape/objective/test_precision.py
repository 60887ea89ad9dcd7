"""One arithmetic, whatever the process's settings are, and the settings as they were."""

import threading

import pytest
import torch

from landscape.errors import LandscapeError
from landscape.objective.precision import arithmetic, check_precision


@pytest.fixture
def reduced_products():
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    yield
    torch.set_float32_matmul_precision(before)


@pytest.mark.usefixtures("reduced_products")
def test_float32_means_float32_and_settings_come_back():
    with arithmetic("float32", "float32", "cpu"):
        assert torch.get_float32_matmul_precision() == "highest"
    assert torch.get_float32_matmul_precision() == "medium"
    with pytest.raises(KeyError), arithmetic("float32", "float32", "cpu"):
        raise KeyError
    assert torch.get_float32_matmul_precision() == "medium"


def test_an_outer_autocast_does_not_reach_in():
    with torch.autocast("cpu", torch.bfloat16), arithmetic("float32", "float32", "cpu"):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


def test_bfloat16_rounds_to_eight_bits():
    one = torch.full((1, 1), 1 + 2**-10)
    with arithmetic("bfloat16", "float32", "cpu"):
        assert (one @ torch.ones(1, 1)).item() == 1.0
    with arithmetic("float32", "float32", "cpu"):
        assert (one @ torch.ones(1, 1)).item() == 1 + 2**-10


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_tf32_rounds_to_eleven_bits_on_cuda():
    one = torch.full((64, 64), 1 + 2**-14, device="cuda")
    with arithmetic("tf32", "float32", "cuda"):
        rounded = one @ torch.eye(64, device="cuda")
    with arithmetic("float32", "float32", "cuda"):
        exact = one @ torch.eye(64, device="cuda")
    assert rounded[0, 0].item() == 1.0
    assert exact[0, 0].item() == 1 + 2**-14


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_convolutions_sum_in_one_order_on_cuda():
    layer, x = torch.nn.ConvTranspose2d(64, 64, 3).cuda(), torch.randn(32, 64, 30, 30).cuda()
    with torch.no_grad(), arithmetic("float32", "float32", "cuda"):
        assert torch.backends.cudnn.deterministic
        assert len({layer(x).sum().item() for _ in range(5)}) == 1
    assert not torch.backends.cudnn.deterministic


def test_tf32_on_the_cpu_is_refused():
    with pytest.raises(LandscapeError, match="float32 or bfloat16 on the CPU, got tf32") as caught:
        check_precision("tf32", "cpu")
    assert "GPU" in caught.value.hint


def test_new_tensors_have_their_dtype_inside_and_the_default_comes_back():
    with arithmetic("float32", "float64", "cpu"):
        assert torch.zeros(1).dtype == torch.float64
    with pytest.raises(KeyError), arithmetic("float32", "float64", "cpu"):
        raise KeyError
    assert torch.zeros(1).dtype == torch.float32


@pytest.mark.usefixtures("reduced_products")
def test_settings_hold_until_the_last_of_several_threads_is_done():
    def seen():
        return torch.zeros(1).dtype, torch.get_float32_matmul_precision()

    inside, finish = threading.Event(), threading.Event()
    found = []

    def other():
        with arithmetic("float32", "float64", "cpu"):
            inside.set()
            finish.wait(10)
            found.append(seen())

    with arithmetic("float32", "float64", "cpu"):
        thread = threading.Thread(target=other)
        thread.start()
        assert inside.wait(10)
    finish.set()
    thread.join()
    assert found == [(torch.float64, "highest")]
    assert seen() == (torch.float32, "medium")


def test_numbered_devices_are_taken():
    with arithmetic("float32", "float32", "cpu:0"):
        assert torch.get_float32_matmul_precision() == "highest"
    check_precision("tf32", "cuda:1")
