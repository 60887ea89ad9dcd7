"""Closed bodies as PLY (Turk 1994) and binary STL (3D Systems 1989) files."""

from pathlib import Path

import numpy as np

from landscape.surface.exchange.relief import Body


def write_ply(body: Body, path: Path, *, metric: str) -> None:
    """Write a body as binary PLY, with the metric at each vertex.

    Args:
        body: The body.
        path: Where.
        metric: Name of its values.
    """
    vertices = np.zeros(len(body.points), [(name, "<f8") for name in ("x", "y", "z", "value")])
    for index, name in enumerate("xyz"):
        vertices[name] = body.points[:, index]
    vertices["value"] = body.values
    faces = np.zeros(len(body.triangles), [("count", "u1"), ("corners", "<i4", 3)])
    faces["count"], faces["corners"] = 3, body.triangles
    head = [
        "ply",
        "format binary_little_endian 1.0",
        f"element vertex {len(vertices)}",
        *(f"property double {name}" for name in ("x", "y", "z", metric)),
        f"element face {len(faces)}",
        "property list uchar int vertex_indices",
        "end_header\n",
    ]
    path.write_bytes("\n".join(head).encode() + vertices.tobytes() + faces.tobytes())


def write_stl(body: Body, path: Path) -> None:
    """Write a body as binary STL; its numbers have single precision.

    Args:
        body: The body.
        path: Where.
    """
    corners = body.points[body.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    facets = np.zeros(len(corners), [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("", "<u2")])
    facets["normal"], facets["corners"] = normals, corners
    head = b"landscape".ljust(80) + np.uint32(len(facets)).astype("<u4").tobytes()
    path.write_bytes(head + facets.tobytes())
