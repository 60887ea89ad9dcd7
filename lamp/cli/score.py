"""`lamp score`: anomaly scores, decisions, heat-maps and metrics of images."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lamp.cli.notes import note
from lamp.cli.settings import ScoringSettings
from landscape.cli.paths import check_inputs, check_output
from landscape.cli.progress import progress_reporter
from landscape.cli.run import AsJson
from landscape.cli.terminal import print_json, say, shown


def score(
    checkpoint: Path,
    images: Annotated[list[Path], Parameter(negative=(), consume_multiple=True)],
    /,
    *,
    csv: Path = Path("scores.csv"),
    heatmaps: Path | None = None,
    as_json: AsJson = False,
    settings: Annotated[ScoringSettings | None, Parameter(name="*")] = None,
) -> None:
    """Score images; where labels are known, measure how well that works, beside trivial detectors.

    Args:
        checkpoint: Of `lamp train`.
        images: Files, a folder of images, or a category in MVTec layout (its test images).
        csv: Table to write, one row an image: path, score, threshold, decision, p-value, label.
        heatmaps: Folder for pictures: image, reconstruction, residual, heat-map, ground truth.
        as_json: Print all numbers as JSON.
        settings: How to decide and to measure.
    """
    check_inputs([checkpoint, *images])
    check_output(csv, (".csv", ".txt"), "a table", option="--csv")

    from lamp.cli.found import find_images
    from lamp.cli.pictures import check_pictures, draw_all
    from lamp.cli.scoring import rows, whole_result, work_out
    from lamp.cli.table import as_csv, as_text
    from lamp.detection import load_detector
    from landscape.figures.save import write_whole
    from landscape.running.resources import resolve_device

    chosen = settings or ScoringSettings()
    detector = load_detector(checkpoint)
    detector.model.to(resolve_device(chosen.device))
    with progress_reporter("reading images") as report:
        found = find_images(
            images,
            size=detector.size,
            channels=detector.channels,
            normal=chosen.baselines,
            progress=report,
        )
    note(found.images.notes)
    if heatmaps is not None:
        check_pictures(found, heatmaps)
    outcome = work_out(detector, found, chosen)
    note(outcome.notes)
    write_whole(csv, as_csv(rows(found, outcome)))
    if as_json:
        print_json(whole_result(detector, found, outcome))
    else:  # before pictures, which take their time
        say(as_text(found, outcome))
        say(f"scores: {shown(csv)}")
    if heatmaps is not None:
        with progress_reporter("drawing") as report:
            draw_all(detector, found, outcome, heatmaps, progress=report)
        if not as_json:
            say(f"pictures: {shown(heatmaps / 'overview.png')}")
