"""The study from nothing to a report: every step resumable, none repeated, nothing taken on trust.

`study.json` claims the folder for one set of settings and images, and at the end lists every file
with its SHA-256: a folder in which one of them is missing or another is gone through again.
"""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict

from lamp.checkpoint import damage_errors, load_checkpoint, locked, read_info, write_info
from lamp.experiments import (
    Task,
    TaskSettings,
    Trial,
    TrialSettings,
    check_trials,
    load_task,
    run_trials,
)
from lamp.experiments.table import read_table, write_table
from lamp.experiments.trial import Files
from lamp.models.settings import ModelSettings
from lamp.pages import write_report
from lamp.paper.work import Stages, silent
from lamp.provenance import provenance
from lamp.study.effects import compare, effects_table, overall, plain_sentence
from lamp.study.figures import draw_all, interactive, middle
from lamp.study.models import Fits, Places, load_surfaces, measure_models, models_table
from lamp.study.page import Told, make_page
from lamp.study.settings import EMBEDDED, StudySettings
from lamp.training import TrainingSettings
from landscape.errors import SettingsMismatchError
from landscape.figures import save_figure

_RECORD, _REPORT = "study.json", "report.html"
_SUFFIXES = (".pdf", ".png", ".svg")


@dataclass(frozen=True, kw_only=True, eq=False)
class Results:
    """What came of a study.

    Args:
        models: One row a model (`models_table`), as in models.csv.
        effects: One row for each loss and batch size (`Pairing`), as in effects.csv.
        found: What was compared and what came out, in a sentence.
        failed: Points of all surfaces that could not be evaluated.
        report: The page that tells it.
        notes: What must be known of the images.
        repeated: Whether all this was there already, and nothing was done.
    """

    models: pd.DataFrame
    effects: pd.DataFrame
    found: str
    failed: int
    report: Path
    notes: tuple[str, ...]
    repeated: bool


def run_study(
    settings: StudySettings,
    out: Path,
    *,
    data_root: Path | None = None,
    workers: int | None = None,
    stages: Stages = silent,
) -> Results:
    """Train all models, compute their surfaces, compare, and write the report.

    Repeated with the same settings it goes on where it stopped.

    Args:
        settings: The study.
        out: Folder of models, surfaces, figures, `models.csv`, `effects.csv` and `report.html`.
        data_root: Where MNIST is.
        workers: Processes with one thread each; None: one for each core.
        stages: Opens a progress display for each step.

    Returns:
        The numbers.

    Raises:
        SettingsMismatchError: If the folder holds a study of other settings or images, or a surface
            of something else.
        BlockingIOError: If another process does a study in that folder.
        ValueError: If data are missing or have no such class, a model cannot be trained on them, or
            a file is damaged or of another training.
        FloatingPointError: If every training diverges.
    """
    start = time.perf_counter()
    root = _root(settings, data_root)
    task = load_task(task_settings(settings), root)
    if task.test is None:
        raise ValueError(f"expected normal and anomalous test images of {task.name}, got none")
    planned, grid = plan(settings, channels=int(task.normal.shape[1])), settings.grid()
    check_trials(planned, task)
    places = Places(out, root)
    with locked(out / _RECORD):
        record = claim(settings, task, out)
        if record.files and not record.failed and record.files == _files(out):
            return _results(record, out, task, repeated=True)
        with stages("training") as progress:
            trials = run_trials(
                planned, places.models, root=root, workers=workers, progress=progress
            )
        if not any(trial.marks for trial in trials):
            raise FloatingPointError(f"every training diverged: {trials[0].failure}")
        with stages("surfaces") as progress:
            fits = measure_models(
                trials, places, grid, samples=settings.samples, workers=workers, progress=progress
            )
        found = _write(settings, places, task, trials, fits, start)
        failed = sum(fit.points[2] for fit in fits.values())
        record = record.model_copy(update={"found": found, "failed": failed, "files": _files(out)})
        write_info(out / _RECORD, record.model_dump())
        return _results(record, out, task, repeated=False)


def task_settings(settings: StudySettings) -> TaskSettings:
    """Say what anomalies are detected in."""
    if settings.data == "digits" or settings.data == "mnist":
        normal = 3 if settings.normal is None else settings.normal
        return TaskSettings(data=settings.data, normal=normal, size=settings.image_size)
    category = Path(settings.data).name
    return TaskSettings(data="folder", category=category, size=settings.image_size)


def plan(settings: StudySettings, *, channels: int = 1) -> list[TrialSettings]:
    """List the trainings; small batches, which take longest, first, so that all cores end together.

    Args:
        settings: The study.
        channels: Of the images.

    Returns:
        Trials as those of Table 1, but for the lens: a study looks at planes.
    """
    model = ModelSettings(
        size=settings.image_size,
        channels=channels,
        depth=settings.depth or (4 if settings.data in EMBEDDED else 6),
        width=settings.width,
        kernel_size=settings.kernel_size,
    )
    return [
        TrialSettings(
            task=task_settings(settings),
            loss=loss,
            model=model,
            training=TrainingSettings(
                optimizer=settings.optimizer,
                learning_rate=settings.learning_rate,
                batch_size=size,
                samples=settings.train_samples,
                seed=seed,
            ),
            marks=1,
        )
        for size in sorted(settings.batch_sizes)
        for seed in range(settings.seeds)
        for loss in settings.loss_settings()
    ]


