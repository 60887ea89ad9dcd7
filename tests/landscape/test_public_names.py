"""What `import landscape` offers, and what it must not load."""

import subprocess
import sys

import pytest

import landscape


def test_every_public_name_exists_and_is_listed_once():
    assert len(set(landscape.__all__)) == len(landscape.__all__)
    assert set(landscape.__all__) == set(landscape._HOME)
    for name in landscape.__all__:
        assert getattr(landscape, name) is not None
    assert dir(landscape) == sorted(landscape.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'landscape' has no attribute 'draw_contuor'"):
        _ = landscape.draw_contuor


@pytest.mark.parametrize(
    "statement", ["import landscape", "from landscape import compute, Problem"]
)
def test_importing_loads_no_drawing_library_and_no_lamp(statement):
    code = (
        f"import sys\n{statement}\n"
        "print([name for name in ('matplotlib', 'plotly', 'lamp') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
