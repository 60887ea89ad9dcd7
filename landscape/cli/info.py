"""`landscape info`: what a surface file holds and how it came to be."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landscape.cli.run import AsJson, Everything
from landscape.cli.terminal import print_json, print_result, shown

if TYPE_CHECKING:
    from landscape.surface import Surface

Layers = Sequence[Mapping[str, Any]]


def info(
    surface: Path,
    /,
    *,
    everything: Everything = False,
    as_json: AsJson = False,
) -> None:
    """Show what a surface file holds and how it came to be.

    Args:
        surface: A surface file, finished or not.
        everything: Show all attributes of the file, and what was done to each layer.
        as_json: Print JSON.
    """
    from landscape.surface import Status, load

    found = load(surface)
    metadata = dict(found.metadata)
    layers = json.loads(metadata.pop("normalization_report", "[]"))
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
    rows = _summary(found, points, layers)
    if everything:
        rows += [(name, str(value)) for name, value in _attributes(metadata)]
        rows += [("", "")] + [(layer["name"], _layer(layer)) for layer in layers]
    sides = "points" if found.is_line else f"x {found.alpha.size} points"
    first = found.alpha.size if found.is_line else found.beta.size
    kind = "line" if found.is_line else "plane"
    print_result(
        f"{shown(surface)}: {found.planes} {kind}{'s' * (found.planes != 1)} of {first} {sides}"
    )
    widest = max(len(shown(name)) for name, _ in rows)
    for name, value in rows:
        print_result(f"{shown(name):<{widest}}  {shown(value)}".rstrip())
    if everything:
        from landscape.measures.trajectory import path_table

        for line in path_table(found):
            print_result(shown(line))


def _summary(found: "Surface", points: Mapping[str, int], layers: Layers) -> list[tuple[str, str]]:
    """Say the most important in a line each."""
    from landscape.measures.recorded import center_error
    from landscape.measures.text import over_samples

    attributes = found.metadata
    rows = [("points", _points(found, points))]
    if found.refined is not None:
        from landscape.measures.accuracy import accuracy

        rows.append(("interpolation", accuracy(found)))
    for metric in found.metrics:
        spread = over_samples(center_error(found, metric))
        rows.append((metric, f"{found.center[metric]:.4g}{spread} at the center"))
    done = Counter(str(layer["action"]) for layer in layers)
    assumed = sum(bool(layer["assumed"]) for layer in layers)
    rows += [
        *_axes(found),
        (
            "grid",
            _joined(
                {**found.config, **attributes},
                "radius",
                "window",
                "normalize",
                "vectors",
                "orthogonal",
                "seed",
                "precision",
                "batchnorm",
            ),
        ),
        ("model", _joined(attributes, "model", "samples", "dtype")),
        ("moves", _moves(found)),
        (
            "tensors",
            ("along beta " if done and not found.is_random else "")
            + ", ".join(f"{count} {action}" for action, count in done.items())
            + (f"; the layout of {assumed} is assumed" if assumed else ""),
        ),
        ("problem", str(attributes.get("problem", ""))),
        ("imported", str(attributes.get("imported", ""))),
        ("not known", str(attributes.get("unknown", ""))),
        ("created", _joined(attributes, "created", "lamp-landscape", "torch", "git")),
        ("command", str(attributes.get("command", ""))),
    ]
    return [(name, value) for name, value in rows if value]


def _moves(found: "Surface") -> str:
    """Say how many of the parameters move, and which were chosen."""
    attributes, config = found.metadata, found.config
    if "moving" not in attributes:  # of an older version
        return ""
    chosen = [f"{name} {', '.join(config[name])}" for name in ("only", "freeze") if name in config]
    chosen += ["trainable"] if config.get("trainable") else []
    moving, parameters = int(attributes["moving"]), int(attributes["parameters"])
    return "; ".join([f"{moving:,} of {parameters:,} parameters", *chosen])


def _axes(found: "Surface") -> list[tuple[str, str]]:
    """Say what directions that were not drawn are, and where checkpoints lie."""
    if found.is_random:
        return []
    from landscape.measures.along import place_of
    from landscape.measures.trajectory import about_paths

    gram = found.gram[0]
    rows = [
        (name, f"{axis}, of length {gram[index, index] ** 0.5:.4g} in parameter space")
        for index, (name, axis) in enumerate(zip(("alpha", "beta"), found.axes, strict=False))
    ]
    if len(rows) == 2:
        cosine = gram[0, 1] / (gram[0, 0] * gram[1, 1]) ** 0.5
        rows.append(("angle", f"cosine {cosine:.3f} between alpha and beta"))
    rows += [("trajectory", said) for said in about_paths(found)]
    places = [point for point in found.points_of_interest if not point.path]
    return rows + [(point.label, place_of(point, found)) for point in places]


def _points(found: "Surface", points: Mapping[str, int]) -> str:
    """Count points by state; with a tolerance, those that are estimated are not missing."""
    named = dict(points)
    missing = named.pop("missing")
    estimated = int(found.estimated.sum())
    parts = [f"{named['measured']} measured"]
    if found.refined is not None:
        parts.append(f"{estimated} estimated")
        missing -= estimated
    parts += [f"{missing} missing"] if missing > 0 else []
    parts += [f"{named['failed']} failed"] if named["failed"] else []
    return ", ".join(parts)


def _joined(attributes: Mapping[str, Any], *names: str) -> str:
    """List some attributes in one line."""
    plain = {"model", "created", "problem"}
    return ", ".join(
        str(attributes[name]) if name in plain else f"{name} {attributes[name]}"
        for name in names
        if name in attributes
    )


def _attributes(metadata: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """List all attributes, the fingerprints of the settings among them."""
    config = metadata.get("config", {})
    prints = {name: config[name] for name in ("center", "data", "directions") if name in config}
    listed = any(point["path"] for point in metadata.get("points_of_interest", ()))  # in a table
    tables = {"config", "trajectory", *(["points_of_interest"] if listed else [])}
    return [*((n, v) for n, v in metadata.items() if n not in tables), *prints.items()]


def _layer(layer: Mapping[str, Any]) -> str:
    """Say what was done to the direction of a layer."""
    assumed = " (assumed)" if layer["assumed"] else ""
    return f"{layer['layer']:<18} {layer['action']}, {layer['filters']} filters{assumed}"
