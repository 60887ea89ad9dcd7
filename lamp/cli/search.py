"""`lamp search`: good hyper-parameters, chosen without looking at test images."""

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lamp.cli.notes import note
from lamp.cli.settings import SearchSettings
from landscape.cli.progress import progress_reporter
from landscape.cli.run import AsJson, Workers
from landscape.cli.terminal import print_json, say

if TYPE_CHECKING:
    from lamp.cli.searching import Plan
    from lamp.experiments import Search


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

    All are trained on a part of the budget, the best third of them, and the default, on three
    times as much. Beside what is chosen stands the default, for which nothing is chosen, and the
    combination with the highest AUROC on the test images, as the paper chooses. An interrupted
    search goes on when the same command is given again.

    Args:
        data: Category in MVTec layout; or digits or mnist, at 16 or 32 pixels a side and a depth
            of 4 by default.
        out: Folder of search.json, the chosen detector, for `lamp score`, and all trials.
        data_root: Folder that holds mnist.
        workers: Processes with one thread each; by default one for each core.
        as_json: Print all numbers as JSON.
        settings: What to try, and how to train.
    """
    from lamp.checkpoint import write_info
    from lamp.cli.searching import as_text, plan_search, score_command, whole_result
    from lamp.experiments.detector import write_detector
    from lamp.provenance import provenance

    plan = plan_search(data, settings, data_root)
    note(plan.notes)
    if not as_json:
        say(plan.split)
    trials, document, detector = out / "trials", out / "search.json", out / "chosen.safetensors"
    found = _run(plan, trials, workers)
    result = {**whole_result(found), "provenance": {**provenance(), "data": plan.task.digest}}
    write_info(document, result)
    note(_failures(found))
    if found.choice.held_out is None:
        raise FloatingPointError("every training diverged: try lower learning rates")
    write_detector(found.choice.held_out.trial, trials, detector, root=plan.root)
    if as_json:
        print_json(result)
        return
    say(as_text(found, plan))
    say(f"lowest held-out error: {detector}   all numbers: {document}")
    if command := score_command(detector, plan, data):
        say(f"score with it: {command}")


def _run(plan: "Plan", folder: Path, workers: int | None) -> "Search":
    """Run all rounds, each with a progress display; what is stored must be of the same images."""
    from lamp.experiments import Trial, TrialSettings, check_images, run_trials
    from lamp.experiments import search as halve

    numbers = count(1)

    def run(trials: Sequence[TrialSettings]) -> list[Trial]:
        with progress_reporter(f"round {next(numbers)} of {plan.rounds}") as report:
            done = run_trials(trials, folder, root=plan.root, workers=workers, progress=report)
        for trial in done:
            check_images(trial, plan.task)
        return done

    (found,) = halve([(plan.start, plan.space)], run, rounds=plan.rounds)
    return found


def _failures(found: "Search") -> list[str]:
    """Say how many trainings diverged."""
    failures = [trial.failure for trial in found.trials if not trial.marks]
    tried = len(found.trials)
    return [f"{len(failures)} of {tried} trainings diverged: {failures[0]}"] if failures else []
