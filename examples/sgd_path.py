"""The path of SGD on the plane of its principal components, and how little that proves.

python examples/sgd_path.py            # half a minute on one core
python examples/sgd_path.py --epochs 60 --steps 51

Two components explain nearly all of the path; but so do those of a random walk (Antognini and
Sohl-Dickstein 2018). The figure says both, how far each checkpoint is off the plane, and its own
loss beside the one that the plane shows.
"""

import copy

import cyclopts
import torch
from digits_classifier import Classifier, data, loss
from torch.nn.functional import cross_entropy

import landscape as ls


def build(epochs=15, rate=0.02, seed=0, device="cpu", folder="") -> ls.Problem:
    """Train by SGD with momentum and record every fifth update, if there is a folder for it."""
    x, y = (part.to(device) for part in data())
    torch.manual_seed(seed)
    model = Classifier(8).to(device)
    optimizer = torch.optim.SGD(model.parameters(), rate, momentum=0.9)
    tracker = ls.Tracker(folder, overwrite=True) if folder else None
    order = (index for _ in range(epochs) for index in torch.randperm(len(x)).split(64))
    for step, index in enumerate(order, 1):
        optimizer.zero_grad()
        value = cross_entropy(model(x[index]), y[index])
        value.backward()
        optimizer.step()
        if tracker and step % 5 == 0:
            tracker.record(model, step=step, loss=value)
    return ls.Problem(model, loss, list(zip(x.split(512), y.split(512), strict=True)))


def walk(problem: ls.Problem, folder: str, steps: int) -> ls.Problem:
    """Record as many steps of pure noise from where the training ended."""
    model, tracker = copy.deepcopy(problem.model), ls.Tracker(folder, overwrite=True)
    for step in range(steps):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += 0.01 * torch.randn_like(parameter)
        tracker.record(model, step=step)
    return ls.Problem(model, loss, problem.batches)


def main(*, epochs=15, steps=25, device="auto", out="path"):
    """Draw the path of a training, and tell what a random walk of as many steps explains."""
    device = device.replace("auto", "cuda" if torch.cuda.is_available() else "cpu")
    trained = build(epochs, device=device, folder=f"{out}/sgd")
    surface = ls.compute(trained, along=ls.Pca(f"{out}/sgd"), steps=steps, device=device)
    drawing = ls.draw_trajectory(surface)
    ls.save_figure(drawing, f"{out}/path.png")
    print("\n".join(drawing.notes))
    noise = walk(trained, f"{out}/noise", len(ls.Tracker(f"{out}/sgd").steps))
    other = ls.compute(noise, along=ls.Pca(f"{out}/noise"), steps=3, device=device)
    for name, one in (("SGD", surface), ("noise", other)):
        shares = " and ".join(f"{100 * share:.1f} %" for share in one.trajectory.explained)
        print(f"{name}: two components explain {shares}")


if __name__ == "__main__":
    cyclopts.run(main)
