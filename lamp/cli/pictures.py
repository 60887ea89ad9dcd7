"""The pictures of `lamp score`: one for each image, a sheet of typical ones, and all scores."""

import itertools
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lamp.cli.found import Found
from lamp.data import NORMAL
from lamp.detection import Decisions, Detector
from lamp.figures import HELD_OUT, Detection, draw_detections, draw_scores, ranges_of
from landscape.errors import LandscapeError
from landscape.figures import save_figure
from landscape.figures.style import figure_of
from landscape.progress import Report

OVERVIEW, SCORES, IMAGES = "overview.png", "scores.png", "images"

_ROWS = 8  # of the overview


def draw_all(
    detector: Detector,
    found: Found,
    decided: Decisions,
    out: Path,
    *,
    limit: int | None,
    progress: Report,
) -> None:
    """Draw the overview, the scores, and each image, the highest scores first.

    Args:
        detector: For its held-out scores.
        found: The images.
        decided: What the detector says of them.
        out: Folder; the picture of `test/crack/3.png` is `images/test/crack/3.png`
            in it.
        limit: Draw no more images than that; None: all.
        progress: Called after each picture.
    """
    shown = _detections(found, decided)
    ranges = ranges_of(np.stack([one.residual for one in shown]), decided.heat_maps)
    overview = draw_detections([shown[index] for index in _typical(decided)], ranges)
    save_figure(overview, out / OVERVIEW, metadata={"title": "Typical images of each kind"})
    scores = figure_of(draw_scores(_groups(detector, decided), decided.threshold))
    save_figure(scores, out / SCORES, metadata={"title": "Anomaly scores"})
    pictures = name_pictures(found, out)
    chosen = np.argsort(-decided.scores, kind="stable")[:limit].tolist()
    for done, index in enumerate(chosen, start=1):
        one = shown[index]
        figure = draw_detections([one], ranges)
        save_figure(figure, pictures[index], metadata={"title": one.title, "verdict": one.verdict})
        progress(done, len(chosen))


def check_pictures(found: Found, out: Path) -> None:
    """Refuse a folder in which pictures would replace anything but earlier pictures.

    Args:
        found: The images.
        out: Folder for pictures.

    Raises:
        LandscapeError: If they would, or the folder lies in, or is, a file.
    """
    for folder in (out, *out.parents):
        if folder.exists() and not folder.is_dir():
            raise LandscapeError(
                f"expected --heatmaps to be a folder, got {out}: {folder} is a file",
                hint="choose another folder for --heatmaps",
            )
    for picture in (out / OVERVIEW, out / SCORES, *name_pictures(found, out)):
        if picture.exists() and not _is_drawn(picture):
            raise LandscapeError(
                f"the picture {picture} would replace a file that is no picture of an earlier run",
                hint="choose another folder for --heatmaps",
            )


def _is_drawn(path: Path) -> bool:
    """Tell whether a file is a figure of ours."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return b"Software\0landscape" in file.read(200)


def name_pictures(found: Found, out: Path) -> list[Path]:
    """Name the picture of each image: as the image itself, in the folder of pictures.

    Args:
        found: The images.
        out: Folder for pictures.

    Returns:
        Paths, each once: of images that would have one picture, later ones get a number.
    """
    pictures: dict[Path, None] = {}
    for name in found.names:
        path = Path(name)
        below = Path(*(part for part in path.parts if part not in (path.anchor, "..")))
        stem = below.stem if path.suffix.lower() == ".png" else below.name
        suffix = path.suffix if path.suffix.lower() == ".png" else ".png"
        numbers = (f"-{number}" if number > 1 else "" for number in itertools.count(1))
        names = (out / IMAGES / below.with_name(stem + number + suffix) for number in numbers)
        pictures[next(name for name in names if name not in pictures)] = None
    return list(pictures)


def _detections(found: Found, decided: Decisions) -> list[Detection]:
    """Put together what is shown of each image."""
    images, masks, masked = decided.images.images, decided.images.masks, decided.images.masked
    return [
        Detection(
            title=name,
            verdict=(
                f"score {decided.scores[index]:.3g}, threshold {decided.threshold.value:.3g}, "
                f"p = {decided.p_values[index]:.2g}: "
                f"{'anomalous' if decided.anomalous[index] else 'normal'}"
            ),
            anomalous=bool(decided.anomalous[index]),
            image=images[index].numpy(),
            reconstruction=decided.scored.reconstructions[index].numpy(),
            heat_map=decided.heat_maps[index],
            mask=None
            if masks is None or masked is None or not masked[index]
            else masks[index].numpy(),
        )
        for index, name in enumerate(found.names)
    ]


def _typical(decided: Decisions) -> list[int]:
    """Choose the image of median score of each kind; of unknown ones, equally spaced ranks."""
    order = np.argsort(decided.scores, kind="stable")
    if decided.images.kinds is None:
        places = np.linspace(len(order) - 1, 0, min(_ROWS, len(order)))
        return [int(order[round(place)]) for place in places]
    kinds = np.array(decided.images.kinds)
    chosen = []
    for kind in list(dict.fromkeys(decided.images.kinds))[:_ROWS]:
        members = order[kinds[order] == kind]
        chosen.append(int(members[len(members) // 2]))
    return chosen


def _groups(detector: Detector, decided: Decisions) -> dict[str, NDArray[np.float64]]:
    """Divide the scores by kind, normal ones first, after those of held-out normal images."""
    scores, kinds = decided.scores, decided.images.kinds
    if kinds is None:
        return {HELD_OUT: detector.held_out, "images": scores}
    ordered = sorted(dict.fromkeys(kinds), key=lambda kind: kind != NORMAL)
    return {HELD_OUT: detector.held_out} | {
        kind: scores[np.array(kinds) == kind] for kind in ordered
    }
