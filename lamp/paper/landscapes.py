"""Trained models and their surfaces: what Fig. 1 and Fig. 3 draw, compare and tabulate."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from lamp.experiments import TrialSettings
from lamp.experiments.lens import COMMON, OWN, worst_pixel_share
from lamp.experiments.surfaces import run_surfaces, seen_images, trained_model, trial_problem
from lamp.losses.settings import LossSettings
from lamp.pages import Table
from lamp.pages.blocks import Cell
from lamp.paper.ratios import Ratios, ratios_of, statistics_row
from lamp.paper.words import ratio_cell
from lamp.paper.work import Work
from landscape.measures import Summary, summarize
from landscape.problem import Problem
from landscape.settings import GridSettings
from landscape.surface import Surface

IMAGES = 128  # training images that surfaces are taken over


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """A trained model and its surface.

    Args:
        loss: Title of its loss.
        batch_size: In training.
        seed: Of training.
        quality: Test accuracy of a classifier, AUROC of an autoencoder; None if not known.
        surface: Under plain L2 and the training loss.
        worst_pixel: Share of L2 at the center that the worst pixel of each image makes up.
    """

    loss: str
    batch_size: int
    seed: int
    quality: float | None
    surface: Surface
    worst_pixel: float | None = None

    @cached_property
    def common(self) -> Summary:
        """Statistics under plain L2."""
        share, center = self.worst_pixel, self.surface.center[COMMON]
        rise = None if share is None else center * (1 - share)
        return summarize(self.surface, metric=COMMON, rise=rise)

    @cached_property
    def own(self) -> Summary:
        """Statistics under the training loss."""
        return summarize(self.surface, metric=OWN)


@dataclass(frozen=True, kw_only=True, eq=False)
class Models:
    """Models of several losses, the first of which the others are compared with.

    Args:
        models: Of each loss, all batch sizes and seeds.
        quality: What their quality is.
        data: SHA-256 of the images.
    """

    models: Sequence[Seen]
    quality: str
    data: str

    @property
    def losses(self) -> list[str]:
        """Titles of the losses, the reference first."""
        return list(dict.fromkeys(model.loss for model in self.models))

    @property
    def batch_sizes(self) -> list[int]:
        """In the order in which they came."""
        return list(dict.fromkeys(model.batch_size for model in self.models))

    @property
    def seeds(self) -> list[int]:
        """In the order in which they came."""
        return list(dict.fromkeys(model.seed for model in self.models))

    def find(self, loss: str, batch_size: int, seed: int) -> Seen:
        """Return one model."""
        wanted = (loss, batch_size, seed)
        return next(one for one in self.models if (one.loss, one.batch_size, one.seed) == wanted)

    @property
    def matrix(self) -> list[list[Surface]]:
        """Surfaces of the first seed, a row a loss, a column a batch size."""
        first, sizes = self.seeds[0], self.batch_sizes
        return [[self.find(loss, size, first).surface for size in sizes] for loss in self.losses]

    def ratios(self, loss: str, batch_sizes: Sequence[int], *, own: bool = False) -> Ratios:
        """Compare models of a loss with those of the reference.

        Args:
            loss: Title.
            batch_sizes: Which models.
            own: Each under its training loss in place of plain L2.
        """

        def statistics(title: str, size: int, seed: int) -> Summary:
            one = self.find(title, size, seed)
            return one.own if own else one.common

        rest = not own and all(model.worst_pixel is not None for model in self.models)
        groups = [
            [(statistics(loss, b, seed), statistics(self.losses[0], b, seed)) for b in batch_sizes]
            for seed in self.seeds
        ]
        return ratios_of(groups, rest=rest)

    def named(self, *, own: bool = False) -> dict[str, Summary]:
        """Name statistics for a table: under plain L2, or of the first seed under the own loss."""
        shown = [m for m in self.models if not own or m.seed == self.seeds[0]]
        several = len({model.seed for model in shown}) > 1
        return {
            f"{m.loss}, {m.batch_size}{f', seed {m.seed}' * several}": m.own if own else m.common
            for m in shown
        }

    def table(self, kind: str) -> pd.DataFrame:
        """Return all numbers, one row a model.

        Args:
            kind: Of these models.
        """
        return pd.DataFrame(
            {
                "kind": kind,
                "loss": model.loss,
                "batch_size": model.batch_size,
                "seed": model.seed,
                self.quality.lower().replace(" ", "_"): model.quality,
                "worst_pixel": model.worst_pixel,
                **statistics_row(model.common, "l2"),
                **statistics_row(model.own, "own"),
            }
            for model in self.models
        )

    def ratios_table(self, kind: str) -> pd.DataFrame:
        """Return the ratios of each loss to the reference, by batch size and over all of them.

        Args:
            kind: Of these models.
        """
        over = f"{len(self.seeds)} seeds" if len(self.seeds) > 1 else "planes of two models"
        return pd.DataFrame(
            {
                "kind": kind,
                "lens": "own" if own else "l2",
                "loss": loss,
                "reference": self.losses[0],
                "batch_size": _name(sizes),
                **self.ratios(loss, sizes, own=own).row(),
                "intervals_over": over if len(self.seeds) > 1 or len(sizes) == 1 else "",
            }
            for own in (False, True)
            for loss in self.losses[1:]
            for sizes in self._groups
        )

    def ratios_shown(self) -> Table:
        """Tabulate the ratios under plain L2 beside what the models are worth."""
        seeds = len(self.seeds)
        over = (
            f"95 % intervals over {seeds} seeds"
            if seeds > 1
            else "One seed: 95 % intervals at one batch size are over planes and speak of these "
            "two models only; over all batch sizes there is none"
        )
        reference, *others = self.losses
        return Table(
            columns=[
                "loss", "batch size", f"its {self.quality}", f"{reference}'s", "center loss",
                "absolute curvature", "doubling radius", "pairs",
            ],
            units=["", "", "", "", "ratio", "ratio", "ratio", ""],
            rows=[self._ratio_row(loss, sizes) for loss in others for sizes in self._groups],
            caption=(
                f"Against {reference} under plain L2. Absolute curvature, per squared filter norm, "
                "is larger where the loss is steeper; the doubling radius is smaller where it is "
                f"sharper relative to its center. {over}."
            ),
        )  # fmt: skip

    @property
    def _groups(self) -> list[list[int]]:
        """Each batch size, and all of them where there are several."""
        sizes = self.batch_sizes
        return [[size] for size in sizes] + ([sizes] if len(sizes) > 1 else [])

    def _ratio_row(self, loss: str, sizes: Sequence[int]) -> list[Cell]:
        """Write one row; the ratio of radii only where all are known."""
        one = self.ratios(loss, sizes)
        return [
            loss,
            _name(sizes),
            self._mean_quality(loss, sizes),
            self._mean_quality(self.losses[0], sizes),
            ratio_cell(one.center),
            None if one.why_no_curvature else ratio_cell(one.curvature),
            None if one.why_no_radius else ratio_cell(one.radius),
            one.pairs,
        ]

    def _mean_quality(self, loss: str, sizes: Sequence[int]) -> float | None:
        """Average the quality of models; None where one is not known."""
        own = [m.quality for m in self.models if m.loss == loss and m.batch_size in sizes]
        known = [quality for quality in own if quality is not None]
        return float(np.mean(known)) if len(known) == len(own) else None


def autoencoders(
    work: Work, trials: Sequence[TrialSettings], grid: GridSettings, *, encoder: bool = False
) -> Models:
    """Train autoencoders, and compute their surfaces over images that they were trained on.

    Args:
        work: Where and how.
        trials: Of one task; alike in all but loss, batch size and seed.
        grid: Planes through the trained parameters.
        encoder: Move those of the encoder alone.

    Returns:
        The models.

    Raises:
        FloatingPointError: If a training diverged.
        FileNotFoundError: If data are missing.
    """
    done = work.run(trials, "autoencoders")
    problems = {
        trial.settings.key: trial_problem(
            trial, work.trials, root=work.root, images=IMAGES, encoder=encoder
        )
        for trial in done
    }
    surfaces = surfaces_of(work, problems, grid, "surfaces of autoencoders")
    models = [
        Seen(
            loss=trial.settings.loss.title,
            batch_size=trial.settings.training.batch_size,
            seed=trial.settings.training.seed,
            quality=trial.last.auroc,
            surface=surfaces[trial.settings.key],
            worst_pixel=worst_pixel_share(
                trained_model(trial, work.trials), seen_images(trial, work.root, IMAGES)
            ),
        )
        for trial in done
    ]
    return Models(models=models, quality="AUROC", data=done[0].data)


def surfaces_of(
    work: Work, problems: dict[str, Problem], grid: GridSettings, title: str
) -> dict[str, Surface]:
    """Compute surfaces into the folder of the work (`run_surfaces`), with a progress display."""
    with work.stages(title) as progress:
        return run_surfaces(
            problems, grid, work.folder / "surfaces", workers=work.workers, progress=progress
        )


def multiple(loss: LossSettings, factor: float) -> LossSettings:
    """Return a loss times a constant with two digits: the control that only looks sharper."""
    return loss.model_copy(update={"factor": float(f"{factor:.2g}")})


def _name(sizes: Sequence[int]) -> str:
    """Name batch sizes in a table."""
    return str(sizes[0]) if len(sizes) == 1 else "all"
