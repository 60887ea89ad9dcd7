"""What figures of every kind are drawn of: surfaces, barriers, layers, and paths."""

from dataclasses import asdict

import numpy as np

from landscape.measures.barrier import measure_barrier
from landscape.measures.connection import Connection
from landscape.measures.curve import Curve
from landscape.surface.axes import Axis, PointOfInterest
from landscape.surface.trajectory import Trajectory
from tests.landscape.measures.surfaces import bowl, make

T = np.linspace(0, 1, 9)


def connection(metric="loss", policies=("",), *, spread=0.1, sign=1.0, bent=()) -> Connection:
    barriers = []
    for index, policy in enumerate(policies):
        rng = np.random.default_rng(index)
        samples = 1 + sign * np.sin(np.pi * T)[:, None] * (1 + spread * rng.standard_normal(30))
        means = samples.mean(1)
        curve = Curve(
            metric=metric,
            batchnorm=policy,
            higher_is_better=sign < 0,
            t=T,
            values=means,
            residuals=(samples - means[:, None]) / 30,
            samples=30,
            bent=index in bent,
        )
        barriers.append(measure_barrier(curve))
    return Connection(ends=("a.pt", "b_$.pt"), barriers=tuple(barriers))


AXES = tuple(
    Axis(name=f"PC {k}, {share} %", unit="parameter distance", random=False)
    for k, share in ((1, 90), (2, 8))
)


def points(name="sgd", *, off=0.0, turn=0.0):
    """From afar to the center, the last but one of four off the plane."""
    return [
        PointOfInterest(
            label=f"step {10 * index}",
            alpha=radius * np.cos(turn),
            beta=radius * np.sin(turn),
            values={"loss": 1 + radius**2 + distance},
            projected={"loss": 1 + radius**2},
            distance=distance,
            away=float(np.hypot(radius, distance)),
            path=name,
            step=10 * index,
        )
        for index, (radius, distance) in enumerate([(0.8, 0), (0.4, 0), (0.1, off), (0, 0)])
    ]


def surface(places, *, walk=(0.81, 0.09)):
    known = Trajectory(
        explained=(0.9, 0.08), walk=walk, last=dict.fromkeys((p.path for p in places), 0.0)
    )
    metadata = {
        "axes": [asdict(axis) for axis in AXES],
        "points_of_interest": [place.to_dict() for place in places],
        "trajectory": known.to_dict(),
        "normalize": "given",
    }
    return make(bowl(), steps=11, metadata=metadata)
