"""`lamp score`: anomaly scores, decisions, heat-maps and metrics of images."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from lamp.cli.notes import note
from lamp.cli.settings import ScoringSettings
from landscape.cli.paths import check_inputs, check_output
from landscape.cli.progress import progress_reporter
from landscape.cli.run import DONE, FAILED_POINTS, AsJson
from landscape.cli.terminal import print_json, say, shown, warn
from landscape.errors import LandscapeError


def score(
    checkpoint: Path,
    images: Annotated[list[Path], Parameter(negative=(), consume_multiple=True)],
    /,
    *,
    csv: Path = Path("scores.csv"),
    heatmaps: Path | None = None,
    limit: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    as_json: AsJson = False,
    settings: Annotated[ScoringSettings | None, Parameter(name="*")] = None,
) -> int:
    """Score images; where labels are known, measure how well that works, beside trivial detectors.

    Files that cannot be read are listed; the exit code is then 3.

    Args:
        checkpoint: Of `lamp train`.
        images: Files, a folder of images, or a category in MVTec layout (its test images).
        csv: Table to write, one row a file: path, score, threshold, decision, p-value, label, kind,
            and whether it could be read or was trained on. A name that a spreadsheet would run as
            a formula gets an apostrophe before it. An earlier table of this kind is replaced, no
            other file.
        heatmaps: Folder for pictures: image, reconstruction, residual, heat-map, ground truth.
        limit: Draw the pictures of that many images, the highest scores first; by default of all.
        as_json: Print all numbers as JSON.
        settings: How to decide and to measure.
    """
    check_inputs([checkpoint, *images])
    check_output(csv, (".csv", ".txt"), "a table", option="--csv")
    if limit is not None and heatmaps is None:
        raise LandscapeError("--limit has no effect without --heatmaps", hint="add --heatmaps DIR")

    from lamp.data.layout import find_files, find_test, is_category

    # What is not there is said before torch is imported.
    if len(images) == 1 and is_category(images[0]):
        find_test(images[0])
    else:
        find_files(images, [])

    from lamp.cli.found import find_images
    from lamp.cli.pictures import check_pictures, draw_all
    from lamp.cli.table import as_csv, as_text, check_table, whole_result, write_table
    from lamp.data.reader import NothingReadableError
    from lamp.detection import load_detector, measure
    from lamp.detection.decisions import unreadable_rows
    from landscape.running.resources import resolve_device

    chosen = settings or ScoringSettings()
    check_table(csv)
    detector = load_detector(checkpoint)
    detector.model.to(resolve_device(chosen.device))
    try:
        with progress_reporter("reading images") as report:
            found = find_images(
                images,
                size=detector.size,
                channels=detector.channels,
                normal=chosen.baselines,
                intensity=detector.intensity,
                progress=report,
            )
    except NothingReadableError as error:
        rows = unreadable_rows(error.files)
        write_table(csv, rows)
        warn(f"error: {shown(error)}")
        if as_json:
            print_json({"images": rows})
        return FAILED_POINTS
    note(found.images.notes)
    if heatmaps is not None:
        check_pictures(found, heatmaps)
    decided = detector.score(
        found.images, false_alarms=chosen.false_alarms, smoothing=chosen.smoothing
    )
    note(decided.notes)
    rows = decided.rows(found.name_of)
    lost = None
    try:
        write_table(csv, rows)  # before anything that may fail
    except LandscapeError as error:  # rows are printed instead, and it is raised at the end
        lost = error
    measured = measure(detector, decided, normal=found.normal, baselines=chosen.baselines)
    if as_json:
        print_json(whole_result(detector, decided, measured, rows))
    else:  # before pictures, which take their time
        say(as_text(decided, measured, found.names))
        say(f"scores: {shown(csv)}" if lost is None else as_csv(rows))
    note(measured.notes)  # what must be known of the metrics, such as that others are better
    if heatmaps is not None:
        with progress_reporter("drawing") as report:
            draw_all(detector, found, decided, heatmaps, limit=limit, progress=report)
        if not as_json:
            say(f"pictures: {shown(heatmaps / 'overview.png')}")
    if lost is not None:
        raise lost
    return FAILED_POINTS if found.images.unreadable else DONE
