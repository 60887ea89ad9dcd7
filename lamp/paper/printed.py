"""The numbers of the paper's two tables, as printed."""

from functools import cache
from importlib.resources import files

import pandas as pd


@cache
def printed(table: str) -> pd.DataFrame:
    """Return one of the paper's tables.

    Args:
        table: `table1`: AUROC, mean of ten digits, by `batch_size`; `table2`: highest AUROC by
            `loss`, `optimizer` and `category` of MVTec AD. Neither seeds nor spread are given.

    Returns:
        Columns `loss`, `optimizer`, `batch_size`, `category`, `base` and `lamp`, in the paper's
        order.

    Example:
        >>> printed("table1").set_index("batch_size").loc[16, ["base", "lamp"]].tolist()
        [0.926, 0.929]
    """
    with files("lamp.paper").joinpath("printed.csv").open() as lines:
        found = pd.read_csv(lines)
    return found[found["table"] == table].drop(columns="table").reset_index(drop=True)
