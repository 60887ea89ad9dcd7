"""What can be made anew, and how much may be spent on it. Nothing heavy is imported here."""

from typing import Literal

Item = Literal[
    "table1",
    "table2",
    "fig1",
    "fig2",
    "fig3",
    "fig4",
    "controls",
    "bottleneck",
    "budget",
    "sharpness",
]
"""The paper's tables and figures; those from controls on are what it lacks."""

Budget = Literal["minutes", "hours", "days"]
"""minutes: a look, on two cores; hours: what the protocol asks for; days: more of everything."""
