"""See and measure the loss around any trained PyTorch model, with error bars.

Names load when they are first used, so that `import landscape` is quick and needs neither
matplotlib nor plotly.
"""

import importlib
import sys
from typing import TYPE_CHECKING, Any

from landscape.showing import PICTURES

if TYPE_CHECKING:
    from landscape.connect import Bezier, barrier
    from landscape.curvature import hessian_eigenvalues
    from landscape.errors import (
        LandscapeError,
        ProblemError,
        SettingsMismatchError,
        SurfaceFileError,
    )
    from landscape.figures import (
        animate_trajectory,
        caption,
        draw_barrier,
        draw_barriers,
        draw_comparison,
        draw_contour,
        draw_contours,
        draw_difference,
        draw_interactive,
        draw_layers,
        draw_line,
        draw_surface,
        draw_surfaces,
        draw_trajectory,
        explore,
        levels_for,
        save_figure,
        write_html,
    )
    from landscape.layers import each_layer
    from landscape.loading import load_problem
    from landscape.measures import (
        Layer,
        Summary,
        compare,
        difference_map,
        layer_table,
        summarize,
    )
    from landscape.planes import Parameters, ParameterSpace, Plane, RandomPlanes, parameters_of
    from landscape.planes.along import FromFile, Gradient, Hessian, Pca, To, Update, Worst
    from landscape.planes.eigenpairs import Eigenpairs
    from landscape.planes.tracker import Tracker
    from landscape.problem import Problem
    from landscape.sampling import compute
    from landscape.settings import GridSettings
    from landscape.surface import Surface, load
    from landscape.surface.exchange import export, import_surface
    from landscape.surface.kinds import MetricKind

__all__ = [
    # what a user brings
    "Problem",
    "load_problem",
    "MetricKind",
    # computing
    "compute",
    "each_layer",
    "barrier",
    "Bezier",
    "GridSettings",
    # results
    "Surface",
    "load",
    # files of other programs
    "export",
    "import_surface",
    # parameters and planes
    "Parameters",
    "parameters_of",
    "Plane",
    "ParameterSpace",
    "RandomPlanes",
    "To",
    "Gradient",
    "Worst",
    "Hessian",
    "Update",
    "FromFile",
    "Pca",
    # the path of a training
    "Tracker",
    # curvature
    "hessian_eigenvalues",
    "Eigenpairs",
    # measuring
    "summarize",
    "compare",
    "difference_map",
    "layer_table",
    "Summary",
    "Layer",
    # drawing
    "draw_contour",
    "draw_contours",
    "draw_surface",
    "draw_surfaces",
    "draw_line",
    "draw_layers",
    "draw_trajectory",
    "animate_trajectory",
    "draw_barrier",
    "draw_barriers",
    "draw_comparison",
    "draw_difference",
    "levels_for",
    "explore",
    "draw_interactive",
    "save_figure",
    "caption",
    "write_html",
    # errors
    "LandscapeError",
    "ProblemError",
    "SettingsMismatchError",
    "SurfaceFileError",
]

_ROOMS = {
    "planes": ("Parameters", "ParameterSpace", "Plane", "RandomPlanes", "parameters_of"),
    "planes.along": ("FromFile", "Gradient", "Hessian", "Pca", "To", "Update", "Worst"),
    "planes.eigenpairs": ("Eigenpairs",),
    "planes.tracker": ("Tracker",),
    "errors": ("LandscapeError", "ProblemError", "SettingsMismatchError", "SurfaceFileError"),
    "connect": ("Bezier", "barrier"),
    "curvature": ("hessian_eigenvalues",),
    "figures": (
        "animate_trajectory",
        "caption",
        "draw_barrier",
        "draw_barriers",
        "draw_comparison",
        "draw_contour",
        "draw_contours",
        "draw_difference",
        "draw_interactive",
        "draw_layers",
        "draw_line",
        "draw_surface",
        "draw_surfaces",
        "draw_trajectory",
        "explore",
        "levels_for",
        "save_figure",
        "write_html",
    ),
    "layers": ("each_layer",),
    "measures": ("Layer", "Summary", "compare", "difference_map", "layer_table", "summarize"),
    "loading": ("load_problem",),
    "problem": ("Problem",),
    "sampling": ("compute",),
    "settings": ("GridSettings",),
    "surface": ("Surface", "load"),
    "surface.exchange": ("export", "import_surface"),
    "surface.kinds": ("MetricKind",),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name from its room."""
    if name not in _HOME:
        module = sys.modules[__name__]  # of which a traceback suggests a name
        raise AttributeError(f"module 'landscape' has no attribute {name!r}", name=name, obj=module)
    return getattr(importlib.import_module(f"landscape.{_HOME[name]}"), name)


def _picture(surface: "Surface") -> bytes | None:
    """Draw a surface for a notebook; only then matplotlib is needed."""
    drawn: bytes | None = importlib.import_module("landscape.figures.glance").glance(surface)
    return drawn


PICTURES["Surface"] = _picture


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
