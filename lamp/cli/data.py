"""`lamp data`: download data sets, the one command that does."""

from pathlib import Path
from typing import Literal

from landscape.cli.paths import check_folder
from landscape.cli.terminal import say


def data(name: Literal["mnist"], /, *, data_root: Path) -> None:
    """Download a data set and verify its checksums.

    Args:
        name: Which data set.
        data_root: Folder to put it in.
    """
    check_folder(data_root, option="--data-root")

    from lamp.data import download_mnist

    download = {"mnist": download_mnist}[name]
    say(str(download(data_root)))
