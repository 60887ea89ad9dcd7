"""What Dask sets for its workers must not make them give memory back at every layer."""

import subprocess
import sys

import pytest

SCRIPT = """
import resource
from landscape.running import allocator

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(200):
        bytearray(2_000_000)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

found = faults()
allocator.keep_freed_memory()
faults()
kept = faults()
allocator.give_memory_back()
print(found, kept, faults())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a setting of glibc")
def test_freed_memory_is_kept_and_then_given_back_again():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={"MALLOC_TRIM_THRESHOLD_": "65536", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    found, kept, back = map(int, done.stdout.split())
    assert kept < 1000 < 50_000 < min(found, back)
