"""What stands below a figure in a paper: where its surface comes from and how well it is known."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from landscape.arguments import checked
from landscape.errors import LandscapeError, shown
from landscape.figures.coordinates import format_coordinate
from landscape.figures.levels import Levels
from landscape.figures.panel import Panel, make_panel
from landscape.figures.style import Drawing
from landscape.figures.text import label_of, share
from landscape.measures.accuracy import accuracy
from landscape.measures.recorded import center_error, samples_of, unpromised
from landscape.measures.text import number, over_samples
from landscape.surface.axes import UNITS
from landscape.surface.data import Status, Surface
from landscape.surface.given import with_titles


@checked
def caption(
    surfaces: Surface | Sequence[Surface],
    *,
    titles: Sequence[str] | None = None,
    metric: str = "loss",
    plane: int | None = None,
    levels: Levels | None = None,
    relief: bool = False,
) -> str:
    """Write the caption of a figure from what its files say.

    It says what is drawn of which model, the directions, their normalization, seed and radius, the
    samples and the mode of BatchNorm, the value at the center with its error, how many points were
    measured and which error was promised for the others, which contours there are, and what marks
    mean. Drawings have theirs as `caption`, and `save_figure` puts it into the file.

    Args:
        surfaces: One or several.
        titles: Names of several, in the order of the surfaces.
        metric: Which of their values is drawn.
        plane: Which plane; None for all.
        levels: Of the contours, from `levels_for`; None says nothing of them and of marks.
        relief: Whether surfaces are drawn in three dimensions, which have fewer marks.

    Returns:
        Sentences. What holds for all surfaces is said once.

    Raises:
        LandscapeError: If there is no such metric or plane, or titles are not as many.
    """
    many, names = with_titles(surfaces, titles)
    for one in many:
        if metric not in one.metrics:
            raise LandscapeError(f"expected a metric of {', '.join(one.metrics)}, got {metric!r}")
    said = [_sentences(one, metric, plane) for one in many]
    text: list[str] = []
    for same in zip(*said, strict=True):
        different = len(set(same)) > 1
        pairs = zip(names, same, strict=True)
        parts = [f"{name}: {each}" for name, each in pairs if each] if different else same[:1]
        text += [f"{each}." for each in parts if each]
    if levels is not None:
        drawn = [
            make_panel(one, levels, plane=number)
            for one in many
            for number in (range(one.planes) if plane is None else [plane])
        ]
        found = (_levels(levels, drawn), _marks(levels, drawn, relief))
        text += [f"{each}." for each in found if each]
    return shown(" ".join(text))


def captioned(
    drawing: Drawing,
    surfaces: Sequence[Surface],
    *,
    titles: Sequence[str] | None = None,
    metric: str,
    plane: int | None = None,
    levels: Levels | None = None,
    relief: bool = False,
) -> Drawing:
    """Give a drawing its caption and its provenance.

    Args:
        drawing: Of surfaces.
        surfaces: Those.
        titles: As of `caption`, and so are the others.
        metric: Likewise.
        plane: Likewise.
        levels: Likewise.
        relief: Likewise.

    Returns:
        The drawing.
    """
    names = list(titles) if titles and len({*titles, ""}) == len(titles) + 1 else None
    text = caption(surfaces, titles=names, metric=metric, plane=plane, levels=levels, relief=relief)
    found = [one.metadata.get("original", one.metadata) for one in surfaces]
    files = {str(one.get("path", id(one))): dict(one) for one in found}
    return replace(drawing, caption=text, provenance={"files": list(files.values())})


def _sentences(surface: Surface, metric: str, plane: int | None) -> tuple[str, ...]:
    """Say all of one surface, in as many sentences for any; empty where nothing is known."""
    about = surface.metadata
    origin = [f"imported from {about['imported']}"] if "imported" in about else []
    origin += [f"not known: {about['unknown']}"] if "unknown" in about else []
    return (
        _what(surface, metric, plane),
        _directions(surface),
        _evaluation(surface, metric),
        _center(surface, metric),
        _points(surface, metric, plane),
        "; ".join(origin).capitalize(),
    )


def _what(surface: Surface, metric: str, plane: int | None) -> str:
    """Say what is drawn, of what, and where."""
    name = metric.replace("_", " ")
    model = surface.metadata.get("model")
    kind, sides = "plane", f"{surface.beta.size} × {surface.alpha.size}"
    if surface.is_line:
        kind, sides = "line", f"{surface.alpha.size}"
    count = surface.planes
    where = f"on a {kind}" if count == 1 else f"on {count} {kind}s"
    if plane is not None and count > 1:
        where = f"on {kind} {plane} of {count}"
    of = f" of {model}" if model else ""
    return f"{name[:1].upper()}{name[1:]}{of} {where}, {sides} points"


def _directions(surface: Surface) -> str:
    """Say along what, how it was scaled, and how far."""
    along = [side for side in (surface.alpha, surface.beta) if side.size > 1]
    ends = [(float(side[0]), float(side[-1])) for side in along]
    if len(set(ends)) == 1 and ends[0][0] == -ends[0][1]:
        reach = f"radius {ends[0][1]:g}"
    else:
        sides = zip("αβ", ends, strict=False)
        write = format_coordinate
        reach = ", ".join(
            f"{name} from {write(low)} to {write(high)}" for name, (low, high) in sides
        )
    if not surface.is_random:
        names = zip("αβ", surface.axes, strict=False)
        return "; ".join([*(f"{name}: {axis}" for name, axis in names), reach])
    scaled = {"unit": "of length 1", "none": "as drawn"}
    how = surface.normalize
    said = scaled.get(how, f"{how}-normalized" if how in UNITS else "")
    seed = "" if surface.seed is None else f"seed {surface.seed}"
    kind = "directions" if not surface.is_line else "direction"
    return ", ".join(filter(None, [f"Random {kind}", said, seed, reach]))


def _evaluation(surface: Surface, metric: str) -> str:
    """Say with what the metric was evaluated."""
    known, samples = {**surface.metadata, **surface.config}, samples_of(surface, metric)
    count = f" on {samples:,} sample{'s' * (samples != 1)}" if samples else ""
    precision = f" in {known['precision']}" if "precision" in known else ""
    parts = [f"Evaluated{count}{precision}"] if count or precision else []
    if "batchnorm" in known:
        parts.append(f"BatchNorm {known['batchnorm']}")
    return "; ".join(parts)


def _center(surface: Surface, metric: str) -> str:
    """Say what the value at the center is."""
    spread = over_samples(center_error(surface, metric))
    return f"At the center it is {number(surface.center[metric])}{spread}"


def _points(surface: Surface, metric: str, plane: int | None) -> str:
    """Say how many points were measured, and how well the others are known."""
    status = surface.status if plane is None else surface.status[plane]
    measured = float((status == Status.MEASURED).mean())
    failed = float((status == Status.FAILED).mean())
    parts = [f"{'All' if measured == 1 else share(measured) + ' of the'} points were measured"]
    if surface.refined is not None and measured < 1:
        held = unpromised(surface, metric) or accuracy(surface, plane)
        parts[0] += f", the others interpolated: {held}"
    parts += [f"{share(failed)} failed"] if failed else []
    missing = 0.0 if surface.refined is not None else 1 - measured - failed
    parts += [f"{share(missing)} are missing"] if missing > 1e-12 else []
    return "; ".join(parts)


def _levels(levels: Levels, panels: Sequence[Panel]) -> str:
    """Say where there are contours, which is not at levels that no panel reaches."""
    ends = [(*_ends(panel), panel.limit) for panel in panels]
    drawn = [
        label
        for value, label in zip(levels.values, levels.labels, strict=True)
        if any(low < value < min(high, limit) for low, high, limit in ends)
    ]
    what = {
        "ratio": f" the {levels.metric.replace('_', ' ')} at the center",
        "difference": " from the value at the center",
        "absolute": "",
    }[levels.kind]
    *others, last = drawn or ["no level"]
    several = f"s at {', '.join(others)} and" if others else " at"
    return f"Contour{several} {last}{what if drawn else ''}"


def _ends(panel: Panel) -> tuple[float, float]:
    """Return the lowest and the highest value that a panel shows; NaN where there is none."""
    shown = panel.shown[~panel.hidden]
    return (float(shown.min()), float(shown.max())) if shown.size else (np.nan, np.nan)


def _marks(levels: Levels, panels: Sequence[Panel], relief: bool) -> str:
    """Say what marks, the bold line and hatching mean, as far as there are any."""
    said = ["dot: center"] if any(panel.center_inside for panel in panels) else []
    if not relief and any(panel.best is not None for panel in panels):
        said.append("cross: grid best" if levels.higher_is_better else "cross: grid minimum")
    if any(panel.doubles for panel in panels):
        radius = not relief and any(panel.doubles and panel.radius for panel in panels)
        mean = ", at the mean radius r2×" if radius else ""
        said.append(f"bold line: the {levels.metric.replace('_', ' ')} doubles{mean}")
    hatched = ["no finite value"] if any(panel.hidden.any() for panel in panels) else []
    cut = {p.limit for p in panels if p.limit < levels.values[-1] and _ends(p)[1] > p.limit}
    ends = [label_of(end, levels.kind) for end in sorted(cut)[:: max(1, len(cut) - 1)]]
    hatched += [f"above {' … '.join(dict.fromkeys(ends))}, not accurate"] if cut else []
    if hatched:
        said.append(f"{'left out' if relief else 'hatched'}: {' or '.join(hatched)}")
    text = "; ".join(said)
    return text[:1].upper() + text[1:]
