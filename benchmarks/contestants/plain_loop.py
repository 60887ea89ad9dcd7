"""A plain loop that works as the reference code of Li et al. (2018) does.

Its steps are those of github.com/tomgoldstein/loss-landscape: `set_weights` of net_plotter.py,
`eval_loss` of evaluation.py, the loader of dataloader.py, the loop and the file of `crunch` in
plot_surface.py. Where the original wastes time in ways that its method does not need, this loop
does not: the directions stay in memory (there they are read from HDF5 at every point), images are
stored with their padding, accuracy is not computed, nothing is printed.
"""

import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from benchmarks.contestants.outcome import Outcome, Run
from benchmarks.trained import Trained

_LOADER_PROCESSES = (0, 2)  # 2 is the default of the reference code


class StoredImages(Dataset[tuple[Tensor, int]]):
    """Images stored as bytes, decoded one by one as torchvision's MNIST and CIFAR10 do."""

    def __init__(self, trained: Trained) -> None:
        self._pixels = trained.pixels[:, 0].numpy()
        self._labels = trained.labels.tolist()

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """Decode an image and scale it to [0, 1], as `transforms.ToTensor()` does."""
        image = Image.fromarray(self._pixels[index])
        tensor = torch.from_numpy(np.array(image, np.uint8, copy=True))
        return tensor.view(1, *tensor.shape).contiguous().to(torch.float32).div(255), self._labels[
            index
        ]


def prepare(trained: Trained) -> Run:
    """Choose the number of loader processes that is fastest here; not timed.

    Args:
        trained: The network and its data.

    Returns:
        Evaluates a grid.
    """
    net = trained.private_model()
    seconds = {}
    for processes in _LOADER_PROCESSES:
        start = time.perf_counter()
        _eval_loss(net, trained, _loader(trained, processes))
        seconds[processes] = time.perf_counter() - start
    best = min(seconds, key=seconds.__getitem__)

    def run(steps: int) -> Outcome:
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            losses = _crunch(trained, steps, best, Path(folder) / "surface.h5")
            return Outcome(time.perf_counter() - start, losses, {"loader processes": best})

    return run


def _crunch(trained: Trained, steps: int, processes: int, path: Path) -> np.ndarray:
    """Evaluate point after point and write the file each time."""
    net = trained.private_model()
    loader = _loader(trained, processes)
    weights = [p.data for p in net.parameters()]
    d = [
        [one[name].to(trained.device) for name, _ in net.named_parameters()]
        for one in trained.directions
    ]
    coordinates = np.linspace(-1, 1, steps)
    losses = -np.ones((steps, steps))
    with h5py.File(path, "w") as file:
        file["train_loss"] = losses
        for index in range(losses.size):
            row, column = divmod(index, steps)
            _set_weights(net, weights, d, (coordinates[column], coordinates[row]))
            losses.ravel()[index] = _eval_loss(net, trained, loader)
            file["train_loss"][:] = losses
    return losses


def _set_weights(
    net: nn.Module, weights: list[Tensor], d: list[list[Tensor]], step: tuple[float, float]
) -> None:
    """Set the weights to a point of the plane."""
    changes = [d0 * step[0] + d1 * step[1] for d0, d1 in zip(*d, strict=True)]
    for p, w, change in zip(net.parameters(), weights, changes, strict=True):
        p.data = w + change.type(w.type())


def _loader(trained: Trained, processes: int) -> DataLoader[tuple[Tensor, int]]:
    return DataLoader(
        StoredImages(trained), trained.batch_size, shuffle=False, num_workers=processes
    )


def _eval_loss(net: nn.Module, trained: Trained, loader: DataLoader[tuple[Tensor, int]]) -> float:
    """Return the mean loss over the loader."""
    criterion = trained.criterion
    total_loss, total = 0.0, 0
    net.eval()
    with torch.no_grad():
        for cpu_inputs, cpu_labels in loader:
            inputs, labels = cpu_inputs.to(trained.device), cpu_labels.to(trained.device)
            outputs = net(inputs)
            loss = criterion(outputs, inputs if trained.reconstructs else labels)
            total_loss += loss.item() * inputs.size(0)
            total += inputs.size(0)
    return total_loss / total
