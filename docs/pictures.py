"""Run what the pages show, to have their pictures, in the current folder.

Files and their commands one by one; the gallery from top to bottom. Figures become PNG, which
browsers show.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from lamp.cli.commands import app as lamp
from landscape.cli.commands import app as landscape
from landscape.cli.run import run

DOCS = Path(__file__).parent
SHOWN = re.compile(r"```python\n(# (\w+)\.py\n.*?)```.*?```sh\n(.*?)```", re.DOTALL)
"""A file, its name, and the commands below it."""
DRAWING = {
    ("landscape", "compute"): landscape,
    ("landscape", "plot"): landscape,
    ("lamp", "train"): lamp,
    ("lamp", "score"): lamp,
}


def draw(page: Path) -> None:
    """Write the files of a page and run the commands that compute and draw."""
    for code, name, commands in SHOWN.findall(page.read_text()):
        Path(f"{name}.py").write_text(code)
        for line in commands.splitlines():
            words = shlex.split(line.replace(".pdf", ".png"), comments=True)
            app = DRAWING.get((words[0], words[1]))
            if words[0] == "python":
                subprocess.run([sys.executable, *words[1:]], check=True)  # noqa: S603  our own page
            elif app and run(app, words[1:]):
                sys.exit(f"{page.name}: {line}")


def draw_gallery(page: Path) -> None:
    """Run all code of a page as one program."""
    code = "\n".join(re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL))
    exec(compile(code, page.name, "exec"), {"__name__": page.stem})  # noqa: S102  our own page


if __name__ == "__main__":
    draw_gallery(DOCS / "gallery.md")
    for name in ("index", "recipes", "reading", "anomalies"):
        draw(DOCS / f"{name}.md")
