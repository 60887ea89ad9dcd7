"""Numbers on sharpness and detection: interventions, pairs, equal losses, what goes together."""

from functools import partial

import numpy as np
import pandas as pd

from lamp.paper.arms import Arms
from lamp.statistics import Effect, Line, centered, correlation, differences, line

SAM_SIZE = 32
"""Batch size at which L2 is trained to be sharper and flatter."""


def intervened(models: pd.DataFrame) -> pd.DataFrame:
    """Select plain L2 at one batch size with all radii of SAM, 0 for plain descent.

    Args:
        models: As in `tell`.

    Returns:
        Their rows at the end of training.
    """
    wanted = (models["loss"] == "L2") & (models["batch_size"] == SAM_SIZE) & models["end"]
    plain = (models["experiment"] == "table1") & (models["sam_radius"] == 0)
    found = models[wanted & (plain | (models["sam_radius"] != 0))]
    return found.assign(sam_radius=found["sam_radius"].astype(float)).sort_values(
        "sam_radius", kind="stable"
    )


def sharpness_and_gain(main: pd.DataFrame) -> pd.DataFrame:
    """Pair the change of sharpness with that of AUROC, LAMP less L2, for every pair of models.

    Args:
        main: Models of Table 1 at their ends.

    Returns:
        Columns `loss`, `batch_size`, `task`, `seed`, `radius` and `curvature` (differences of
        logarithms) and `auroc` (differences).
    """
    compared = partial(differences, main, arm="loss", reference="L2", condition="batch_size")
    found = compared("auroc").rename(columns={"difference": "auroc"})
    for name in ("radius", "curvature"):
        other = compared(name, log=True).rename(columns={"difference": name})
        found = found.merge(other, on=["loss", "batch_size", "task", "seed"], how="left")
    return found


def at_equal_center(models: pd.DataFrame) -> Arms | None:
    """Compare the radius of LAMP's models with that of L2 where its center loss was the same.

    The doubling radius is about the root of center loss over curvature: it is longer for any loss
    that leaves L2 higher. L2's own radius is therefore read off on its way, between the marks
    around the center loss at which LAMP ends, on logarithmic scales.

    Args:
        models: As in `tell`.

    Returns:
        Radii at equal center loss; None where no training was looked at on its way.
    """
    keys = ["batch_size", "task", "seed"]
    looked = models[(models["experiment"] == "sharpness") & (models["sam_radius"] == 0)]
    looked = looked.dropna(subset=["center", "radius"])
    paths = dict(list(looked[looked["loss"] == "L2"].groupby(keys)))
    rows = []
    for _, model in looked[looked["end"] & (looked["loss"] != "L2")].iterrows():
        path = paths.get(tuple(model[key] for key in keys))
        base = np.nan
        if path is not None:
            order = np.argsort(path["center"].to_numpy(float))
            centers, radii = (
                np.log(path[name].to_numpy(float)[order]) for name in ("center", "radius")
            )
            base = np.exp(np.interp(np.log(model["center"]), centers, radii, np.nan, np.nan))
        shared = {key: model[key] for key in keys}
        rows.append({**shared, "loss": model["loss"], "radius": model["radius"]})
        rows.append({**shared, "loss": f"L2 for {model['loss']}", "radius": base})
    if not rows:
        return None
    table = pd.DataFrame(rows)
    names = [name for name in dict.fromkeys(table["loss"]) if not name.startswith("L2 for")]
    table["pair"] = table["loss"].str.removeprefix("L2 for ")
    table["who"] = np.where(table["loss"].isin(names), "LAMP", "L2")
    table["cell"] = table["pair"] + ", batch size " + table["batch_size"].astype(str)
    return Arms(models=table, arm="who", reference="L2", condition="cell", of="radius", log=True)


def links(main: pd.DataFrame, pairs: pd.DataFrame) -> dict[str, Effect]:
    """Collect slopes over pairs, and correlations over models of one digit and batch size.

    Args:
        main: Models of Table 1 at their ends.
        pairs: As `sharpness_and_gain` returns them.

    Returns:
        Effects by name; intervals are over digits.
    """
    found: dict[str, Effect] = {}
    for name in ("radius", "curvature"):
        for loss, own in pairs.groupby("loss", sort=False):
            fitted: Line | None = line(own, name, "auroc")
            if fitted is not None:
                found[f"{loss}: slope of AUROC on log {name}"] = fitted.slope
                found[f"{loss}: AUROC at equal {name}"] = fitted.at_zero
        models = main.assign(**{name: np.log(main[name].where(main[name] > 0))})
        within = centered(models, [name, "auroc"], within=["task", "batch_size"])
        linked = correlation(within, name, "auroc")
        if linked is not None:
            found[f"all models of a digit and batch size: rank correlation with {name}"] = linked
    return found
