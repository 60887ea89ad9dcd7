"""Files of other programs: read as surfaces, and written from them."""

from landscape.surface.exchange.exporting import export
from landscape.surface.exchange.importing import import_surface

__all__ = ["export", "import_surface"]
