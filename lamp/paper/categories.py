"""Which categories in MVTec layout are present, and which of them can tell anything."""

from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from lamp.data import NORMAL
from lamp.detection import drift
from lamp.experiments import Task, TaskSettings, load_task

_SIDE = 32  # of the images whose brightness is taken, in pixels
_DIFFERENT = 0.001  # p-value


@dataclass(frozen=True, kw_only=True)
class Brightness:
    """How bright the images of a task are: means in [0, 1].

    A detector learns what training images look like. Where the normal test images differ from them
    more than the anomalous ones do, it must call the wrong ones anomalous: nothing that is measured
    there says anything about detectors.

    Args:
        train: Of the normal images.
        normal: Of normal test images.
        anomalous: Of anomalous test images.
        p: Of the test that training and normal test images are alike (`drift`).
    """

    train: float
    normal: float
    anomalous: float
    p: float

    @property
    def broken(self) -> bool:
        """Whether p is below .001, and normal test images are further off than anomalous ones."""
        further = abs(self.normal - self.train) > abs(self.anomalous - self.train)
        return self.p < _DIFFERENT and further


def brightness_of(task: Task) -> Brightness:
    """Take the brightness of the images of a task that has test images."""
    assert task.test is not None
    assert task.labels is not None
    parts = task.normal, task.test[task.labels == 0], task.test[task.labels == 1]
    levels = [images.flatten(1).mean(1).double().numpy() for images in parts]
    train, normal, anomalous = (float(level.mean()) for level in levels)
    p = drift(levels[1], levels[0])
    return Brightness(train=train, normal=normal, anomalous=anomalous, p=p)


def find_categories(root: Path | None) -> list[str]:
    """List the categories in MVTec layout under a folder and its `mvtec`, relative to it.

    Raises:
        ValueError: If no root is given.
        FileNotFoundError: If there is none.
    """
    if root is None:
        raise ValueError("expected --data-root, the folder that holds mvtec/screw, ..., got none")
    found = sorted(root.glob(f"*/train/{NORMAL}")) + sorted(root.glob(f"mvtec/*/train/{NORMAL}"))
    names = [path.parents[1].relative_to(root).as_posix() for path in found]
    if not names:
        raise FileNotFoundError(
            f"expected at least one category in MVTec layout in {root / 'mvtec'} or {root}, such "
            f"as {root / 'mvtec' / 'screw' / 'train' / NORMAL}, got none"
        )
    return names


def describe(categories: list[str], root: Path | None) -> pd.DataFrame:
    """Compare how bright the images of categories are, those to train on and those of the test.

    Args:
        categories: Folders relative to the root.
        root: Folder of the data.

    Returns:
        Columns `task`, `channels`, and those of `Brightness`, with `broken`.

    Raises:
        ValueError: If a category has not both kinds of test images.
    """
    rows = []
    for category in categories:
        task = load_task(TaskSettings(data="folder", category=category, size=_SIDE), root)
        if task.test is None:
            raise ValueError(
                f"expected normal and anomalous test images of {category}, which AUROC needs: "
                "complete the category or remove it"
            )
        found = brightness_of(task)
        names = {"task": category, "channels": task.normal.shape[1]}
        rows.append(names | asdict(found) | {"broken": found.broken})
    return pd.DataFrame(rows)
