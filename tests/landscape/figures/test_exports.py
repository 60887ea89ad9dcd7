import subprocess
import sys

import landscape.figures


def test_every_public_name_is_there():
    names = landscape.figures.__all__

    assert len(names) == len(set(names))
    assert all(hasattr(landscape.figures, name) for name in names)


def test_landscape_itself_needs_neither_matplotlib_nor_plotly():
    code = "import landscape, sys; print({'matplotlib', 'plotly'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"


def test_drawing_needs_no_pyplot():
    code = "import landscape.figures, sys; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
