"""Which categories in MVTec layout are present, and which of them can tell anything."""

from pathlib import Path

import pandas as pd

from lamp.data import NORMAL
from lamp.detection import drift
from lamp.experiments import TaskSettings, load_task

_SIDE = 32  # of the images whose brightness is taken, in pixels
_DIFFERENT = 0.001  # p-value


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

    A detector learns what training images look like. Where the normal test images differ from them
    more than the anomalous ones do, it must call the wrong ones anomalous: nothing that is measured
    there says anything about detectors.

    Args:
        categories: Folders relative to the root.
        root: Folder of the data.

    Returns:
        Columns `task`, `channels`, `train`, `normal`, `anomalous` (mean brightness in [0, 1]), `p`
        (of the test that training and normal test images are alike, `drift`) and `broken`: p below
        .001, and normal test images further from training than anomalous ones.

    Raises:
        ValueError: If a category has not both kinds of test images.
    """
    rows = []
    for category in categories:
        task = load_task(TaskSettings(data="folder", category=category, size=_SIDE), root)
        if task.test is None or task.labels is None:
            raise ValueError(
                f"expected normal and anomalous test images of {category}, which AUROC needs: "
                "complete the category or remove it"
            )
        parts = task.normal, task.test[task.labels == 0], task.test[task.labels == 1]
        levels = [images.flatten(1).mean(1).double().numpy() for images in parts]
        train, normal, anomalous = (float(level.mean()) for level in levels)
        p = drift(levels[1], levels[0])
        further = abs(normal - train) > abs(anomalous - train)
        rows.append(
            {"task": category, "channels": task.normal.shape[1], "train": train, "normal": normal,
             "anomalous": anomalous, "p": p, "broken": p < _DIFFERENT and further}
        )  # fmt: skip
    return pd.DataFrame(rows)
