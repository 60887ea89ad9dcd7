"""Which operation gives other values each time, where the same point gives two values."""

import re
import warnings
from contextlib import nullcontext

import torch

from landscape.errors import ProblemError
from landscape.objective.evaluate import Objective

_NOT_DETERMINISTIC = re.compile(r"(\S+) does not have a deterministic implementation")


def explain_difference(objective: Objective) -> str | None:
    """Name operations whose sums are taken in another order each time.

    On GPUs `index_add`, `scatter_add` and others add in the order in which threads arrive: their
    values differ by rounding, with a loss that has nothing random in it. The objective is
    evaluated once more under `torch.use_deterministic_algorithms`, whose warnings name them.

    Args:
        objective: Of which two evaluations of one point have differed.

    Returns:
        Names of torch's operations, separated by commas; None if there are none.
    """
    enabled = torch.are_deterministic_algorithms_enabled()
    only_warns = torch.is_deterministic_algorithms_warn_only_enabled()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.use_deterministic_algorithms(True, warn_only=True)
        try:
            objective.evaluate(within=nullcontext())  # not from a recording, which warns of nothing
        except ProblemError:
            pass  # what was warned of until then counts
        finally:
            torch.use_deterministic_algorithms(enabled, warn_only=only_warns)
    found = (_NOT_DETERMINISTIC.search(str(warning.message)) for warning in caught)
    names = dict.fromkeys(match.group(1) for match in found if match)
    return ", ".join(names) or None


def nondeterministic_hint(device: str) -> str:
    """Tell what to do about values that differ between two evaluations of one point.

    Args:
        device: Where they were evaluated.

    Returns:
        A hint for an error.
    """
    hint = (
        "look for random numbers in loss or model, dropout that ignores eval(), or a loss that "
        "changes its batch"
    )
    if torch.device(device).type == "cpu":
        return hint
    return (
        f"{hint}; device='cpu' (--device cpu) adds in the same order each time, which GPUs do not"
    )
