"""What tests of objectives share."""

import pytest

from tests.landscape.objective.tuned import race_module, tune_module


@pytest.fixture
def timed(monkeypatch):
    """Let timings be a function of the tuning; return how to set it."""

    def set_cost(cost):
        for module in (tune_module, race_module):
            monkeypatch.setattr(
                module, "seconds_of", lambda objective, device: cost(objective.tuning)
            )

    return set_cost
