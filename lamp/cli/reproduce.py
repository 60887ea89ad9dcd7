"""`lamp reproduce`: the paper's tables and figures."""

from pathlib import Path

from lamp.cli.notes import check_root
from lamp.paper.names import NEEDS, Budget, Item
from landscape.cli.paths import check_folder
from landscape.cli.progress import progress_reporter
from landscape.cli.run import Workers
from landscape.cli.terminal import say


def reproduce(
    item: Item,
    /,
    *,
    out: Path = Path("reproduction"),
    budget: Budget = "minutes",
    data_root: Path | None = None,
    workers: Workers = None,
) -> None:
    """Make a table or figure of the paper anew and set it beside the paper's.

    An interrupted job goes on when the same command is given again.

    Args:
        item: table1: MNIST, six batch sizes. table2: MVTec AD, three losses and optimizers.
            fig1: surfaces in 3-D. fig2: loss curves. fig3: contours of a classifier's loss.
            fig4: reconstructions. And what it lacks: controls: other readings, and parts, of LAMP.
            bottleneck: the width of the network. budget: how long is trained. sharpness: whether
            LAMP sharpens the landscape, and whether sharper detects better.
        out: Folder; each item has one of its own in it.
        budget: minutes for a look, hours for what this project reports, days for more of all.
        data_root: Folder that holds mnist, and the categories of MVTec AD; only fig2 needs none.
        workers: Processes with one thread each; by default one for each core.
    """
    check_folder(out)
    check_root(data_root, NEEDS[item])

    from lamp.paper.publish import make
    from lamp.paper.work import Work

    work = Work(
        folder=out / item,
        budget=budget,
        root=data_root,
        workers=workers,
        stages=progress_reporter,
    )
    page, made = make(item, work)
    if made.text:
        say(made.text)
    say(made.lede)
    say(str(page.resolve()))
