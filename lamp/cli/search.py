"""`lamp search`: good hyper-parameters, chosen without looking at test images."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from lamp.cli.notes import check_root, check_text, note
from lamp.cli.settings import SEARCHED, SearchSettings
from landscape.cli.paths import check_folder, check_inputs
from landscape.cli.progress import progress_reporter
from landscape.cli.run import AsJson, Workers
from landscape.cli.terminal import print_json, say, shown
from landscape.settings import settings_from

if TYPE_CHECKING:
    from lamp.experiments import TaskSettings
    from lamp.experiments.plan import Plan

_NAMED: dict[str, dict[str, Any]] = {
    "digits": {"size": 16, "depth": 4, "kernel_sizes": (3,), "normal": 3},
    "mnist": {"size": 32, "depth": 4, "kernel_sizes": (3,), "normal": 3},
}
"""Defaults of data that go by a name: as in `lamp study`."""


def search(
    data: str,
    /,
    *,
    out: Path = Path("search"),
    data_root: Path | None = None,
    workers: Workers = None,
    as_json: AsJson = False,
    settings: Annotated[SearchSettings | None, Parameter(name="*")] = None,
) -> None:
    """Try all combinations of hyper-parameters and choose one by held-out normal images.

    All are trained on a part of the budget; the best third of them, and the default, go on to three
    times as much. Beside what is chosen stands the default, for which nothing is chosen, and the
    combination with the highest AUROC on the test images, as the paper chooses. The threshold of
    the chosen detector comes from other held-out images than those that it was chosen by. An
    interrupted search goes on when the same command is given again.

    Args:
        data: Category in MVTec layout; or digits or mnist, at 16 or 32 pixels a side and a depth
            of 4 by default.
        out: Folder of search.json, the chosen detector, for `lamp score`, and all trials.
        data_root: Folder that holds mnist.
        workers: Processes with one thread each; by default one for each core.
        as_json: Print all numbers as JSON.
        settings: What to try, and how to train.
    """
    check_text(Path(data), "data")
    check_text(out, "--out")
    check_folder(out)
    check_root(data_root, "mnist" if data == "mnist" else "")
    if data not in _NAMED:
        check_inputs([Path(data)])

    from lamp.checkpoint import read_info
    from lamp.experiments.plan import carry_out
    from lamp.experiments.told import about_failures, as_text

    plan = _plan(data, settings, data_root)
    note(plan.notes)
    if not as_json:
        say(shown(plan.split))
    found = carry_out(plan, out, stages=progress_reporter, workers=workers)
    note(about_failures(found))
    document, detector = out / "search.json", out / "chosen.safetensors"
    if as_json:
        print_json(read_info(document))
        return
    say(as_text(found))
    say(f"lowest held-out error: {shown(detector)}   all numbers: {shown(document)}")
    if plan.start.task.data == "folder":
        say(f"score with it: {shown(shlex.join(['lamp', 'score', str(detector), data]))}")


def _plan(data: str, settings: SearchSettings | None, data_root: Path | None) -> "Plan":
    """Say what the settings stand for on the images."""
    from lamp.cli.parts import loss_settings, make_plan, model_settings, shrink_batch
    from lamp.experiments import SearchSpace, TrialSettings, load_task, split_indices
    from lamp.experiments.plan import plan_search

    given = settings.model_dump(exclude_unset=True) if settings else {}
    chosen = settings_from(SearchSettings, {**_NAMED.get(data, {}), **given})
    wanted, root = _task(data, chosen, data_root)
    images = load_task(wanted, root).normal
    default = chosen.default()
    start = TrialSettings(
        task=wanted,
        loss=loss_settings(default),
        model=model_settings(default, chosen.channels or int(images.shape[1])),
        training=make_plan(default, 1),
        held_out=chosen.held_out,
        calibrate=True,
    )
    train = split_indices(start, len(images)).train  # what an epoch is a pass over
    chosen = shrink_batch(chosen, "batch_sizes", len(train))
    start = start.model_copy(update={"training": make_plan(chosen.default(), len(train))})
    space = SearchSpace(**chosen.model_dump(include=set(SEARCHED)))
    return plan_search(start, space, root=root, rounds=chosen.rounds)


def _task(
    data: str, settings: SearchSettings, data_root: Path | None
) -> "tuple[TaskSettings, Path | None]":
    """Say what to detect anomalies in, and from which folder it is read."""
    from lamp.experiments import TaskSettings

    if data_root is not None and data != "mnist":
        raise ValueError(f"expected --data-root for mnist only, got it for {data}")
    if data == "digits" or data == "mnist":
        named = TaskSettings(data=data, normal=settings.normal, size=settings.size)
        return named, data_root
    if settings.normal is not None:
        raise ValueError(f"expected --normal for digits and mnist only, got it for {data}")
    folder = Path(data).resolve()
    task = TaskSettings(
        data="folder", category=folder.name, size=settings.size, channels=settings.channels
    )
    return task, folder.parent
