import pytest
import torch
from torch import nn

from lamp.models import Autoencoder


def test_the_papers_two_architectures():
    mnist = Autoencoder(32)
    assert mnist.encoder(torch.rand(2, 1, 32, 32)).shape == (2, 128, 2, 2)
    mvtec = Autoencoder(256, channels=3, depth=6, kernel_size=5, width=2)
    assert mvtec.encoder(torch.rand(2, 3, 256, 256)).shape == (2, 64, 4, 4)
    assert mvtec(torch.rand(2, 3, 256, 256)).shape == (2, 3, 256, 256)
    widths = [m.out_channels for m in Autoencoder(256, depth=6).modules() if hasattr(m, "stride")]
    assert widths == [16, 32, 64, 128, 256, 512, 256, 128, 64, 32, 16, 1]


def test_order_of_layers():
    names = [type(m).__name__ for m in Autoencoder(4, depth=2).modules() if not list(m.children())]
    block = ["BatchNorm2d", "LeakyReLU"]
    assert names == [
        *["Conv2d", *block] * 2,
        *["UpsampleConv2d", *block],
        *["UpsampleConv2d", "Sigmoid"],
    ]


def test_the_bottleneck_may_be_narrower_or_wider():
    for channels in (3, 40):
        model = Autoencoder(32, width=4, latent_channels=channels)
        images = torch.rand(2, 1, 32, 32)
        assert model.encoder(images).shape == (2, channels, 2, 2)
        assert model(images).shape == images.shape
        assert model.decoder[0][0].in_channels == channels
    assert Autoencoder(16, depth=1, latent_channels=7).decoder[-1][0].in_channels == 7


@pytest.mark.parametrize("kernel_size", [1, 3, 5, 7])
@pytest.mark.parametrize("depth", [1, 2, 5])
def test_any_depth_and_kernel(kernel_size, depth):
    model = Autoencoder(32, channels=3, depth=depth, width=2, kernel_size=kernel_size)
    images = torch.rand(2, 3, 32, 32)
    assert model.encoder(images).shape == (2, 2**depth, 32 // 2**depth, 32 // 2**depth)
    assert model(images).shape == images.shape


def test_output_is_an_image():
    output = Autoencoder(16)(100 * torch.randn(4, 1, 16, 16)).detach()
    assert float(output.min()) >= 0
    assert float(output.max()) <= 1


def test_every_parameter_gets_a_gradient():
    model = Autoencoder(16, width=4)
    model(torch.rand(4, 1, 16, 16)).square().mean().backward()
    assert all(float(p.grad.abs().max()) > 0 for p in model.parameters())


def test_config_builds_it_again():
    model = Autoencoder(16, channels=2, depth=3, width=5, kernel_size=1, latent_channels=9, seed=4)
    again = Autoencoder(**model.config, seed=4)
    for a, b in zip(model.state_dict().values(), again.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_seed_decides_and_global_random_state_is_left_alone():
    before = torch.get_rng_state()
    weights = [Autoencoder(16, seed=seed).encoder[0][0].weight for seed in (0, 0, 1)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert torch.equal(before, torch.get_rng_state())


def test_initial_parameters_have_torchs_distribution():
    ours = Autoencoder(256, depth=6).encoder[-1][0].weight
    reference = nn.Conv2d(ours.shape[1], ours.shape[0], 3).weight
    assert ours.std().item() == pytest.approx(reference.std().item(), rel=0.01)
    assert ours.abs().max().item() == pytest.approx(reference.abs().max().item(), rel=0.01)
    last = Autoencoder(16).decoder[-1][0]
    assert 0 < abs(last.bias.item()) <= 1 / (16 * 9) ** 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 28}, r"multiple of 2\^depth = 16, got 28: .* to 16 or 32, or use a smaller"),
        ({"size": 8}, r"multiple of 2\^depth = 16, got 8: resize or pad the images to 16, or"),
        ({"size": 32, "kernel_size": 4}, "expected an odd kernel_size, .* got 4"),
        ({"size": 32, "kernel_size": 0}, "expected an odd kernel_size, .* got 0"),
        ({"size": 32, "depth": 0}, "depth of at least 1, got 0"),
        ({"size": 32, "channels": 0}, "channels of at least 1, got 0"),
        ({"size": 32, "width": -1}, "width of at least 1, got -1"),
        ({"size": 32, "latent_channels": 0}, "latent_channels of at least 1, got 0"),
        ({"size": 0}, "size of at least 1, got 0"),
    ],
)
def test_impossible_architectures(arguments, message):
    with pytest.raises(ValueError, match=message):
        Autoencoder(**arguments)


@pytest.mark.parametrize("shape", [(2, 3, 16, 16), (2, 1, 32, 32), (1, 16, 16)])
def test_wrong_images(shape):
    with pytest.raises(ValueError, match=r"expected images of shape \(N, 1, 16, 16\), got"):
        Autoencoder(16)(torch.zeros(shape))


def test_batch_of_one():
    model = Autoencoder(16, width=2)
    image = torch.rand(1, 1, 16, 16)
    with pytest.raises(ValueError, match="batch size of at least 2, a depth below 4, or larger"):
        model(image)
    assert model.eval()(image).shape == image.shape
    assert Autoencoder(32, width=2)(torch.rand(1, 1, 32, 32)).shape == (1, 1, 32, 32)
