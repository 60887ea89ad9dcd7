import gzip
import hashlib
import struct
import tracemalloc
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
import pytest
import torch

from lamp.data import download_mnist, load_mnist, read_idx
from lamp.data.mnist import CONTENTS, HASHES, MIRRORS

TRAIN, TEST = "train", "t10k"


def idx(array):
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


def fake_files(count=6, labels=None):
    """Four tiny files, by name; `labels` is their number if not that of the images."""
    rng = np.random.default_rng(0)
    files = {}
    for part in (TRAIN, TEST):
        images = rng.integers(0, 256, (count, 28, 28))
        files[f"{part}-images-idx3-ubyte.gz"] = gzip.compress(idx(images), mtime=0)
        files[f"{part}-labels-idx1-ubyte.gz"] = gzip.compress(
            idx(np.arange(labels or count) % 10), mtime=0
        )
    return files


def write(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("folder", ["mnist", "."])
def test_found_in_either_folder_packed_or_not(tmp_path, folder):
    files = fake_files()
    packed = load_mnist(write(tmp_path / "a" / folder, files).parent if folder == "mnist"
                        else write(tmp_path / "a", files))  # fmt: skip
    unpacked = {name.removesuffix(".gz"): gzip.decompress(data) for name, data in files.items()}
    write(tmp_path / "b" / folder, unpacked)
    plain = load_mnist(tmp_path / "b")
    assert torch.equal(packed.train_images, plain.train_images)
    assert torch.equal(packed.test_labels, plain.test_labels)
    assert packed.train_labels.tolist() == [0, 1, 2, 3, 4, 5]


def test_images_are_scaled_and_padded_with_background(tmp_path):
    images = load_mnist(write(tmp_path, fake_files())).train_images
    pixels = read_idx(tmp_path / "train-images-idx3-ubyte.gz", dimensions=3)
    assert images.shape == (6, 1, 32, 32)
    assert torch.equal(images[:, 0, 2:-2, 2:-2], torch.tensor(pixels) / 255)
    border = torch.ones(32, 32, dtype=torch.bool)
    border[2:-2, 2:-2] = False
    assert not images[:, 0, border].any()


def test_missing_folder_and_files_say_what_to_do(tmp_path):
    missing = tmp_path / "nowhere"
    with pytest.raises(FileNotFoundError, match=f"no folder {missing}; run `lamp data mnist"):
        load_mnist(missing)
    with pytest.raises(FileNotFoundError, match=f"no MNIST files in .* or {tmp_path}; run `lamp"):
        load_mnist(tmp_path)
    write(tmp_path / "mnist", fake_files())
    (tmp_path / "mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(FileNotFoundError, match=r"no file t10k-labels\S+.gz in .*lamp data"):
        load_mnist(tmp_path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[: len(data) // 2], "truncated or no gzip file"),
        (lambda data: b"<html>not found</html>", "truncated or no gzip file"),
        (lambda data: data[:30] + b"\xff" * 30 + data[60:], "truncated or no gzip file"),
        (lambda data: b"", "expected it to begin with 00000803, got nothing"),
        (
            lambda data: gzip.compress(b"\0\0\x0d\3" + bytes(16)),
            "begin with 00000803, got 00000d03",
        ),
        (lambda data: gzip.compress(b"\0\0\x08\3\0"), "begin with 00000803, got 00000803"),
        (
            lambda data: gzip.compress(b"\0\0\x08\3" + b"\x80\0\0\0" * 3),  # 2^93 bytes
            "announces 2147483648 x 2147483648 x 2147483648 bytes, more than 1024 MiB",
        ),
        (
            lambda data: gzip.compress(struct.pack(">HBB3I", 0, 8, 3, 1, 1, 9) + bytes(1 << 24)),
            "announces 1 x 1 x 9 bytes and holds more than 9",
        ),
        (lambda data: gzip.compress(gzip.decompress(data)[:-5]), "announces 6 x 28 x 28 bytes and"),
        (
            lambda data: gzip.compress(gzip.decompress(data) + b"\0"),
            "and holds more than 4704; remove it",
        ),
    ],
)
def test_damaged_files_are_named(tmp_path, damage, message):
    files = fake_files()
    name = "train-images-idx3-ubyte.gz"
    files[name] = damage(files[name])
    with pytest.raises(ValueError, match=message) as caught:
        load_mnist(write(tmp_path, files))
    assert str(tmp_path / name) in str(caught.value)
    assert "lamp data mnist" in str(caught.value)


def test_images_and_labels_must_be_equally_many(tmp_path):
    write(tmp_path, fake_files(labels=5))
    with pytest.raises(ValueError, match="6 images in train-images-idx3-ubyte and 5 labels in"):
        load_mnist(tmp_path)


def test_too_large_images(tmp_path):
    files = fake_files()
    files["train-images-idx3-ubyte.gz"] = gzip.compress(idx(np.zeros((6, 40, 28))))
    with pytest.raises(ValueError, match="at most 32 x 32 pixels"):
        load_mnist(write(tmp_path, files))


def test_labels_are_digits(tmp_path):
    files = fake_files()
    files["t10k-labels-idx1-ubyte.gz"] = gzip.compress(idx(np.array([1, 2, 3, 4, 5, 10])))
    with pytest.raises(ValueError, match=r"labels from 0 to 9, got 10 in .*t10k-labels"):
        load_mnist(write(tmp_path, files))


def test_no_more_is_unpacked_than_is_announced(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(struct.pack(">HBB3I", 0, 8, 3, 1, 1, 9) + bytes(300 << 20)))
    tracemalloc.start()
    with pytest.raises(ValueError, match="holds more than 9"):
        read_idx(path, dimensions=3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 << 20


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def serve(tmp_path, monkeypatch):
    """Serve folders on the loopback interface, each under its own address."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    servers = []

    def start(name, files):
        folder = write(tmp_path / "served" / name, files)
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
        server.handle_error = lambda *args: None  # who is cut off while sending need not tell
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def hashes_of(files):
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


@pytest.fixture
def dead():
    """An address where nobody listens."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    server.server_close()
    return f"http://127.0.0.1:{server.server_port}"


def test_download_takes_the_second_mirror_when_the_first_is_dead(tmp_path, serve, dead):
    files = fake_files()
    mirrors = [dead, serve("good", files)]
    folder = download_mnist(tmp_path / "data", mirrors=mirrors, hashes=hashes_of(files))
    assert folder == tmp_path / "data" / "mnist"
    assert len(load_mnist(tmp_path / "data").train_images) == 6
    assert sorted(path.name for path in folder.iterdir()) == sorted(files)


def test_download_takes_the_second_mirror_when_the_first_lacks_or_falsifies_a_file(tmp_path, serve):
    files = fake_files()
    false = dict(files)
    false["train-labels-idx1-ubyte.gz"] = b"something else"
    del false["t10k-labels-idx1-ubyte.gz"]
    mirrors = [serve("false", false), serve("good", files)]
    download_mnist(tmp_path, mirrors=mirrors, hashes=hashes_of(files))
    assert len(load_mnist(tmp_path).test_labels) == 6


def test_download_keeps_what_is_there(tmp_path, dead):
    files = fake_files()
    write(tmp_path / "mnist", files)
    download_mnist(tmp_path, mirrors=[dead], hashes=hashes_of(files))


def test_download_names_every_failure_and_leaves_nothing(tmp_path, serve, dead):
    files = fake_files()
    mirror = serve("false", dict.fromkeys(files, b"something else"))
    with pytest.raises(ConnectionError) as caught:
        download_mnist(tmp_path, mirrors=[mirror, dead], hashes=hashes_of(files))
    name = next(iter(files))
    assert str(caught.value) == (
        f"could not download {name} ({mirror}{name}: wrong checksum; "
        f"{dead}/{name}: ConnectionError)"
    )
    assert not list(tmp_path.glob("mnist/*"))


def test_what_is_there_must_be_mnist(tmp_path, dead):
    files = fake_files()
    write(tmp_path / "mnist", files)
    hashes = hashes_of(files) | {"t10k-labels-idx1-ubyte.gz": "0" * 64}
    with pytest.raises(ValueError, match=r"t10k-labels\S+.gz is not the file of MNIST: its cont"):
        download_mnist(tmp_path, mirrors=[dead], hashes=hashes)


def test_downloaded_files_have_the_permissions_of_other_files(tmp_path, serve):
    files = fake_files()
    folder = download_mnist(
        tmp_path / "data", mirrors=[serve("good", files)], hashes=hashes_of(files)
    )
    usual = tmp_path / "usual"
    usual.write_text("x")
    assert {path.stat().st_mode for path in folder.iterdir()} == {usual.stat().st_mode}


def test_an_endless_answer_is_cut(tmp_path, serve, monkeypatch):
    monkeypatch.setattr("lamp.data.mnist._MOST_PACKED", 1 << 20)
    files = fake_files()
    mirror = serve("large", dict.fromkeys(files, bytes(3 << 20)))
    with pytest.raises(ConnectionError, match=r"ubyte.gz: more than 1 MiB\)"):
        download_mnist(tmp_path, mirrors=[mirror], hashes=hashes_of(files))
    assert not list(tmp_path.glob("mnist/*"))


def test_official_files_and_mirrors():
    assert len(MIRRORS) == 2
    assert all(len(value) == 64 for value in HASHES.values())
    assert [name.removesuffix(".gz") for name in HASHES] == list(CONTENTS)


def test_real_mnist(real_mnist):
    assert download_mnist(real_mnist, mirrors=[]) == real_mnist / "mnist"  # it is all there
    mnist = load_mnist(real_mnist)
    assert mnist.train_images.shape == (60_000, 1, 32, 32)
    assert mnist.test_labels.bincount().tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
    # The mean of MNIST's training pixels is 0.1307 at 28 x 28.
    assert float(mnist.train_images.mean()) * 32**2 / 28**2 == pytest.approx(0.1307, abs=1e-4)
