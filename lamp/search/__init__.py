"""Search of hyper-parameters: successive, resumable, over all cores, with honest choices."""

from lamp.search.choice import Choice, Chosen, choose
from lamp.search.detector import write_detector
from lamp.search.search import Search, held_out_error, search
from lamp.search.space import SearchSpace

__all__ = [
    "Choice",
    "Chosen",
    "Search",
    "SearchSpace",
    "choose",
    "held_out_error",
    "search",
    "write_detector",
]
