"""Make one table or figure and write it."""

import importlib
from pathlib import Path

from lamp.reproduce.names import Item
from lamp.reproduce.publish import publish
from lamp.reproduce.work import Reproduction, Work


def make(item: Item, work: Work) -> tuple[Path, Reproduction]:
    """Make a table or figure of the paper and write it.

    Args:
        item: Which.
        work: Where and how.

    Returns:
        The page that tells it, and its parts.

    Raises:
        FileNotFoundError: If data are missing.
        ValueError: If data are damaged, or not those that the folder's trials saw.
    """
    made: Reproduction = importlib.import_module(f"lamp.reproduce.{item}").reproduce(work)
    return publish(item, made, work), made
