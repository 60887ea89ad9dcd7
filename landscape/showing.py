"""How results show themselves in a notebook: what draws them stands above them, and enters here."""

from collections.abc import Callable
from typing import Any

PICTURES: dict[str, Callable[[Any], bytes | None]] = {}
"""For the name of a class what makes a PNG of its objects, or None where nothing can be drawn."""
