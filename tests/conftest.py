"""What holds for all tests."""

import os

from hypothesis import settings

# Before torch is imported: processes with several threads each slow one another down many times.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The time of an example tells of the machine, not of the code.
settings.register_profile("landscape", deadline=None)
settings.load_profile("landscape")

_LONG = ("test_readme.py", "test_study.py", "test_executors.py", "test_recipes.py", "test_dask.py")


def pytest_configure(config):
    config.option.loadscopereorder = False  # by numbers of tests, which tell little of their time


def pytest_collection_modifyitems(items):
    """Begin with the files that take longest: at the end one process works alone on a last one."""
    rank = {name: number for number, name in enumerate(_LONG)}
    items.sort(key=lambda item: rank.get(item.path.name, len(rank)))
