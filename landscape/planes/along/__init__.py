"""Along which directions planes lie: random ones, to checkpoints, or what else there is.

Each kind is a frozen value with `text` (what a file calls it), `settle` (what it asks of the grid)
and `make` (its planes). `grammar` makes them of texts.
"""

from landscape.planes.along.file import FromFile
from landscape.planes.along.grammar import Along, along_of, parse_along
from landscape.planes.along.hessian import Hessian
from landscape.planes.along.made import Ground, Made
from landscape.planes.along.pca import Pca
from landscape.planes.along.rand import Given, Random
from landscape.planes.along.slope import Gradient, Worst
from landscape.planes.along.to import To
from landscape.planes.along.update import Update

__all__ = [
    "Along",
    "FromFile",
    "Given",
    "Gradient",
    "Ground",
    "Hessian",
    "Made",
    "Pca",
    "Random",
    "To",
    "Update",
    "Worst",
    "along_of",
    "parse_along",
]
