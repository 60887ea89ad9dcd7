"""How much to spend on a table or figure."""

from typing import Literal

Budget = Literal["minutes", "hours", "paper"]
"""minutes: a look, on two cores; hours: what this project reports; paper: its full protocol."""
