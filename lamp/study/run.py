"""The study from nothing to a report: each step resumable, none repeated, none taken on trust."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lamp.checkpoint import load_checkpoint, write_info
from lamp.experiments import Task, TaskSettings, Trial, TrialSettings, check_trials, load_task
from lamp.experiments.plan import Stages
from lamp.experiments.table import read_table, write_table
from lamp.experiments.trial import Files
from lamp.models.settings import ModelSettings
from lamp.pages import write_report
from lamp.paper.publish import write_figures
from lamp.paper.work import silent
from lamp.provenance import provenance
from lamp.study.effects import compare, effects_table, overall, plain_words
from lamp.study.figures import draw_all, example
from lamp.study.models import Fits, models_table, run_models
from lamp.study.page import Told, make_page
from lamp.study.record import RECORD, Record, claim, digests, words
from lamp.study.settings import EMBEDDED, StudySettings
from lamp.training import TrainingSettings
from landscape.files import locked
from landscape.surface import load

_REPORT = "report.html"


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
    with locked(out / RECORD):
        record = claim(settings, task, out)
        if record.files and not record.failed and record.files == digests(out):
            return _results(record, out, task, repeated=True)
        with stages("models") as progress:
            trials, fits = run_models(
                planned, out, grid,
                samples=settings.samples, root=root, workers=workers, progress=progress,
            )  # fmt: skip
        if not fits:
            raise FloatingPointError(
                f"every training diverged ({trials[0].failure}): try a lower --learning-rate"
            )
        found = _write(settings, out, task, trials, fits, start)
        failed = sum(fit.points[2] for fit in fits.values())
        done = {"found": found, "failed": failed, "files": digests(out)}
        record = record.model_copy(update=done)
        write_info(out / RECORD, record.model_dump())
        return _results(record, out, task, repeated=False)


def task_settings(settings: StudySettings) -> TaskSettings:
    """Say what anomalies are detected in."""
    if settings.data == "digits" or settings.data == "mnist":
        size = settings.image_size
        return TaskSettings(data=settings.data, normal=settings.normal, size=size)
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


def _write(
    settings: StudySettings,
    out: Path,
    task: Task,
    trials: Sequence[Trial],
    fits: Fits,
    start: float,
) -> str:
    """Write tables, figures and page, the numbers first; return what came out."""
    assert task.labels is not None
    losses, sizes = [loss.title for loss in settings.loss_settings()], settings.batch_sizes
    pairings = compare(fits, losses, sizes, task.labels.numpy())
    write_table(out / "models.csv", models_table(trials, fits))
    write_table(out / "effects.csv", effects_table(pairings))
    first = {loss: fits.get((loss, *example(fits))) for loss in losses}
    models = {
        loss: load_checkpoint(Files(out / "models", fit.trial.settings).checkpoint)[0]
        for loss, fit in first.items()
        if fit is not None
    }
    surfaces = {place: load(fit.surface) for place, fit in fits.items()}
    figures, explorer = draw_all(fits, surfaces, losses, sizes, models, task)
    told = Told(
        settings=settings,
        task=task,
        found=plain_words(overall(pairings), losses, _normal(settings, task)),
        fits=fits,
        pairings=pairings,
        failures=[f"{t.settings.key} diverged: {t.failure}" for t in trials if t.failure],
        figures=figures,
        explorer=explorer,
    )
    made = {
        **provenance(),
        **{key: words(value) for key, value in settings.model_dump(mode="json").items()},
        "images (SHA-256)": task.digest,
        "seconds of the last run": round(time.perf_counter() - start, 1),
    }
    write_figures(out / "figures", figures, made)
    write_report(out / _REPORT, make_page(told, made))
    return told.found


def _normal(settings: StudySettings, task: Task) -> str:
    """Say what normal images show."""
    if settings.normal is None:
        return f"{task.name} without defects"
    return f"the handwritten digit {settings.normal}"


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
