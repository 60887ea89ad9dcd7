"""What the paper lacks: losses that share with LAMP all but one of the things that could help."""

from lamp.reproduce.controls.trials import reproduce

__all__ = ["reproduce"]
