"""The study from nothing to a report: every step resumable, none repeated."""

import contextlib
import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import loky

from lamp.study.report import write_study_report
from lamp.study.results import Results, measure, write_results
from lamp.study.settings import StudySettings
from lamp.study.surfaces import compute_all
from lamp.study.trainings import Folder, load_task, train_all
from lamp.training import Progress
from landscape.errors import SettingsMismatchError

Stages = Callable[[str], AbstractContextManager[Progress]]
"""Opens a progress display for a step of the study, by its name."""


@contextlib.contextmanager
def _silent(_: str) -> Any:
    """Show no progress."""
    yield lambda *_: None


def run_study(
    settings: StudySettings,
    out: Path,
    *,
    data_root: Path | None = None,
    workers: int | None = None,
    stages: Stages = _silent,
) -> Results:
    """Train all models, compute their surfaces, measure, and write the report.

    Repeated with the same settings it goes on where it stopped.

    Args:
        settings: The study.
        out: Folder of models, surfaces, figures, `results.json` and `report.html`.
        data_root: Where MNIST is.
        workers: Processes with one thread each; None: one for each core.
        stages: Opens a progress display for each step.

    Returns:
        The numbers.

    Raises:
        SettingsMismatchError: If the folder holds a study with other settings.
        ValueError: If the data are missing or have no such class.
        FloatingPointError: If a training diverges.
    """
    folder = Folder(out)
    start = time.perf_counter()
    task = load_task(settings, data_root)  # before the folder is claimed: it may be refused
    claim(settings, folder)
    count = workers or int(loky.cpu_count())
    with stages("training") as progress:
        train_all(settings, folder, task, workers=count, progress=progress)
    with stages("surfaces") as progress:
        surfaces = compute_all(settings, folder, task, workers=count, progress=progress)
    results = measure(settings, folder, task, surfaces)
    write_results(folder, results)
    write_study_report(folder, results, surfaces, task, seconds=time.perf_counter() - start)
    return results


def is_complete(settings: StudySettings, out: Path) -> bool:
    """Tell whether a folder holds the finished report of these settings.

    Args:
        settings: The study.
        out: Its folder.

    Returns:
        Whether nothing is left to do.

    Raises:
        SettingsMismatchError: If the folder holds a study with other settings.
    """
    folder = Folder(out)
    if not folder.settings.exists():
        return False
    claim(settings, folder)
    return folder.report.exists()


def claim(settings: StudySettings, folder: Folder) -> None:
    """Write the settings into a new folder, or check that an old one holds the same.

    Args:
        settings: The study.
        folder: Its folder.

    Raises:
        SettingsMismatchError: Naming the first setting that differs, with both values.
    """
    wanted = json.loads(settings.model_dump_json())
    if folder.settings.exists():
        stored = json.loads(folder.settings.read_text())
        for key in {**wanted, **stored}:
            if stored.get(key) != wanted.get(key):
                option = "--" + key.replace("_", "-")
                raise SettingsMismatchError(
                    f"{folder.root} holds a study with {option} {_words(stored.get(key))}, "
                    f"not {_words(wanted.get(key))}",
                    hint="choose another --out, or delete that folder",
                )
        return
    folder.root.mkdir(parents=True, exist_ok=True)
    temporary = folder.settings.with_suffix(".tmp")
    temporary.write_text(json.dumps(wanted, indent=1) + "\n")
    temporary.replace(folder.settings)


def _words(value: Any) -> str:
    """Write a setting as on the command line."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
