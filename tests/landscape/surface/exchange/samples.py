"""Surfaces by formula, and files as other programs write them."""

import h5py
import numpy as np

from landscape.surface.data import Refined, Surface


def formula(alpha, beta):
    """A smooth surface that is not symmetric, shape (beta, alpha)."""
    x, y = np.meshgrid(alpha, beta)
    return 0.3 + x**2 + 2 * (y - 0.1) ** 2 + 0.2 * x * y


def surface(planes=2, *, line=False, estimates=False, **metadata):
    """Planes of 5 x 7 points, the last point of which failed, or such lines."""
    alpha, beta = np.linspace(-1, 1, 7), np.zeros(1) if line else np.linspace(-0.5, 0.5, 5)
    loss = np.stack([formula(alpha, beta) + k for k in range(planes)])
    status = np.ones(loss.shape, np.int8)
    status[-1, -1, -1] = 2
    random = np.random.default_rng(0)
    values = {}
    for name, array in (("loss", loss), ("accuracy", 1 / (1 + loss))):
        values[name] = array
        values[f"{name}_se"], values[f"{name}_delta_se"] = random.random((2, *loss.shape))
        if estimates:
            values[f"{name}_estimate"], values[f"{name}_estimate_error"] = array, 0 * array
    axes = 1 if line else 2
    return Surface(
        alpha=alpha,
        beta=beta,
        values={name: np.where(status == 1, a, np.nan) for name, a in values.items()},
        status=status,
        gram=np.stack([np.eye(axes)] * planes),
        center={"loss": 0.32, "accuracy": 0.75},
        refined=Refined(done=np.ones(planes, bool), error=np.zeros(planes)) if estimates else None,
        metadata={"config": {"seed": 3, "normalize": "filter"}, **metadata},
    )


def write_as_li(path, x, y=None, dir_file="", seen=None, **changes):
    """Write a surface file as the program of Li et al. does, at most `seen` points of it.

    Arrays are declared (x, y) and filled in the order of a mesh of shape (y, x); see scheduler.py
    and plot_surface.py of tomgoldstein/loss-landscape.
    """
    shape = (len(x),) if y is None else (len(x), len(y))
    losses, accuracies = -np.ones(shape), -np.ones(shape)
    truth = formula(x, [0.0] if y is None else y).ravel()
    for index in range(truth.size if seen is None else seen):
        losses.ravel()[index] = truth[index]
        accuracies.ravel()[index] = 100 / (1 + truth[index])
    arrays = {"xcoordinates": x, "ycoordinates": y, "train_loss": losses, "train_acc": accuracies}
    with h5py.File(path, "w") as file:
        file["dir_file"] = dir_file
        for name, array in (arrays | changes).items():
            if array is not None:
                file[name] = array
    return path


def write_directions_as_li(path, *directions, **more):
    """Write a direction file: a list of tensors for each axis."""
    with h5py.File(path, "w") as file:
        for name, tensors in zip(("xdirection", "ydirection"), directions, strict=False):
            for index, tensor in enumerate(tensors):
                file[f"{name}/{index}"] = tensor
        for name, value in more.items():
            file[name] = value
    return path
