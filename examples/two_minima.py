"""Two minima of one network: the wall between them, and what BatchNorm and permutations make of it.

python examples/two_minima.py          # half a minute on one core
python examples/two_minima.py --width 512 --epochs 60

Two seeds lead to two minima. Between them the loss rises: in part because the running statistics
of BatchNorm fit neither (Jordan et al. 2023), in part because the units of the second network stand
in another order (Entezari et al. 2022; Ainsworth et al. 2023).
"""

from pathlib import Path

import cyclopts
import torch
from digits_classifier import data, loss
from matplotlib.figure import Figure
from torch import nn
from torch.nn.functional import cross_entropy

import landscape as ls


def network(width: int) -> nn.Sequential:
    """Return two hidden layers with BatchNorm, for images of 8x8."""
    layers = [nn.Flatten()]
    for inputs in (64, width):
        layers += [nn.Linear(inputs, width), nn.BatchNorm1d(width), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(width, 10))


def build(width=128, epochs=30, seed=0, device="cpu") -> ls.Problem:
    """Train on three quarters of the digits; the others are the split `test`."""
    images, labels = (part.to(device) for part in data())
    test = torch.arange(len(images), device=device) % 4 == 0
    x, y = images[~test], labels[~test]
    torch.manual_seed(seed)
    model = network(width).to(device)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    for _ in range(epochs):
        for index in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            cross_entropy(model(x[index]), y[index]).backward()
            optimizer.step()
    return ls.Problem(model, loss, [(x, y)], splits={"test": [(images[test], labels[test])]})


def main(*, width=128, epochs=30, steps=25, device="auto", out="minima"):
    """Train two, and measure the line between them, as they are and with units in one order."""
    device = device.replace("auto", "cuda" if torch.cuda.is_available() else "cpu")
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    ends = [folder / "seed-0.pt", folder / "seed-1.pt"]
    for seed, path in enumerate(ends):
        problem = build(width, epochs, seed, device)
        torch.save(problem.model.state_dict(), path)
    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for align, ax in zip((False, True), axes, strict=True):
        found = ls.barrier(problem, *ends, steps=steps, align=align, device=device)
        print(found, "\n")
        ls.draw_barrier(found, ax=ax)
    ls.save_figure(figure, folder / "barrier.png")


if __name__ == "__main__":
    cyclopts.run(main)
