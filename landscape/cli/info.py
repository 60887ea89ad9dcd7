"""`landscape info`: what a surface file holds and how it came to be."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from landscape.cli.run import print_json, say


def info(
    surface: Path,
    *,
    as_json: Annotated[bool, Parameter("--json", negative=())] = False,
) -> None:
    """Show what a surface file holds and how it came to be.

    Args:
        surface: A surface file, finished or not.
        as_json: Print JSON.
    """
    from landscape.measures.accuracy import accuracy
    from landscape.surface import Status, load

    found = load(surface)
    metadata = dict(found.metadata)
    layers = json.loads(metadata.pop("normalization_report"))
    points = {status.name.lower(): int((found.status == status).sum()) for status in Status}
    if as_json:
        print_json(
            {
                "shape": found.status.shape,
                "metrics": found.metrics,
                "points": points,
                "refined": None
                if found.refined is None
                else {
                    "done": found.refined.done.tolist(),
                    "estimated_error": found.refined.error.tolist(),
                },
                "provenance": metadata,
                "normalization": layers,
            }
        )
        return
    say(f"{surface}: {found.planes} planes of {found.beta.size} x {found.alpha.size} points")
    say("points       " + ", ".join(f"{count} {name}" for name, count in points.items()))
    if found.refined is not None:
        say("accuracy     " + accuracy(found))
    say("metrics      " + ", ".join(found.metrics))
    config = metadata.pop("config")
    for name, value in {**metadata, "center": config["center"], "data": config["data"]}.items():
        say(f"{name:<20} {value}")
    say("directions")
    for layer in layers:
        assumed = " (assumed)" if layer["assumed"] else ""
        say(
            f"  {layer['name']:<32} {layer['layer']:<18} {layer['action']}, "
            f"{layer['filters']} filters{assumed}"
        )
