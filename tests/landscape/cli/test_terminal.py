"""No terminal ends the work, none is steered by a name, and all can be read."""

import io
import subprocess
import sys

import pytest

from landscape.cli.terminal import OutputLostError, one_line, print_result, say, shown, width


def python(code, shell="", **environment):
    """Run code with steady streams under the redirections of a shell."""
    whole = f"from landscape.cli.terminal import *; steady_streams()\n{code}"
    return subprocess.run(
        ["bash", "-c", f'"$0" -c "$1" {shell}', sys.executable, whole],
        capture_output=True,
        check=False,
        timeout=60,
        env={**__import__("os").environ, **environment},
    )


SAY_ALL = """
import sys
for n in range(3000):
    say(f"line {n} of what nobody reads"); warn("nor this"); print("nor a user's print")
open("{done}", "w").write("done")
"""


@pytest.mark.parametrize(
    "shell",
    [
        *(">&-", "2>&-", "<&- >&- 2>&-", ">/dev/full", "2>/dev/full", ">/dev/full 2>/dev/full"),
        *("| true", "2>&1 | head -1", "2> >(true)"),
    ],
)
def test_work_goes_on_whatever_becomes_of_the_terminal(shell, tmp_path):
    done = python(SAY_ALL.replace("{done}", str(tmp_path / "done")), f"{shell}")
    assert (tmp_path / "done").read_text() == "done"
    assert b"Errno" not in done.stderr
    assert b"Traceback" not in done.stderr


def test_closed_streams_do_not_give_their_numbers_to_files(tmp_path):
    code = f"""
import os
file = open({str(tmp_path / "file")!r}, "w")
assert file.fileno() > 2, file.fileno()
os.system("echo noise; echo noise >&2")
os.write(1, b"noise")
"""
    assert python(code, "<&- >&- 2>&-").returncode == 0
    assert (tmp_path / "file").read_text() == ""


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("ascii", "epsilon >= 2 filter norm^2 \\u65e5 \\xfc"),
        ("cp1252", "epsilon >= 2 filter norm² \\u65e5 ü"),
        ("cp437", "ε ≥ 2 filter norm² \\u65e5 ü"),
        ("utf-8", "ε ≥ 2 filter norm² 日 ü"),
    ],
)
def test_what_a_console_cannot_show_is_spelled(encoding, expected):
    done = python('say("ε ≥ 2 filter norm² 日 ü")', PYTHONIOENCODING=encoding)
    assert done.stdout.decode(encoding) == expected + "\n"


def test_columns_stay_columns_where_symbols_are_spelled():
    done = python('say("ε     1  a\\nbb    2  b\\nεε  3  c")', PYTHONIOENCODING="ascii")
    assert done.stdout.decode().splitlines() == [
        "epsilon  1  a",
        "bb    2  b",
        "epsilonepsilon  3  c",
    ]
    done = python('say("ε-sharpness        1.5  a²")', PYTHONIOENCODING="ascii")
    assert done.stdout.decode() == "epsilon-sharpness  1.5  a^2\n"


@pytest.mark.parametrize(("shell", "broken"), [("| true", True), (">/dev/full", False)])
def test_a_lost_result_is_told_from_a_lost_remark(shell, broken):
    code = """
import sys, time
time.sleep(0.5)
try:
    print_result("x" * 100_000)
except OutputLostError as error:
    sys.exit(7 if error.broken_pipe else 8)
"""
    done = python(code, f"{shell}; exit ${{PIPESTATUS[0]}}")
    assert done.returncode == (7 if broken else 8)


def test_a_stream_of_a_notebook_that_fails_is_a_lost_result(monkeypatch):
    class Full(io.StringIO):
        def write(self, text):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    with pytest.raises(OutputLostError, match="cannot write the result to stdout: No space left"):
        print_result("text")
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OutputLostError, match="Bad file descriptor"):
        print_result("text")


def test_names_cannot_steer_a_terminal(capsys):
    say("a table\nwith \x1b[31m")
    assert capsys.readouterr().out == "a table\nwith \\x1b[31m\n"
    assert shown("a\x1b]0;title\x07\r\nb\u202e\udcff é 日") == (
        r"a\x1b]0;title\x07\r\nb\u202e\xff é 日"
    )
    assert one_line("no such file: a\nb\x1b[2J") == r"no such file: a\nb\x1b[2J"
    assert (
        one_line("Error in loading:\n\tMissing key\n\n  b.\n") == "Error in loading: Missing key b."
    )
    assert len(one_line("x" * 10**6)) < 5000


@pytest.mark.parametrize("columns", ["0", "1", "-5", "1000000000", "9" * 30, "many"])
def test_the_width_is_one_that_can_be_read(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    assert 40 <= width() <= 200
