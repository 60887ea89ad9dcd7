"""Trained models and their surfaces: what Fig. 1 and Fig. 3 draw, compare and tabulate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from lamp.experiments import TrialSettings
from lamp.experiments.classify import ClassifierSettings
from lamp.experiments.lens import OWN, summarize_common, worst_pixel_share
from lamp.experiments.surfaces import model_problem, run_surfaces, seen_images, trained_model
from lamp.losses.settings import LossSettings
from lamp.pages import Table
from lamp.paper.ratios import (
    Ratios,
    ratios_of,
    sharpness_text,
    statistics_row,
    statistics_table,
)
from lamp.paper.words import ratio_cell
from lamp.paper.work import Work
from landscape.measures import Summary, summarize
from landscape.problem import Problem
from landscape.settings import GridSettings
from landscape.surface import Surface

IMAGES = 128  # training images that surfaces are taken over
Known = Mapping[str, tuple[Problem, Mapping[str, Any]]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """A trained model and its surface.

    Args:
        loss: Title of its loss.
        batch_size: In training.
        seed: Of training.
        quality: Test accuracy of a classifier, AUROC of an autoencoder.
        surface: Under plain L2 and the training loss.
        worst_pixel: Share of L2 at the center that the worst pixel of each image makes up.
    """

    loss: str
    batch_size: int
    seed: int
    quality: float
    surface: Surface
    worst_pixel: float | None = None

    @cached_property
    def common(self) -> Summary:
        """Statistics under plain L2."""
        return summarize_common(self.surface, self.worst_pixel)

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

    def plus(self, others: Sequence[Seen]) -> "Models":
        """Add models, such as controls, that are drawn and tabulated with these."""
        return replace(self, models=[*self.models, *others])

    def ratios(self, loss: str, batch_sizes: Sequence[int], *, own: bool = False) -> Ratios:
        """Compare models with those of the first loss: under plain L2, or each under its own."""

        def pair(size: int, seed: int) -> tuple[Summary, Summary]:
            a, b = (self.find(title, size, seed) for title in (loss, self.losses[0]))
            return (a.own, b.own) if own else (a.common, b.common)

        rest = not own and all(model.worst_pixel is not None for model in self.models)
        groups = [[pair(size, seed) for size in batch_sizes] for seed in self.seeds]
        return ratios_of(groups, rest=rest)

    def sharpness(self) -> str:
        """Say how sharp each loss's models are under plain L2, over all batch sizes."""
        plain, *others = self.losses
        return "; ".join(
            sharpness_text(self.ratios(loss, self.batch_sizes), loss, plain) for loss in others
        )

    def statistics(self, names: Mapping[str, str], caption: str, *, own: bool = False) -> Table:
        """Tabulate statistics of every model, or of those of the first seed under their own loss.

        Args:
            names: Keys of statistics and their titles.
            caption: What the table shows.
            own: Each under its training loss in place of plain L2.
        """
        shown = [m for m in self.models if not own or m.seed == self.seeds[0]]
        sizes, seeds = (
            len({getattr(m, part) for m in shown}) > 1 for part in ("batch_size", "seed")
        )
        titled = {
            f"{m.loss}{f', {m.batch_size}' * sizes}{f', seed {m.seed}' * seeds}": (
                m.own if own else m.common
            )
            for m in shown
        }
        center = "own loss at center" if own else "L2 at center"
        return statistics_table(titled, names, caption, center=center)

    def table(self, kind: str) -> pd.DataFrame:
        """Return all numbers, one row a model, which is of this kind."""
        return pd.DataFrame(
            {
                "kind": kind,
                "loss": model.loss,
                "batch_size": model.batch_size,
                "seed": model.seed,
                self.quality.lower().replace(" ", "_"): model.quality,
                "worst_pixel": model.worst_pixel,
                **statistics_row(model.common, "l2_"),
                **statistics_row(model.own, "own_"),
            }
            for model in self.models
        )

    def ratios_table(self, kind: str) -> pd.DataFrame:
        """Return the ratios of each loss to the reference, by batch size and over all of them."""
        over = f"{len(self.seeds)} seeds" if len(self.seeds) > 1 else "planes of two models"
        return pd.DataFrame(
            {
                "kind": kind,
                "lens": "own" if own else "l2",
                "loss": loss,
                "reference": self.losses[0],
                "batch_size": name,
                **self.ratios(loss, sizes, own=own).row(),
                "intervals_over": over if len(self.seeds) > 1 or len(sizes) == 1 else "",
            }
            for own in (False, True)
            for loss in self.losses[1:]
            for name, sizes in self._groups.items()
        )

    def ratios_shown(self) -> Table:
        """Tabulate the ratios under plain L2 beside what the models are worth."""
        over = f"95 % intervals over {len(self.seeds)} seeds"
        if len(self.seeds) == 1:
            over = (
                "One seed: 95 % intervals at one batch size are over planes and speak of these "
                "two models only; over all batch sizes there is none"
            )
        reference, *others = self.losses
        rows, missing = [], dict[str, None]()
        for loss in others:
            for name, sizes in self._groups.items():
                one = self.ratios(loss, sizes)
                qualities = [self._quality(title, sizes) for title in (loss, reference)]
                ratios = [ratio_cell(log) for log in (one.center, one.curvature, one.radius)]
                rows.append([loss, name, *qualities, *ratios, one.pairs])
                reasons = {"curvatures": one.why_no_curvature, "radii": one.why_no_radius}
                missing |= {f"{what}, {why}": None for what, why in reasons.items() if why}
        because = f" Empty where there is no ratio: of {'; of '.join(missing)}." if missing else ""
        return Table(
            columns=[
                "loss", "batch size", f"its {self.quality}", f"{reference}'s", "center loss",
                "absolute curvature", "doubling radius", "pairs",
            ],
            units=["", "", "", "", "ratio", "ratio", "ratio", ""],
            rows=rows,
            caption=(
                f"Against {reference} under plain L2. Absolute curvature, per squared filter norm, "
                "is larger where the loss is steeper; the doubling radius is smaller where it is "
                f"sharper relative to its center. {over}.{because}"
            ),
        )  # fmt: skip

    @property
    def _groups(self) -> dict[str, list[int]]:
        """Each batch size by its name, and all of them where there are several."""
        groups = {str(size): [size] for size in self.batch_sizes}
        return groups | ({"all": self.batch_sizes} if len(groups) > 1 else {})

    def _quality(self, loss: str, sizes: Sequence[int]) -> float:
        """Average the quality of models."""
        own = [m.quality for m in self.models if m.loss == loss and m.batch_size in sizes]
        return float(np.mean(own))


