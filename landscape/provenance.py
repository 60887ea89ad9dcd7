"""How a surface came to be: versions, seeds, command, and what was done to each parameter."""

import importlib.metadata
import json
import platform
import shlex
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from landscape.objective.tuning import Tuning
from landscape.objective.values import Sample
from landscape.planes.layouts import filter_layouts
from landscape.planes.normalize import normalization_report
from landscape.planes.parameters import parameters_of
from landscape.problem import Problem
from landscape.settings import GridSettings


def provenance(
    problem: Problem,
    grid: GridSettings,
    samples: int,
    tuning: Tuning,
    center: Mapping[str, Sample],
) -> dict[str, str | int | float]:
    """Collect how a surface came to be.

    Args:
        problem: Model and loss.
        grid: Which points.
        samples: Number of samples in the data.
        tuning: How the objective computes.
        center: Values at the center.

    Returns:
        Names and values, as they go into the file's attributes.
    """
    dtypes = sorted({str(p.dtype).removeprefix("torch.") for p in problem.model.parameters()})
    versions = {
        name: importlib.metadata.version(name) for name in ("lamp-landscape", "torch", "numpy")
    }
    return {
        "title": "Loss surface",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(sys.argv),
        "git": git_commit(),
        "problem": problem.spec or "Python objects",
        "model": type(problem.model).__name__,
        "samples": samples,
        "dtype": ",".join(dtypes),
        "tuning": tuning.to_json(),
        "normalize": grid.normalize,
        "batchnorm": grid.batchnorm,
        "radius": grid.radius,
        "seed": grid.seed,
        "normalization_report": json.dumps(
            normalization_report(
                filter_layouts(problem.model), parameters_of(problem.model), how=grid.normalize
            )
        ),
        "python": platform.python_version(),
        **versions,
        **{f"center_{name}_se": sample.standard_error for name, sample in center.items()},
    }


def git_commit() -> str:
    """Name the commit of the current folder, if it is in a git repository."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty"],  # noqa: S607, the user's own git
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "none"
    return found.stdout.strip()
