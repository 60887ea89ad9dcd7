"""Numbers on sharpness and detection: interventions, pairs, equal losses, what goes together."""

import numpy as np
import pandas as pd

from lamp.statistics import Arms, Effect, centered, correlation, line

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


def by_side(intervened: pd.DataFrame) -> Arms:
    """Compare plain L2 trained to be sharper, and to be flatter, with plain descent.

    Args:
        intervened: As `intervened` returns them.

    Returns:
        Arms `sharper`, `flatter` and `plain`, under as many conditions as a side has distances,
        the smallest first: `pooled` is over them.
    """
    sides = np.sign(intervened["sam_radius"]).map({-1: "sharper", 0: "plain", 1: "flatter"})
    rank = intervened["sam_radius"].abs().groupby(sides).rank(method="dense").astype(int)
    found = intervened.assign(side=sides, step=rank)
    plain = found[found["side"] == "plain"]
    moved = found[found["side"] != "plain"]
    repeated = [plain.assign(step=step) for step in sorted(moved["step"].unique())]
    models = pd.concat([moved, *repeated], ignore_index=True)
    return Arms(models=models, arm="side", reference="plain", condition="step")


def sharpness_and_gain(main: pd.DataFrame) -> pd.DataFrame:
    """Pair the change of sharpness with that of AUROC, LAMP minus L2, for every pair of models.

    Args:
        main: Models of Table 1 at their ends.

    Returns:
        Columns `loss`, `batch_size`, `task`, `seed`, `radius` and `curvature` (differences of
        logarithms) and `auroc` (differences).
    """
    keys = ["loss", "batch_size", "task", "seed"]
    found = {
        name: Arms(models=main, of=name, log=name != "auroc").differences.set_index(keys)
        for name in ("auroc", "radius", "curvature")
    }
    paired = found["auroc"].rename(columns={"difference": "auroc"})
    for name in ("radius", "curvature"):
        paired[name] = found[name]["difference"]
    return paired.reset_index()


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
    base = looked[looked["loss"] == "L2"].sort_values("center")
    paths = dict(list(base.groupby(keys)))
    rows = []
    for _, model in looked[looked["end"] & (looked["loss"] != "L2")].iterrows():
        path = paths.get(tuple(model[keys]))
        if path is None:
            continue
        centers, radii = (np.log(path[name]) for name in ("center", "radius"))
        radius = np.exp(np.interp(np.log(model["center"]), centers, radii, np.nan, np.nan))
        cell = f"{model['loss']}, batch size {model['batch_size']}"
        shared = {"task": model["task"], "seed": model["seed"], "cell": cell}
        rows.append(shared | {"who": "LAMP", "radius": model["radius"]})
        rows.append(shared | {"who": "L2", "radius": radius})
    if not rows:
        return None
    return Arms(models=pd.DataFrame(rows), arm="who", condition="cell", of="radius", log=True)


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
            if fitted := line(own, name, "auroc"):
                found[f"{loss}: slope of AUROC on log {name}"] = fitted.slope
                found[f"{loss}: AUROC at equal {name}"] = fitted.at_zero
        models = main.assign(**{name: np.log(main[name].where(main[name] > 0))})
        within = centered(models, [name, "auroc"], within=["task", "batch_size"])
        if linked := correlation(within, name, "auroc"):
            found[f"all models of a digit and batch size: rank correlation with {name}"] = linked
    return found