def autoencoders(
    work: Work, trials: Sequence[TrialSettings], grid: GridSettings, *, encoder: bool = False
) -> Models:
    """Train autoencoders, and compute their surfaces over images that they were trained on.

    Args:
        work: Where and how.
        trials: Of one task; alike in all but loss, batch size and seed.
        grid: Planes through the trained parameters.
        encoder: Move those of the encoder alone.

    Raises:
        FloatingPointError: If a training diverged.
        FileNotFoundError: If data are missing.
    """
    done = work.run(trials, "autoencoders")
    known = {}
    for trial in done:
        settings = trial.settings
        model, images = trained_model(trial, work.trials), seen_images(trial, work.root, IMAGES)
        facts = {"quality": trial.last.auroc, "worst_pixel": worst_pixel_share(model, images)}
        problem = model_problem(model, images, settings.loss, encoder=encoder)
        known[settings.key] = (problem, names_of(settings, settings.loss) | facts)
    models = look_at(work, known, grid, "surfaces of autoencoders")
    return Models(models=models, quality="AUROC", data=done[0].data)


def names_of(settings: TrialSettings | ClassifierSettings, loss: LossSettings) -> dict[str, Any]:
    """Return by what a model is found that is seen under a loss as its own: parts of `Seen`."""
    training = settings.training
    return {"loss": loss.title, "batch_size": training.batch_size, "seed": training.seed}


def look_at(work: Work, known: Known, grid: GridSettings, title: str) -> list[Seen]:
    """Compute surfaces into the folder of the work, with a progress display of this title.

    Args:
        work: Where and how.
        known: By the names of files: problems, and the other parts of `Seen`.
        grid: The planes.
        title: Of the display.
    """
    with work.stages(title) as progress:
        surfaces = run_surfaces(
            {name: problem for name, (problem, _) in known.items()},
            grid,
            work.folder / "surfaces",
            workers=work.workers,
            progress=progress,
        )
    return [Seen(surface=surfaces[name], **parts) for name, (_, parts) in known.items()]


def multiple(loss: LossSettings, factor: float) -> LossSettings:
    """Return a loss times a constant with two digits: the control that only looks sharper."""
    return loss.model_copy(update={"factor": float(f"{factor:.2g}")})
