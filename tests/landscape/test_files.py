"""Files that are whole or not there, and one writer of a file at a time."""

import os
import subprocess
import sys
import threading

import pytest

from landscape.errors import LandscapeError
from landscape.files import locked, replacing, write_whole

TOKEN = "0123456789abcdef"
HOLD = """
import sys, time
from landscape.files import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


def names(folder):
    return sorted(found.name for found in folder.iterdir())


def test_a_reader_never_sees_half_a_file(tmp_path):
    path, stop, seen = tmp_path / "a", threading.Event(), set()
    write_whole(path, b"0" * 100_000)

    def read():
        while not stop.is_set():
            seen.add((len(content := path.read_bytes()), len(set(content))))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(20):
        write_whole(path, str(number % 10) * 100_000)
    stop.set()
    reader.join()
    assert seen == {(100_000, 1)}
    assert names(tmp_path) == ["a"]


def test_what_fails_leaves_the_file_as_it_was(tmp_path):
    path = write_whole(tmp_path / "new" / "a", "before")
    with pytest.raises(UnicodeEncodeError), replacing(path) as temporary:
        temporary.write_text("half \udcff", encoding="utf-8")
    assert path.read_text() == "before"
    assert names(path.parent) == ["a"]


def test_a_link_stays_and_its_target_is_replaced(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "folder" / "a")
    assert write_whole(tmp_path / "link", "é") == tmp_path / "link"
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "a").read_bytes() == "é".encode()


def test_what_cannot_be_written_is_one_line(tmp_path):
    write_whole(tmp_path / "file", "")
    with pytest.raises(LandscapeError, match=r"^cannot write .*file/a: File exists\n") as caught:
        write_whole(tmp_path / "file" / "a", "")
    assert caught.value.hint == "is there space, and may you write there?"
    with pytest.raises(LandscapeError, match=r"^cannot write .*: Is a directory\n"):
        write_whole(tmp_path, "")


def test_one_writer_at_a_time_also_by_way_of_a_link(tmp_path):
    path, link = tmp_path / "a", tmp_path / "link"
    link.symlink_to(path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        for name in (path, link):
            with pytest.raises(BlockingIOError, match=f"{name} is being written by another proc"):
                locked(name).__enter__()
        process.kill()
    with locked(path), pytest.raises(BlockingIOError, match="another process"):
        locked(path).__enter__()
    assert names(tmp_path) == ["link"]


def test_what_killed_writers_left_is_removed(tmp_path):
    path = tmp_path / "a.json"
    old, new = (tmp_path / f".a.json.{token}.tmp" for token in (TOKEN, TOKEN[::-1]))
    others = [tmp_path / name for name in (f".b.json.{TOKEN}.tmp", ".a.json.tmp", "precious")]
    for file in (new, *others):
        file.write_text("kept")
    old.symlink_to(others[-1])
    os.utime(old, (0, 0), follow_symlinks=False)
    write_whole(path, "")  # others may be at work: only what is old goes
    assert new.exists()
    assert not old.is_symlink()
    with locked(path):
        assert not new.exists()
    assert all(file.read_text() == "kept" for file in others)
