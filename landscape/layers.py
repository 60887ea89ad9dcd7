"""Where is it sharp? Each layer of a model measured alone."""

import contextlib
import logging
import urllib.parse
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, Literal

from landscape.arguments import checked
from landscape.errors import LandscapeError, ProblemError
from landscape.filling import Progress
from landscape.measures.layers import Layer
from landscape.measures.rise import common_rise
from landscape.measures.summarize import summarize
from landscape.planes.selection import exactly
from landscape.planes.space import ParameterSpace
from landscape.problem import Problem
from landscape.progress import reporting
from landscape.running.pool import Pool
from landscape.sampling import compute
from landscape.settings import Vectors
from landscape.surface.data import Status, Surface

logger = logging.getLogger("landscape")

_PARAMETRIZED = ".parametrizations."


@checked
def each_layer(
    problem: Problem,
    folder: str | Path,
    *,
    line: bool = True,
    radius: float | Literal["auto"] = 1.0,
    only: str | Sequence[str] = (),
    freeze: str | Sequence[str] = (),
    trainable: bool = False,
    vectors: Vectors = "zero",
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Progress | Literal["auto"] | None = "auto",
    **settings: Any,
) -> list[Layer]:
    """Measure the sharpness of each layer alone: of surfaces on which nothing else moves.

    A layer is a module with parameters of its own. Directions are those of the whole model with
    the same seed, without what lies in other layers; normalized filter by filter, a step of 1 is
    as long as the layer's weights. An interrupted call goes on when it is repeated.

    Args:
        problem: Model, loss and data.
        folder: For one surface file a layer, named after it.
        line: Measure lines, which cost as many times less as there are steps, instead of planes.
        radius: Half side of every grid: one number for all layers, so that they can be compared.
        only: Names or patterns of what is measured, as for `compute`.
        freeze: What is left out.
        trainable: Measure only what requires a gradient.
        vectors: Whether biases move with the weights of their layer.
        workers: Processes, as for `compute`; they serve all layers.
        executor: Where to evaluate instead, as for `compute`.
        progress: Called as for `compute`, with the points of all layers; `info["layer"]` tells
            which one it is at.
        **settings: All else as for `compute`: `planes`, `steps`, `seed`, `normalize`.

    Returns:
        One entry for each layer, in the order of the model. A layer of zeros, or one that the loss
        does not depend on, is left out with a warning.

    Raises:
        LandscapeError: As `compute`; if the radius is not a number, or directions are not random;
            if no layer can be measured.
    """
    if radius == "auto":
        raise LandscapeError(
            f"expected one radius for all layers, got {radius!r}",
            hint="layers are compared at one radius: give a number, such as 1",
        )
    along, planes = settings.get("along", "random"), settings.get("planes", 1)
    if getattr(along, "text", along) != "random" or not isinstance(planes, int):
        raise LandscapeError(
            "expected a number of random planes for every layer, got directions of another kind",
            hint="take one layer alone: compute it with only=['the.layer'] (--only the.layer)",
        )
    space = ParameterSpace(
        problem.model, only=only, freeze=freeze, trainable=trainable, vectors=vectors
    )
    layers = _layers(space)
    surfaces: dict[str, Surface] = {}
    failures: list[ProblemError] = []
    with contextlib.ExitStack() as stack:
        report = stack.enter_context(reporting(progress, "computing"))
        if executor is None and (workers or 1) > 1:
            executor = stack.enter_context(Pool(workers or 1))
        for index, (layer, names) in enumerate(layers.items()):
            told = None if report is None else _overall(report, layer, index, len(layers))
            try:
                surfaces[layer] = compute(
                    problem,
                    path=Path(folder) / f"{urllib.parse.quote(layer, safe=' ')}.h5",
                    line=line,
                    radius=radius,
                    only=[exactly(name) for name in names],
                    vectors=vectors,
                    workers=workers,
                    executor=executor,
                    progress=told,
                    **settings,
                )
            except ProblemError as error:  # such as of a head that the loss does not use
                logger.warning("%s is left out: %s", layer, error)
                failures.append(error)
    if not surfaces:
        raise failures[0] if failures else LandscapeError("no layer has weights other than zero")
    rise = common_rise(*surfaces.values())
    kinds = {space.names[name]: layout.layer for name, layout in space.layouts.items()}
    return [
        Layer(
            name=layer,
            kind=kinds[layers[layer][0]],
            parameters=int(surface.metadata["moving"]),
            failed=int((surface.status == Status.FAILED).sum()),
            summary=summarize(surface, rise=rise if rise == rise else None),
        )
        for layer, surface in surfaces.items()
    ]


def _overall(progress: Progress, layer: str, index: int, layers: int) -> Progress:
    """Report the points of one layer as some of those of all."""

    def report(done: int, total: int, info: Mapping[str, Any]) -> None:
        known = {key: value for key, value in info.items() if key != "efficiency"}
        known["expected"] = info["expected"] * (layers - index)
        place = f"{layer} ({index + 1} of {layers})"
        progress(index * total + done, layers * total, {**known, "layer": place})

    return report


def _layers(space: ParameterSpace) -> dict[str, list[str]]:
    """Group the parameters that move by the module that has them, all by their plain names."""
    center, moving = space.center, set[str]()
    layers: dict[str, list[str]] = {}
    for name, plain in space.names.items():
        owner = plain.partition(_PARAMETRIZED)[0] if _PARAMETRIZED in plain else ""
        layer = owner or plain.rpartition(".")[0] or type(space.model).__name__
        layers.setdefault(layer, []).append(plain)
        if center[name].is_floating_point() and bool(center[name].any()):
            moving.add(layer)
    for layer in layers.keys() - moving:
        logger.warning("%s is left out: all of it is zero, and so are normalized directions", layer)
    return {layer: names for layer, names in layers.items() if layer in moving}
