"""`lamp study`: trainings x landscapes x statistics x report."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from lamp.cli.notes import check_root, note
from lamp.study.settings import PRESETS, StudySettings
from landscape.cli.paths import check_folder
from landscape.cli.progress import progress_reporter
from landscape.cli.run import DONE, FAILED_POINTS, Workers
from landscape.cli.terminal import say
from landscape.settings import settings_from


def study(
    *,
    out: Path = Path("study"),
    preset: Literal["paper", "demo"] = "paper",
    data_root: Path | None = None,
    workers: Workers = None,
    settings: Annotated[StudySettings | None, Parameter(name="*")] = None,
) -> int:
    """Train L2 and L2-LAMP autoencoders at several batch sizes and compare their landscapes.

    An interrupted study goes on when the same command is given again.

    Args:
        out: Folder of models, surfaces, figures, models.csv, effects.csv and report.html.
        preset: Sizes to start from: those of the paper's Fig. 3, or a demo of about a minute.
        data_root: Folder that holds MNIST.
        workers: Processes with one thread each; by default one for each core.
        settings: What to change in the preset.

    Returns:
        Exit code.
    """
    given = settings.model_dump(exclude_unset=True) if settings else {}
    chosen = settings_from(StudySettings, {**PRESETS[preset], **given})
    check_folder(out)
    check_root(data_root, "mnist" if chosen.data == "mnist" else "")

    from lamp.study.run import run_study

    found = run_study(chosen, out, data_root=data_root, workers=workers, stages=progress_reporter)
    note(found.notes)
    if found.repeated:
        say("already complete, nothing to do")
    say(found.found)
    say(str(found.report))
    return FAILED_POINTS if found.failed else DONE
