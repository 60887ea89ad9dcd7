"""What every table and figure is given, and what it gives back."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from lamp.experiments import TaskSettings, Trial, TrialSettings, run_trials
from lamp.experiments.baselines import run_baselines
from lamp.experiments.plan import Stages
from lamp.experiments.table import tabulate
from lamp.pages import Section
from lamp.paper.names import Budget


@contextlib.contextmanager
def silent(_: str) -> Any:
    """Show no progress."""
    yield lambda *_: None


@dataclass(frozen=True, kw_only=True)
class Work:
    """Where and how to work.

    Args:
        folder: Of this table or figure. Trials are beside it, in `trials`: those that several
            items need are run once, and what is unfinished goes on from there.
        budget: How much to spend.
        root: Folder of the data: `mnist`, and categories in MVTec layout.
        workers: Processes with one thread each; None: one for each core.
        stages: Opens a progress display for each step.
    """

    folder: Path
    budget: Budget = "minutes"
    root: Path | None = None
    workers: int | None = None
    stages: Stages = silent

    @property
    def trials(self) -> Path:
        """Folder of the trials of all items."""
        return self.folder.parent / "trials"

    def run(
        self, trials: Sequence[TrialSettings], title: str = "trials", *, until: int | None = None
    ) -> list[Trial]:
        """Run trials, up to a mark or to their end, or read those that are done; in this order."""
        with self.stages(title) as progress:
            return run_trials(
                trials,
                self.trials,
                root=self.root,
                workers=self.workers,
                progress=progress,
                until=until,
            )

    def models(self, experiment: str, trials: Sequence[TrialSettings]) -> pd.DataFrame:
        """Run the trials of an experiment to their end, and put them into a table that names it."""
        return tabulate(self.run(trials, experiment), experiment=experiment)

    def baselines(self, tasks: Sequence[TaskSettings]) -> pd.DataFrame:
        """Judge the trivial detectors on tasks, or read how they were judged."""
        with self.stages("baselines") as progress:
            return run_baselines(
                tasks, self.trials, root=self.root, workers=self.workers, progress=progress
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class Report:
    """A table or figure of the paper as it came out here.

    Args:
        title: What it is.
        lede: One or two sentences: what was found, and whether it agrees with the paper.
        sections: Tables beside the paper's numbers, pictures, remarks.
        figures: The pictures that are also written as files, by name.
        tables: All numbers, each table a CSV file by its name.
        text: The main table as lines for a terminal; empty for a figure.
        provenance: What is to be told beside versions and settings, such as digests of data.
    """

    title: str
    lede: str
    sections: Sequence[Section]
    figures: Mapping[str, Figure]
    tables: Mapping[str, pd.DataFrame]
    text: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)
