"""Small and large batches (Keskar et al. 2017): which one ends in a sharper place, and is it worse?

python examples/batch_sizes.py                # two minutes on one core
python examples/batch_sizes.py --seeds 5 --epochs 100
"""

import math

import cyclopts
import torch
from digits_classifier import Classifier, data, loss
from torch.nn.functional import cross_entropy

import landscape as ls

COUNT = 1347  # of the images that are trained on


def build(batch=16, updates=1000, seed=0, device="cpu") -> ls.Problem:
    """Train by SGD with momentum; every fourth image is for testing."""
    images, labels = (part.to(device) for part in data())
    test = torch.arange(len(images), device=device) % 4 == 0
    x, y = images[~test], labels[~test]
    torch.manual_seed(seed)
    model = Classifier(8).to(device)
    optimizer = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9, weight_decay=5e-4)
    order = (index for _ in range(updates) for index in torch.randperm(len(x)).split(batch))
    for _, index in zip(range(updates), order, strict=False):
        optimizer.zero_grad()
        cross_entropy(model(x[index]), y[index]).backward()
        optimizer.step()
    return ls.Problem(model, loss, [(x, y)], splits={"test": [(images[test], labels[test])]})


def main(
    *, small=16, large=512, epochs=12, seeds=2, planes=5, steps=21, device="auto", out="batch"
):
    """Train both for as many epochs, and the large one for as many updates, too; compare."""
    device = device.replace("auto", "cuda" if torch.cuda.is_available() else "cpu")
    updates = [epochs * math.ceil(COUNT / batch) for batch in (small, large)]
    arms = {
        f"batch {small}": (small, updates[0]),
        f"batch {large}, as many epochs": (large, updates[1]),
        f"batch {large}, as many updates": (large, updates[0]),
    }
    rows = []
    for seed in range(seeds):
        row = []
        for name, (batch, count) in arms.items():
            problem = build(batch, count, seed, device)
            path = f"{out}/{batch}-{count}-{seed}.h5"
            row.append(
                ls.compute(
                    problem,
                    planes=planes,
                    steps=steps,
                    radius=0.5,
                    tolerance=0.02,
                    device=device,
                    path=path,
                )
            )
            center = row[-1].center
            print(f"seed {seed}, {name}: loss {center['loss']:.2g}, ", end="")
            print(f"test loss {center['test_loss']:.2g}, accuracy {center['test_accuracy']:.3f}")
        rows.append(row)
        for name, surface in list(zip(arms, row, strict=True))[1:]:
            print(f"a: batch {small}, b: {name}, seed {seed}")
            print(ls.compare(row[0], surface))
    names = [f"seed {seed}" for seed in range(seeds)]
    figure = ls.draw_contours(rows, rows=names, columns=list(arms), log=True)
    ls.save_figure(figure, f"{out}/contours.png")


if __name__ == "__main__":
    cyclopts.run(main)
