"""What is said of the difference between two surfaces: titles, scales, notes and the caption."""

from dataclasses import replace

from landscape.figures.style import Drawing
from landscape.figures.text import share
from landscape.measures.difference import DifferenceMap

SIGNS = {"ratio": "/", "difference": "−", "absolute": "−"}
"""Between the names of the surfaces."""


def title_of(difference: DifferenceMap, *, several: bool = False) -> str:
    """Say which surface is compared with which.

    Args:
        difference: Of two surfaces.
        several: Whether the second one is named elsewhere.

    Returns:
        Such as `a / b`, or `a - b`.
    """
    other = "other" if several else difference.names[1]
    return f"{difference.names[0]} {SIGNS[difference.kind]} {other}"


def scale_of(difference: DifferenceMap) -> str:
    """Name the scale of a map."""
    metric = difference.metric.replace("_", " ")
    return {
        "ratio": f"ratio of {metric} / center",
        "difference": f"difference of {metric} − center",
        "absolute": f"difference of {metric}",
    }[difference.kind]


def corner_of(difference: DifferenceMap) -> str:
    """Say what a map is the mean of."""
    if difference.plane is not None:
        return f"plane {difference.plane}"
    return f"mean of {difference.planes} planes" if difference.planes > 1 else ""


def notes_of(difference: DifferenceMap) -> tuple[str, ...]:
    """Say what hatching is, and on how much of the area.

    Args:
        difference: Of two surfaces.

    Returns:
        Notes.
    """
    (a, b), (higher, lower, within) = difference.names, difference.shares
    what = "error of estimates on this plane alone"
    if difference.planes > 1:
        found = share(1 - difference.confidence)
        what = f"error over planes (false discovery rate {found})"
    hatched = "band" if difference.beta.size == 1 else "hatched"
    notes = [
        f"{hatched}: within {what}",
        f"{a} higher on {share(higher)}, {b} on {share(lower)}, within error on {share(within)}",
    ]
    if not difference.known.all():
        notes.append(f"grey: unknown or not finite, {share(1 - float(difference.known.mean()))}")
    return tuple(notes)


def captioned(drawing: Drawing, difference: DifferenceMap) -> Drawing:
    """Give a drawing its caption and its provenance.

    Args:
        drawing: Of the difference.
        difference: Of two surfaces.

    Returns:
        The drawing.
    """
    what = f"{title_of(difference)}: {scale_of(difference)}"
    about = {name: getattr(difference, name) for name in ("names", "metric", "kind", "planes")}
    return replace(drawing, caption=". ".join([what, *drawing.notes, ""]).strip(), provenance=about)