class Record(BaseModel):
    """What `study.json` holds: whose the folder is, and what was finished in it.

    Args:
        settings: Of the study.
        images: SHA-256 of the images.
        found: What came out, in a sentence; empty until it is finished.
        failed: Points of surfaces that could not be evaluated.
        files: SHA-256 of every file, by its path from the folder; none until it is finished.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    settings: dict[str, Any]
    images: str
    found: str = ""
    failed: int = 0
    files: dict[str, str] = {}


def claim(settings: StudySettings, task: Task, out: Path) -> Record:
    """Write settings into a new folder, or check that an old one holds the same.

    Args:
        settings: The study.
        task: Its images.
        out: The folder.

    Returns:
        What the folder holds.

    Raises:
        SettingsMismatchError: Naming the first setting that differs, with both values.
        ValueError: If the record is damaged.
    """
    path = out / _RECORD
    wanted = Record(settings=settings.model_dump(mode="json"), images=task.digest)
    if not path.exists():
        write_info(path, wanted.model_dump())
        return wanted
    with damage_errors(path, "remove it: all that is there is kept, and checked before it is used"):
        stored = Record.model_validate(read_info(path))
    hint = "choose another --out, or delete that folder"
    for key in {**wanted.settings, **stored.settings}:
        old, new = (_words(record.settings.get(key)) for record in (stored, wanted))
        if old != new:
            option = "--" + key.replace("_", "-")
            raise SettingsMismatchError(
                f"{out} holds a study with {option} {old}, not {new}", hint=hint
            )
    if stored.images != wanted.images:
        raise SettingsMismatchError(f"{out} holds a study of other images", hint=hint)
    return stored


def _write(
    settings: StudySettings,
    places: Places,
    task: Task,
    trials: Sequence[Trial],
    fits: Fits,
    start: float,
) -> str:
    """Write tables, figures and page, the numbers first; return what came out."""
    assert task.labels is not None
    losses = [loss.title for loss in settings.loss_settings()]
    pairings = compare(fits, losses, settings.batch_sizes, task.labels.numpy())
    write_table(places.out / "models.csv", models_table(trials, fits))
    write_table(places.out / "effects.csv", effects_table(pairings))
    surfaces = load_surfaces(fits, places)
    shown = {loss: fits.get((loss, middle(settings.batch_sizes), 0)) for loss in losses}
    models = {
        loss: load_checkpoint(Files(places.models, fit.trial.settings).checkpoint)[0]
        for loss, fit in shown.items()
        if fit is not None
    }
    told = Told(
        settings=settings,
        task=task,
        fits=fits,
        pairings=pairings,
        failures=[f"{t.settings.key} diverged: {t.failure}" for t in trials if t.failure],
        figures=draw_all(fits, surfaces, losses, settings.batch_sizes, models, task),
        interactive=interactive(surfaces, losses, settings.batch_sizes),
    )
    made = {
        **provenance(),
        **{key: _words(value) for key, value in settings.model_dump(mode="json").items()},
        "images (SHA-256)": task.digest,
        "seconds of the last run": round(time.perf_counter() - start, 1),
    }
    for name, figure in told.figures.items():
        for suffix in _SUFFIXES:
            path = places.out / "figures" / f"{name}{suffix}"
            save_figure(figure, path, metadata={"title": name.replace("_", " "), **made})
    write_report(places.out / _REPORT, make_page(told, made))
    return plain_sentence(overall(pairings), losses, task.name)


def _results(record: Record, out: Path, task: Task, *, repeated: bool) -> Results:
    """Read what is finished."""
    return Results(
        models=read_table(out / "models.csv"),
        effects=read_table(out / "effects.csv"),
        found=record.found,
        failed=record.failed,
        report=(out / _REPORT).resolve(),
        notes=task.notes,
        repeated=repeated,
    )


def _root(settings: StudySettings, data_root: Path | None) -> Path | None:
    """Return the folder that data are read from."""
    if data_root is not None and settings.data != "mnist":
        raise ValueError(f"expected --data-root for mnist only, got it for {settings.data}")
    return data_root if settings.data in EMBEDDED else Path(settings.data).parent


def _files(out: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a study but its record, by path from its folder."""
    found = {}
    for path in sorted(out.rglob("*")):
        ours = path.is_file() and path.suffix != ".lock" and not path.name.startswith(".")
        if ours and path != out / _RECORD:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found[path.relative_to(out).as_posix()] = digest
    return found


def _words(value: Any) -> str:
    """Write a setting as on the command line."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
