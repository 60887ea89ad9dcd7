"""`lamp score`: anomaly scores, decisions, heat-maps and metrics of images."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lamp.cli.notes import count_kinds, note
from landscape.cli.progress import progress_reporter
from landscape.cli.run import print_json, say

_USUAL_SIGMA = 4 / 256  # of the side: 4 pixels at 256, as in PaDiM and SPADE


def score(
    checkpoint: Path,
    images: Annotated[list[Path], Parameter(negative=(), consume_multiple=True)],
    /,
    *,
    csv: Path = Path("scores.csv"),
    heatmaps: Path | None = None,
    false_alarms: float = 0.05,
    smoothing: float | None = None,
    baselines: bool = True,
    json: bool = False,
) -> None:
    """Score images; where labels are known, measure how well that works, beside trivial detectors.

    Args:
        checkpoint: Of `lamp train`.
        images: Files, a folder of images, or a category in MVTec layout (its test images).
        csv: Table to write, one row an image: path, score, threshold, decision, p-value, label.
        heatmaps: Folder for pictures: image, reconstruction, residual, heat-map, ground truth.
        false_alarms: Share of normal images that may be called anomalous; the threshold is that
            quantile of the held-out normal images' scores.
        smoothing: Standard deviation of the Gaussian that smooths heat-maps, in pixels; by default
            4 at an image size of 256, in proportion at others. Scores are not affected.
        baselines: Compare with PCA, the mean image and brightness.
        json: Print all numbers as JSON.
    """
    from lamp.cli.found import find_images
    from lamp.cli.pictures import check_pictures, draw_all
    from lamp.cli.scoring import as_json, rows, work_out
    from lamp.cli.table import as_csv, metrics_table
    from lamp.detection import load_detector
    from landscape.figures.files import write_whole

    detector = load_detector(checkpoint)
    with progress_reporter("reading images") as report:
        found = find_images(
            images,
            size=detector.size,
            channels=detector.channels,
            progress=lambda done, total: report(done, total, {}),
        )
    note(found.images.notes)
    if heatmaps is not None:
        check_pictures(found, heatmaps)
    outcome = work_out(
        detector,
        found,
        false_alarms=false_alarms,
        smoothing=_USUAL_SIGMA * detector.size if smoothing is None else smoothing,
        baselines=baselines,
    )
    note(outcome.notes)
    write_whole(csv, as_csv(rows(found, outcome)))
    if heatmaps is not None:
        with progress_reporter("drawing") as report:
            draw_all(detector, found, outcome, heatmaps, progress=report)
    if json:
        print_json(as_json(detector, found, outcome))
        return
    kinds = found.images.kinds
    known = f": {count_kinds(kinds)}" if kinds is not None else ""
    say(f"{len(found.names)} images{known}")
    threshold = outcome.threshold
    above = int((outcome.scored.scores > threshold.value).sum())
    say(
        f"threshold {threshold.value:.4g} from {threshold.held_out} held-out normal images "
        f"(false alarms at most {threshold.false_alarms:.3g}): {above} above it"
    )
    if outcome.metrics:
        say(metrics_table(outcome.metrics))
    say(f"scores: {csv}" + (f"   pictures: {heatmaps / 'overview.png'}" if heatmaps else ""))
