"""`landscape watch --page`: a page on loopback that follows a surface."""

import contextlib
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import numpy as np
import pytest

import landscape as ls
from landscape.cli.commands import app
from landscape.cli.run import run
from landscape.cli.serve import Board, serving
from landscape.errors import LandscapeError
from tests.browsers import chromium
from tests.landscape.cli.test_watch import _hidden, computing
from tests.landscape.problems import regression


@pytest.fixture(scope="module")
def whole():
    return ls.compute(regression(), planes=2, steps=5, workers=1)


def _get(address, path="", **headers):
    request = urllib.request.Request(address + path, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode(), answer.headers


def test_the_page_is_the_explorer_of_what_is_there(whole):
    board = Board("a <b> run", 1)
    with serving(board, None) as address:
        assert "being read" in _get(address, "surface")[0]
        board.put(_hidden(whole, 30), "30 of 50", "3 new", ended=False)
        shell, headers = _get(address)
        state = json.loads(_get(address, "state")[0])
        page = _get(address, "surface")[0]
        board.put(whole, "50 of 50", "done", ended=True)
        last = json.loads(_get(address, "state")[0])
        content = json.loads(re.search(r'id="data">(.*?)</script>', page)[1])
        final = _get(address, "surface")[0]

    assert "<title>a &lt;b&gt; run</title>" in shell
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert (state["headline"], state["share"], state["ended"]) == ("30 of 50", 30 / 50, False)
    assert content["surfaces"][0]["title"] == "a <b> run"
    assert (last["place"], last["share"], last["ended"]) == ("done", 1.0, True)
    assert last["version"] != state["version"]
    assert final == ls.explore(whole, ["a <b> run"]).page


def test_before_a_value_is_there_it_says_so(whole):
    board = Board("run", 1)
    nothing = _hidden(whole, 0)
    board.put(nothing, "0 of 50", "", ended=False)
    with serving(board, None) as address:
        assert "Not yet: " in _get(address, "surface")[0]


@pytest.mark.parametrize("path", ["", "state", "surface"])
def test_only_this_machine_is_served_and_only_what_there_is(path, whole):
    board = Board("run", 1)
    board.put(whole, "all", "", ended=False)
    with serving(board, None) as address:
        where = urlsplit(address)
        for host in ("evil.example", f"evil.example:{where.port}", "127.0.0.1", ""):
            with pytest.raises(urllib.error.HTTPError, match="421"):
                _get(address, path, Host=host)
        assert _get(address, path, Host=f"localhost:{where.port}")[0]
        for request in (f"/{path}..", "/../../etc/passwd", "/%2e%2e/state"):
            connection = http.client.HTTPConnection(where.hostname, where.port, timeout=10)
            connection.request("GET", request)
            assert connection.getresponse().status == 404
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=10)
        connection.request("POST", f"/{path}")
        assert connection.getresponse().status == 501
        own = socket.gethostbyname(socket.gethostname())
        if not own.startswith("127."):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((own, where.port), timeout=2)


def test_a_port_that_is_taken_is_one_line(whole):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(LandscapeError, match=f"cannot serve on port {port} of 127.0.0.1: Addr"),
            serving(Board("run", 1), port),
        ):
            pass


def test_the_end_waits_for_a_browser_that_looks_and_for_no_other(whole):
    board = Board("run", 0.1)
    board.put(whole, "all", "done", ended=True)
    start = time.monotonic()
    board.wait()
    assert time.monotonic() - start < 1
    with serving(board, None) as address:
        _get(address, "state")
        _get(address, "surface")
        board.wait()
    assert time.monotonic() - start < 30


def test_what_has_no_page_is_refused(lines, computed, tmp_path, capsys):
    for words, said in (
        ([str(lines), "--page"], "error: expected a surface over planes, got a line"),
        ([str(computed), "--port", "8000"], "error: expected --port with --page"),
        ([str(computed), "--page", "--plane", "1"], "error: --plane has no effect on a page"),
        ([str(computed), "--page", "--port", "0"], "--port"),
    ):
        assert run(app, ["watch", *words]) in {1, 2}
        assert said in capsys.readouterr().err


def test_a_surface_that_is_complete_ends_it(computed, capsys):
    assert run(app, ["watch", str(computed), "--page"]) == 0
    first, *_, done, last = capsys.readouterr().out.splitlines()
    assert re.match(r"http://127\.0\.0\.1:\d+/ shows it", first)
    assert done == "done"
    assert last == f"to keep: landscape explore {computed} --out explorer.html"


@contextlib.contextmanager
def watching(path):
    """Run the command beside a process that computes; yields it and its address."""
    words = [sys.executable, "-m", "landscape", "watch", str(path), "--page", "--every", "0.2"]
    with (
        computing(path),
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as one,
    ):
        yield one, one.stdout.readline().split()[0]


@pytest.mark.slow
def test_ctrl_c_ends_it_with_its_code(tmp_path):
    with watching(tmp_path / "run.h5") as (process, address):
        while not json.loads(_get(address, "state")[0])["headline"]:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=120)
        assert process.returncode == 130
        assert error.startswith("error: interrupted")
        assert "Traceback" not in error


@pytest.mark.slow
@pytest.mark.browser
def test_a_browser_sees_it_grow_to_the_end(tmp_path):
    path = tmp_path / "run.h5"
    with chromium() as browser, watching(path) as (process, address):
        page = browser.new_page(viewport={"width": 1024, "height": 768})
        said, asked = [], set()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
        page.goto(f"{address}#plane=1")
        frame = page.frame_locator("iframe")
        frame.locator("canvas").first.wait_for(timeout=120_000)
        early = page.locator("progress").get_attribute("value")
        page.locator("#place").get_by_text("done", exact=True).wait_for(timeout=120_000)
        process.wait(timeout=120)
        page.locator("iframe + iframe").wait_for(state="detached")
        text = page.frames[-1].locator("#data").text_content()
        hash_ = page.frames[-1].evaluate("location.hash")
        page.close()
    status = json.loads(text)["surfaces"][0]["status"]

    assert process.returncode == 0
    assert early is None or float(early) < 1
    assert not said
    assert asked == {urlsplit(address).netloc}
    assert "plane=1" in hash_
    assert len(status) == 2
    assert np.all(ls.load(path).measured)
