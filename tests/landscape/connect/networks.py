"""Small networks whose units may change places."""

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, gelu, relu


def perceptron() -> nn.Module:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(48, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Linear(12, 9), nn.Tanh(),
        nn.LayerNorm(9), nn.Linear(9, 3),
    )  # fmt: skip


def convolutional() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 2, groups=8), nn.Conv2d(8, 6, 1), nn.PReLU(6), nn.Flatten(), nn.Dropout(),
        nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3),
    )  # fmt: skip


def flattened() -> nn.Module:
    """A unit is four numbers after flattening."""
    return nn.Sequential(
        nn.Conv2d(3, 7, 3), nn.ReLU(), nn.Flatten(), nn.BatchNorm1d(28), nn.Linear(28, 3)
    )


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(3, 6, 2, stride=2)
        self.up = nn.ConvTranspose2d(6, 3, 2, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.up(gelu(self.down(x)))


class Block(nn.Module):
    def __init__(self, fan_in: int, fan_out: int, stride: int):
        super().__init__()
        self.one = nn.Conv2d(fan_in, fan_out, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(fan_out)
        self.two = nn.Conv2d(fan_out, fan_out, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(fan_out)
        self.skip = nn.Sequential()
        if stride > 1:
            self.skip = nn.Sequential(
                nn.Conv2d(fan_in, fan_out, 1, stride, bias=False), nn.BatchNorm2d(fan_out)
            )

    def forward(self, x: Tensor) -> Tensor:
        out = self.norm2(self.two(torch.relu(self.norm1(self.one(x)))))
        out += self.skip(x)
        return relu(out)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 1, 1, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.stages = nn.Sequential(Block(8, 8, 1), Block(8, 12, 2), Block(12, 12, 1))
        self.head = nn.Linear(12, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stages(relu(self.norm(self.stem(x))))
        x = adaptive_avg_pool2d(x, 1)
        return self.head(x.view(x.size(0), -1))


NETWORKS = {
    "perceptron": perceptron,
    "convolutional": convolutional,
    "flattened": flattened,
    "autoencoder": Autoencoder,
    "residual": Residual,
}


def made(name: str, seed: int) -> nn.Module:
    """A network with weights and statistics of its own."""
    torch.manual_seed(seed)
    model = NETWORKS[name]().eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2.0)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias)
    return model


def images(count: int = 8) -> Tensor:
    return torch.randn(count, 3, 4, 4, generator=torch.Generator().manual_seed(1))
