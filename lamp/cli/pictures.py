"""The pictures of `lamp score`: one for each image, a sheet of typical ones, and all scores."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lamp.cli.found import Found
from lamp.data import NORMAL
from lamp.detection import Decisions, Detector
from lamp.figures import HELD_OUT, Detection, Ranges, draw_detections, draw_scores, ranges_of
from landscape.cli.progress import Report
from landscape.errors import LandscapeError
from landscape.figures import save_figure
from landscape.figures.style import figure_of

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
    _draw_overview(shown, _typical(decided), ranges, out)
    _draw_scores(detector, decided, out)
    pictures = _pictures(found, out)
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
        LandscapeError: If they would.
    """
    for picture in (out / OVERVIEW, out / SCORES, *_pictures(found, out)):
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


def _pictures(found: Found, out: Path) -> list[Path]:
    """Name the picture of each image: as the image itself, in the folder of pictures."""
    pictures = []
    for name in found.names:
        path = Path(name)
        below = Path(*(part for part in path.parts if part not in (path.anchor, "..")))
        same = path.suffix.lower() == ".png"
        pictures.append(out / IMAGES / (below if same else below.with_name(f"{below.name}.png")))
    return pictures


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
            mask=masks[index].numpy()
            if masks is not None and masked is not None and masked[index]
            else None,
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


def _draw_overview(shown: list[Detection], typical: list[int], ranges: Ranges, out: Path) -> None:
    """Draw the sheet."""
    figure = draw_detections([shown[index] for index in typical], ranges)
    save_figure(figure, out / OVERVIEW, metadata={"title": "Typical images of each kind"})


def _draw_scores(detector: Detector, decided: Decisions, out: Path) -> None:
    """Draw the scores of each kind beside those of held-out normal images."""
    groups: dict[str, NDArray[np.float64]] = {HELD_OUT: detector.held_out}
    kinds = decided.images.kinds
    scores = decided.scores
    if kinds is None:
        groups["images"] = scores
    else:
        ordered = sorted(dict.fromkeys(kinds), key=lambda kind: kind != NORMAL)
        groups |= {kind: scores[np.array(kinds) == kind] for kind in ordered}
    figure = figure_of(draw_scores(groups, decided.threshold))
    save_figure(figure, out / SCORES, metadata={"title": "Anomaly scores"})
