"""`landscape barrier`: what lies between two checkpoints."""

from pathlib import Path
from typing import Annotated, get_args

from cyclopts import Parameter
from cyclopts.validators import Number

from landscape.cli.paths import check_inputs, check_output, write_rows
from landscape.cli.progress import progress_reporter
from landscape.cli.run import AsJson, Device, TableStyle
from landscape.cli.terminal import print_json, print_result, shown, warn
from landscape.cli.words import Arguments, pairs_of
from landscape.errors import LandscapeError
from landscape.keywords import meant
from landscape.loading import check_spec, load_problem
from landscape.settings import BatchNormPolicy, split_commas


def barrier(
    problem: str,
    checkpoints: Annotated[list[Path], Parameter(negative=(), consume_multiple=True)],
    /,
    *,
    arguments: Arguments = None,
    steps: Annotated[int, Parameter(validator=Number(gte=3))] = 25,
    batchnorm: str | None = None,
    align: Annotated[bool, Parameter(negative=())] = False,
    curve: str | None = None,
    max_samples: int | None = None,
    out: Path | None = None,
    overwrite: Annotated[bool, Parameter(negative=())] = False,
    figure: Path | None = None,
    metric: str = "loss",
    table: Annotated[Path | None, Parameter("--csv")] = None,
    device: Device = "auto",
    style: TableStyle = "text",
    as_json: AsJson = False,
) -> None:
    """Measure how far the loss rises between two checkpoints above the straight line of its values.

    With 95 % intervals, paired over samples. With --out, an interrupted run goes on when the same
    command is given again.

    Args:
        problem: FILE.py:build or package.module:build, a function that returns a Problem.
        checkpoints: Two files, a.pt b.pt; of one alone, the problem's own model is the other end.
        arguments: An argument of build as name=value; may be given several times.
        steps: Points with both ends; an odd number has the middle.
        batchnorm: frozen (running statistics interpolated between both ends), batch, recalibrated,
            or several with commas; by default all three where the model has BatchNorm.
        align: Put the units of the second end into the order of the first before, by matching
            weights.
        curve: bezier, or bezier:steps=2000,seed=1: beside the line a curve with one bend, which is
            trained on the problem's batches.
        max_samples: Evaluate on the first this many samples only.
        out: A file (HDF5) that keeps the values of all samples.
        overwrite: Replace it where it exists.
        figure: Draw it: .pdf, .png or .svg.
        metric: Which metric the figure shows, or several with commas, such as loss,test_loss.
        table: Write all points to a .csv file.
        device: Where to evaluate: auto, cpu, cuda, or one of several GPUs, such as cuda:1.
        style: How to print: as text, or to be pasted into a page (markdown) or a paper (latex).
        as_json: Print JSON.

    Raises:
        LandscapeError: If there are not one or two checkpoints, or options do not go together.
    """
    if len(checkpoints) not in {1, 2}:
        raise LandscapeError(f"expected one or two checkpoints, got {len(checkpoints)}")
    if overwrite and out is None:
        raise LandscapeError("expected --overwrite with --out")
    if out is not None:
        check_output(out, (".h5", ".hdf5"), "a file of values")
    if figure is not None:
        check_output(figure, (".pdf", ".png", ".svg"), "a figure", option="--figure")
    if table is not None:
        check_output(table, (".csv",), "a table", option="--csv")
    policies = _policies(batchnorm)
    pairs = pairs_of(arguments or [])
    check_spec(problem, pairs)
    check_inputs(checkpoints)
    metrics = split_commas(metric)
    here = Path.cwd()  # build() may change the folder

    from landscape.connect import barrier as measure

    with progress_reporter("measuring the barrier") as progress:
        found = measure(
            load_problem(problem, pairs),
            *(here / path for path in checkpoints),
            steps=steps,
            batchnorm=policies,
            align=align,
            curve=curve,
            max_samples=max_samples,
            path=None if out is None else here / out,
            overwrite=overwrite,
            device=device,
            metrics=metrics,
            progress=progress,
        )
    if as_json:
        print_json(found.to_dict())
    else:
        print_result(found.table(style=style))
    written = [path for path in (out, table, figure) if path is not None]
    if table is not None:
        write_rows(here / table, found.rows())
    if figure is not None:
        from landscape.figures import draw_barrier, draw_barriers, save_figure

        several = len(metrics) > 1
        drawn = draw_barriers(found, metrics) if several else draw_barrier(found, metric=metric)
        save_figure(drawn, here / figure, metadata=found.to_dict())
    if written:
        warn(f"written: {', '.join(map(shown, written))}")


def _policies(text: str | None) -> list[BatchNormPolicy] | None:
    """Read what BatchNorm does, before torch is imported."""
    if text is None:
        return None
    known = {policy: policy for policy in get_args(BatchNormPolicy)}
    words = split_commas(text)
    for word in words:
        if word not in known:
            raise LandscapeError(
                f"expected --batchnorm to be of {', '.join(known)}, got {word!r}",
                hint=meant(word, known),
            )
    return [known[word] for word in words]
