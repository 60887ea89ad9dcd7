"""What every command line of this project must do, whatever its commands."""

import importlib
import json
import re
import subprocess
import sys

from landscape.cli.run import run

_ARTEFACTS = r"None|\(\)|\('|\[default: \]|\[default: (True|False)\]|--empty-|Path\('|lambda|<"


def check_help(module, capsys, monkeypatch):
    """Read the help of every command: each option has a text, none shows how it is parsed."""
    app = importlib.import_module(module).app
    commands = [name for name in app if not name.startswith("-")]
    monkeypatch.setenv("COLUMNS", "200")
    for words in ([], *([name] for name in commands)):
        assert run(app, [*words, "--help"]) == 0
        text = capsys.readouterr().out
        assert not re.findall(_ARTEFACTS, text), words
        for line in text.splitlines():
            option = re.match(r"│ [* ] +(--\S.*?)  +(\S.*?) *│", line.replace("│    ", "│   ", 1))
            assert option is None or len(option[2]) > 3, line
    return commands


def check_without_torch(module, refused, heavy=("torch",)):
    """See that wrong words are refused by a process that has not imported torch for it.

    Args:
        module: Whose `app` is run.
        refused: Words, and what is said of them.
        heavy: What it must not import.
    """
    code = (
        "import importlib, json, sys\n"
        "from landscape.cli.run import run\n"
        "app = importlib.import_module(sys.argv[1]).app\n"
        "for words in json.loads(sys.argv[2]):\n"
        "    assert run(app, words) in {1, 2}, words\n"
        "    print({*sys.argv[3:]} & {*sys.modules}, file=sys.stderr)\n"
    )
    words = json.dumps([words for words, _ in refused])
    done = subprocess.run(
        [sys.executable, "-c", code, module, words, *heavy],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stderr.splitlines() if not line.startswith("hint: ")]
    for (given, said), error, late in zip(refused, lines[::2], lines[1::2], strict=True):
        assert error.startswith("error: "), given
        assert said in error, (given, error)
        assert late == "set()", given
