"""Deep networks with and without skip connections (Li et al. 2018, section 5), with intervals.

python examples/skip_connections.py                 # handwritten digits, three minutes on one core
python examples/skip_connections.py --depths 20,56,110 --steps 31 --data-root DIR  # of MNIST
"""

from itertools import pairwise, product
from pathlib import Path

import cyclopts
import torch
from digits_classifier import data, loss
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad, relu

import landscape as ls

KINDS = ("plain", "skip")
LEVELS = (0.1, 0.3, 1, 3, 10, 30, 100)  # of the loss
SHOWN = ("radius_mean_rise", "curvature_mean_scaled", "mean_excess", "quadratic_fit", "asymmetry")


class Block(nn.Module):
    """Two convolutions. The shortcut has no parameters: both kinds have the same directions."""

    def __init__(self, inputs: int, outputs: int, skip: bool) -> None:
        super().__init__()
        self.skip, self.stride, self.more = skip, outputs // inputs, outputs - inputs
        first = nn.Conv2d(inputs, outputs, 3, self.stride, 1, bias=False)
        second = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        norms = nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)
        self.body = nn.Sequential(first, norms[0], nn.ReLU(), second, norms[1])

    def forward(self, x: Tensor) -> Tensor:
        """Return features, shape (N, outputs, height / stride, width / stride)."""
        short = pad(x[..., :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.more))
        return relu(self.body(x) + short if self.skip else self.body(x))


def network(depth: int, skip: bool, width: int = 8) -> nn.Sequential:
    """Return 6n + 2 layers in three stages, as for CIFAR-10 (He et al. 2016)."""
    widths = [width, *(width * 2**stage for stage in range(3) for _ in range((depth - 2) // 6))]
    stem = (nn.Conv2d(1, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], 10))
    return nn.Sequential(*stem, *(Block(*pair, skip) for pair in pairwise(widths)), *head)


def build(depth=38, skip=True, seed=0, epochs=30, root="", device="cpu", file="") -> ls.Problem:
    """Train with momentum, weight decay and falling steps, unless the result is in the file."""
    torch.manual_seed(seed)
    model, (x, y) = network(depth, skip).to(device), (part.to(device) for part in data(root))
    problem = ls.Problem(model, loss, list(zip(x.split(512), y.split(512), strict=True)))
    if Path(file).is_file():
        model.load_state_dict(torch.load(file, weights_only=True))
        return problem
    optimizer = torch.optim.SGD(model.parameters(), 0.03, momentum=0.9, weight_decay=5e-4)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [epochs // 2, epochs * 3 // 4])
    for _ in range(epochs):
        for index in torch.randperm(len(x)).split(128):
            optimizer.zero_grad()
            cross_entropy(model(x[index]), y[index]).backward()
            optimizer.step()
        schedule.step()
    if file:
        torch.save(model.state_dict(), file)
    return problem


def main(
    *, depths="38", seeds=2, epochs=30, planes=5, steps=13, data_root="", device="auto", out="skip"
):
    """Train, compute, compare and draw; the same command goes on where it was interrupted."""
    device = device.replace("auto", "cuda" if torch.cuda.is_available() else "cpu")
    grid = {"planes": planes, "steps": steps, "max_samples": 256, "device": device}
    Path(out).mkdir(parents=True, exist_ok=True)
    for depth in map(int, depths.split(",")):
        rows = [[], []]
        for seed, skip in product(range(seeds), (False, True)):
            name = f"{out}/{depth}-{KINDS[skip]}-{seed}-{epochs}"
            problem = build(depth, skip, seed, epochs, data_root, device, f"{name}.pt")
            rows[skip].append(ls.compute(problem, path=f"{name}.h5", **grid))
        for seed, pair in enumerate(zip(*rows, strict=True)):
            accuracy = " / ".join(f"{surface.center['accuracy']:.3f}" for surface in pair)
            print(f"{depth} layers, seed {seed}, {KINDS[0]} / {KINDS[1]}: accuracy {accuracy}")
            for one in map(ls.compare(*pair).__getitem__, SHOWN):
                interval = f"[{one.interval.low:.3g}, {one.interval.high:.3g}]"
                print(f"  {one.name}: {one.a:.3g} / {one.b:.3g} {one.unit}, {one} {interval}")
        columns = [f"seed {seed}" for seed in range(seeds)]
        figure = ls.draw_contours(rows, rows=KINDS, columns=columns, levels=LEVELS)
        ls.save_figure(figure, f"{out}/{depth}.png")


if __name__ == "__main__":
    cyclopts.run(main)
