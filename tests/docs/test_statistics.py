"""The glossary has each statistic that `landscape stats --all` prints, as printed, and no other."""

import re
from pathlib import Path

import pytest
import torch

import landscape as ls
from landscape.measures.quantities import QUANTITIES, Quantity, words
from landscape.measures.summary import AVERAGES
from landscape.surface.kinds import MetricKind

PAGE = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if re.match(r"\| [^|]+ \| `\w+` \|", line)
]


def test_every_statistic_has_one_entry_and_nothing_else_has():
    assert sorted(row[1].strip("`") for row in ROWS) == sorted(QUANTITIES)
    assert all(len(row) == 6 for row in ROWS)


def shown(text: str, quantity: Quantity) -> str:
    """As in a table: of a score where it is one, of a loss else."""
    score = MetricKind(higher_is_better=True, low=0.0, high=1.0)
    kind = score if quantity.score else MetricKind(higher_is_better=False)
    name = "metric" if quantity.score else "loss"
    given = {"d": "d", "metric": name, "level": "2", "epsilon": "ε", "rise": "rise"}
    return text.format(**given, **words(kind))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1])
def test_an_entry_is_what_the_code_says(row):
    name, key, formula, unit, of_loss, of_weights = row
    quantity = QUANTITIES[key.strip("`")]
    assert name == shown(quantity.name, quantity)
    assert unit == shown(quantity.unit, quantity)
    assert formula
    assert of_loss == ("yes" if quantity.scale_free else "no")
    # A length in parameter space grows with weights; one in units of the directions does not.
    assert of_weights == ("no" if "parameter" in unit else "yes")


def test_every_average_that_tables_mark_is_explained():
    rows = re.findall(
        r"^\| ([^|]+) \| [^|]*(?:\|[^|]*)?\|$", PAGE[PAGE.index("## Averages") :], re.M
    )
    remarks = [row for row in rows if row not in {"remark", "---"}]
    assert sorted(remarks) == sorted(filter(None, AVERAGES.values()))


def summary_of(factor: float, *, score: bool) -> ls.Summary:
    """Of a network whose weights before a BatchNorm layer are multiplied by a factor."""
    torch.manual_seed(0)
    first, norm = torch.nn.Linear(6, 8, bias=False), torch.nn.BatchNorm1d(8, eps=0.0)
    model = torch.nn.Sequential(first, norm, torch.nn.Tanh(), torch.nn.Linear(8, 2)).double()
    x = torch.randn(64, 6, dtype=torch.double)
    with torch.no_grad():
        first.weight.mul_(factor)
        norm.running_mean.copy_(first(x).mean(0))
        norm.running_var.copy_(first(x).var(0))
    target = model.eval()(x).detach() + 0.3

    def loss(model, x):
        error = (model(x) - target).square().mean(1)
        return {"loss": error, "score": 1 / (1 + error)}

    kinds = {"score": MetricKind(higher_is_better=True, low=0.0)}
    problem = ls.Problem(model, loss, [x], metrics=kinds)
    surface = ls.compute(problem, planes=2, steps=11, workers=1)
    return ls.summarize(surface, metric="score" if score else "loss", rise=0.05)


@pytest.mark.parametrize("score", [False, True])
def test_what_stays_when_weights_before_batchnorm_are_multiplied(score):
    small, large = summary_of(1.0, score=score), summary_of(3.0, score=score)
    stays = {row[1].strip("`"): row[5] == "yes" for row in ROWS}
    for one in small.statistics:
        if one.value != 0 and one.value == one.value:
            # The angle of the two directions changes a little: here by few parameters.
            same = large[one.key].value == pytest.approx(one.value, rel=0.04)
            assert same == stays[one.key], one.key
