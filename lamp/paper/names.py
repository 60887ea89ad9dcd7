"""What can be made anew, and how much may be spent on it. Nothing heavy is imported here."""

from collections.abc import Mapping
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

NEEDS: Mapping[Item, str] = {
    "table1": "mnist",
    "table2": "mvtec/screw",
    "fig1": "mnist",
    "fig2": "",
    "fig3": "mnist",
    "fig4": "mvtec/screw",
    "controls": "mnist",
    "bottleneck": "mnist",
    "budget": "mnist",
    "sharpness": "mnist",
}
"""Data that each asks for at least."""

Budget = Literal["minutes", "hours", "days"]
"""minutes: a look, on two cores; hours: what the protocol asks for; days: more of everything."""
