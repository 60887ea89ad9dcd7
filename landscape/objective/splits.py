"""The names of metrics of other splits than that of the batches, such as `test_loss`."""

from collections.abc import Collection, Mapping

from landscape.errors import ProblemError
from landscape.objective.values import Sample
from landscape.problem import check_metric_name


def of_split(
    split: str, samples: Mapping[str, Sample], *, taken: Collection[str]
) -> dict[str, Sample]:
    """Name the metrics of a split.

    Args:
        split: Its name.
        samples: Its values.
        taken: Names of the metrics that there are.

    Returns:
        The values by names such as `test_loss`.

    Raises:
        ProblemError: If such a name is none, or is taken, or the split is called as a metric.
    """
    named = {f"{split}_{name}": sample for name, sample in samples.items()}
    for name in named:
        check_metric_name(name)
    if clash := sorted({split, *named}.intersection(taken)):
        raise ProblemError(
            f"expected names that no metric has, got {', '.join(clash)} twice",
            hint="call the split or the metric otherwise",
        )
    return named
