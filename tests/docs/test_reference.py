"""Every public name is in the reference, under the heading that its package gives it."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "api.rst").read_text()
PARTS = dict(re.findall(r"\.\. currentmodule:: (\w+)\n(.*?)(?=\.\. currentmodule|\Z)", PAGE, re.S))


@pytest.mark.parametrize("package", ["landscape", "lamp"])
def test_every_public_name_is_listed_in_order(package):
    listed = re.findall(r"^   (\w+)$|^\.\. py:type:: (\w+)$", PARTS[package], flags=re.MULTILINE)
    names = [first or second for first, second in listed]
    assert names == importlib.import_module(package).__all__


@pytest.mark.parametrize("package", ["landscape", "lamp"])
def test_headings_are_the_comments_of_the_package(package):
    source = Path(str(importlib.import_module(package).__file__)).read_text()
    comments = re.findall(r"^    # (.+)$", source, flags=re.MULTILINE)
    headings = re.findall(r"^(.+)\n~+$", PARTS[package], flags=re.MULTILINE)
    assert [heading.lower() for heading in headings] == [comment.lower() for comment in comments]


@pytest.mark.parametrize("package", ["landscape", "lamp"])
def test_every_public_name_says_what_it_is(package):
    module = importlib.import_module(package)
    for name in set(module.__all__) - {"Parameters"}:
        assert len(inspect.getdoc(getattr(module, name)) or "") > 40, name
