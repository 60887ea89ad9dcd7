"""Run what the pages show, file by file and command by command, to have their pictures.

In the current folder; figures become PNG, which browsers show.
"""

import re
import shlex
import sys
from pathlib import Path

from landscape.cli.commands import app
from landscape.cli.run import run

DOCS = Path(__file__).parent
SHOWN = re.compile(r"```python\n(# (\w+)\.py\n.*?)```.*?```sh\n(.*?)```", re.DOTALL)
"""A file, its name, and the commands below it."""


def draw(page: Path) -> None:
    """Write the files of a page and run the commands that compute and plot."""
    for code, name, commands in SHOWN.findall(page.read_text()):
        Path(f"{name}.py").write_text(code)
        for line in commands.splitlines():
            words = shlex.split(line.replace(".pdf", ".png"), comments=True)
            if words[0] == "python":
                space = {"__name__": name}
                exec(compile(code, name, "exec"), space)  # noqa: S102  our own page
                space["build"]()
            elif words[:2] in (["landscape", "compute"], ["landscape", "plot"]) and run(
                app, words[1:]
            ):
                sys.exit(f"{page.name}: {line}")


if __name__ == "__main__":
    for name in ("index", "recipes", "reading"):
        draw(DOCS / f"{name}.md")
