"""Jobs of small problems, and surfaces that must be the same to the last bit."""

import numpy as np

from landscape.objective.data import read_batches
from landscape.objective.tuning import Tuning
from landscape.planes import ParameterSpace, RandomPlanes
from landscape.problem import Problem
from landscape.running.job import Job
from landscape.settings import GridSettings


def assert_same(surface, other):
    assert surface.measured.all()
    for name, values in other.values.items():
        np.testing.assert_array_equal(surface.values[name], values)


def make_job(problem: Problem, **settings) -> Job:
    grid = GridSettings(**settings)
    data = read_batches(problem.batches)
    job = Job(
        problem=problem,
        data=data,
        device="cpu",
        grid=grid,
        planes=RandomPlanes(ParameterSpace(problem.model), grid.planes, line=grid.line),
        tuning=Tuning(),
        alpha=np.linspace(-1, 1, grid.steps),
        beta=np.linspace(-1, 1, grid.steps),
        center={},
    )
    center = {name: sample.mean for name, sample in job.objective().evaluate().items()}
    return Job(**{**vars(job), "center": center})
