"""Whether LAMP sharpens the landscape, and whether sharpness explains detection."""

from lamp.reproduce.sharpness.report import reproduce

__all__ = ["reproduce"]
