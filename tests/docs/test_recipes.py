"""Files and commands of the first five minutes, recipes and misleading pictures run as shown."""

import re
import shlex
from pathlib import Path

import pytest

from landscape.cli.commands import app
from landscape.cli.run import run

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("index.md", "recipes.md", "reading.md")
RECIPES = [
    (found[2], found[1], found[3])
    for page in PAGES
    for found in re.finditer(
        r"```python\n(# (\w+)\.py\n.*?)```.*?```sh\n(.*?)```", (DOCS / page).read_text(), re.S
    )
]


def test_no_file_is_without_commands():
    text = "".join((DOCS / page).read_text() for page in PAGES)
    assert text.count("```python") == text.count("```sh") == len(RECIPES)


@pytest.mark.parametrize(("name", "code", "commands"), RECIPES, ids=[name for name, *_ in RECIPES])
def test_a_recipe_runs(name, code, commands, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"{name}.py").write_text(code)
    drawn = []
    for words in (shlex.split(line, comments=True) for line in commands.splitlines()):
        if words[0] == "python":
            space = {"__name__": name}
            exec(compile(code, f"{name}.py", "exec"), space)
            space["build"]()
        elif words[0] == "landscape":
            short = ["--workers", "1"] if words[1] == "compute" else []
            for option, few in (("--planes", "1"), ("--steps", "9")):
                if option in words:
                    words[words.index(option) + 1] = few
                elif option == "--steps":
                    short += [option, few] if words[1] == "compute" else []
            assert run(app, [*words[1:], *short]) == 0, capsys.readouterr().err
            drawn += [words[-1]] if words[1] == "plot" else []
        else:
            assert words == ["pip", "install", "."]
    assert drawn
    assert all(Path(file).stat().st_size > 1000 for file in drawn)
