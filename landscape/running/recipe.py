"""Find model and data again on another machine, by the name of the function that builds them."""

import logging
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from landscape.objective.data import ResidentBatches, plain, read_batches
from landscape.planes.parameters import fingerprint, parameters_of
from landscape.problem import Problem, load_problem
from landscape.running.evaluator import undisturbed
from landscape.running.job import Job

logger = logging.getLogger("landscape")


@dataclass(frozen=True)
class Recipe:
    """A job without its model and data.

    Args:
        spec: How the problem was named on the command line: `file.py:build` or
            `package.module:build`, then `name=value` for each of its arguments.
        rest: Fields of the job other than problem and data.
        prints: Fingerprints of parameters, buffers and data.
    """

    spec: str
    rest: Mapping[str, Any]
    prints: tuple[str, ...]


def recipe_of(job: Job) -> Recipe:
    """Describe a job that another process may be able to make itself.

    Args:
        job: Its problem has a spec.

    Returns:
        The recipe, of about a kilobyte.
    """
    rest = {name: value for name, value in vars(job).items() if name not in {"problem", "data"}}
    return Recipe(job.problem.spec, rest, _prints(job.problem, job.data))


def follow(recipe: Recipe) -> Job | None:
    """Make a job in this process.

    Args:
        recipe: Of the parent's job.

    Returns:
        The job; None if the problem cannot be built here, or its parameters, buffers or data are
        not, to the last bit, the parent's.
    """
    try:
        spec, *pairs = shlex.split(recipe.spec)
        with undisturbed():  # build() may seed the random state of a process shared with others
            problem = load_problem(spec, dict(pair.split("=", 1) for pair in pairs))
            data = read_batches(problem.batches, max_samples=recipe.rest["grid"].max_samples)
    except Exception as error:  # whatever a user's code raises: the job can still be sent
        logger.info("%s cannot be built here: %s", recipe.spec, error)
        return None
    if _prints(problem, data) != recipe.prints:
        logger.info("%s builds another problem here", recipe.spec)
        return None
    return Job(problem=problem, data=data, **recipe.rest)


def _prints(problem: Problem, data: ResidentBatches) -> tuple[str, ...]:
    """Take the fingerprints of a problem."""
    buffers = {name: plain(buffer) for name, buffer in problem.model.named_buffers()}
    return fingerprint(parameters_of(problem.model)), fingerprint(buffers), data.fingerprint
